"""Rights among members: what each brings along, and which rights it keeps out of an adopted document."""

import re

from sqlalchemy import select

from alliances.here import Here, here_at
from alliances.joining import name_of_party
from alliances.log import note
from alliances.messages import one_line, said
from alliances.models import Alliance, Background, Document, DocumentVersion, ExclusionNotice, Member
from alliances.parties import Party
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

RECORD = re.compile(r"\d{4}-\d{1,12}")
LONGEST_TEXT = 2_000


def add_background(
    viewer: Viewer,
    *,
    slug: str,
    member_id: int | None,
    title: str,
    description: str = "",
    record_number: str = "",
    terms: str = "",
) -> Background:
    """List something that a member brings along and keeps."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.DECLARE, here)
    member = _mine(here, member_id)
    record_number = record_number.strip()
    if record_number and not RECORD.fullmatch(record_number):
        wrong = _("The number of a record, such as 2026-17.")
        raise InvalidError(_("Please look at the marked fields."), errors={"record_number": wrong})
    background = Background(
        alliance_id=here.alliance.id,
        member_id=member.id,
        title=one_line(title, field="title", longest=200),
        description=said(description, field="description", needed=False, longest=LONGEST_TEXT),
        record_number=record_number,
        terms=said(terms, field="terms", needed=False, longest=LONGEST_TEXT),
        told_by_id=viewer.me,
    )
    session().add(background)
    session().flush()
    note(here.alliance, "background-listed", actor=viewer, member=_name(member), title=background.title,
         record=record_number)  # fmt: skip
    return background


def withdraw_background(viewer: Viewer, *, slug: str, background_id: int) -> Background:
    """Take something off the list; that it stood there stays."""
    here = here_at(viewer, slug, hold=True)
    background = session().get(Background, background_id, populate_existing=True)
    if background is None or background.alliance_id != here.alliance.id or not here.is_inside:
        raise NotFoundError
    authorise(viewer, AllianceRight.DECLARE, here)
    member = _mine(here, background.member_id)
    if background.withdrawn_at is not None:
        raise ConflictError(_("It was taken back already."))
    background.withdrawn_at = now()
    note(here.alliance, "background-withdrawn", actor=viewer, member=_name(member), title=background.title)
    return background


def file_exclusion(
    viewer: Viewer, *, slug: str, member_id: int | None, version_id: int, rights: str, reason: str
) -> ExclusionNotice:
    """Keep rights out of the licence to an adopted document, before its clock has run out."""
    here = here_at(viewer, slug, hold=True)
    document, version = _adopted(here, version_id)
    authorise(viewer, AllianceRight.DECLARE, here)
    member = _mine(here, member_id)
    if version.exclusion_until is None or version.exclusion_until <= now():
        raise ConflictError(_("The time for exclusion notices to this document is over."))
    notice = ExclusionNotice(
        alliance_id=here.alliance.id,
        member_id=member.id,
        version_id=version.id,
        rights=one_line(rights, field="rights", longest=300),
        reason=said(reason, field="reason", longest=LONGEST_TEXT),
        filed_by_id=viewer.me,
    )
    session().add(notice)
    session().flush()
    note(
        here.alliance,
        "exclusion-filed",
        actor=viewer,
        audience=_audience(here.alliance, document),
        member=_name(member),
        document=document.title,
        version=version.number,
        rights=notice.rights,
    )
    return notice


def withdraw_exclusion(viewer: Viewer, *, slug: str, notice_id: int) -> ExclusionNotice:
    """License the rights after all."""
    here = here_at(viewer, slug, hold=True)
    notice = session().get(ExclusionNotice, notice_id, populate_existing=True)
    if notice is None or notice.alliance_id != here.alliance.id:
        raise NotFoundError
    document, version = _adopted(here, notice.version_id)
    authorise(viewer, AllianceRight.DECLARE, here)
    member = _mine(here, notice.member_id)
    if notice.withdrawn_at is not None:
        raise ConflictError(_("It was taken back already."))
    notice.withdrawn_at = now()
    note(
        here.alliance,
        "exclusion-withdrawn",
        actor=viewer,
        audience=_audience(here.alliance, document),
        member=_name(member),
        document=document.title,
        version=version.number,
    )
    return notice


def _mine(here: Here, member_id: int | None) -> Member:
    """For which of the viewer's members; where there is one only, it need not be said."""
    if member_id is None and len(here.members) == 1:
        return here.members[0]
    for member in here.members:
        if member.id == member_id:
            return member
    raise ForbiddenError(_("You do not act for this member."))


def _adopted(here: Here, version_id: int) -> tuple[Document, DocumentVersion]:
    """An adopted version of a document that the viewer sees."""
    row = (
        session()
        .execute(
            select(Document, DocumentVersion)
            .join(DocumentVersion, DocumentVersion.document_id == Document.id)
            .where(
                DocumentVersion.id == version_id,
                DocumentVersion.adopted_at.is_not(None),
                Document.alliance_id == here.alliance.id,
                Document.audience.in_(sorted(here.viewer.audience)),
            )
        )
        .first()
    )
    if row is None:
        raise NotFoundError
    return row.Document, row.DocumentVersion


def _audience(alliance: Alliance, document: Document) -> str:
    """Of the line in the log: never more people than read the document."""
    return document.audience if document.audience.startswith(alliance.everybody) else alliance.everybody


def _name(member: Member) -> str:
    return name_of_party(Party(member.party_kind, member.party_id))
