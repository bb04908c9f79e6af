"""Documents: written, changed version by version, put to adoption, put away."""

import hashlib
from datetime import timedelta
from typing import IO

from sqlalchemy import func, select

from accounts.blobs import hold_blobs, point_at_blobs
from alliances.actions.voting import put_to_vote
from alliances.counting import Outcome
from alliances.effects import effect
from alliances.events import DocumentAdopted, DocumentChanged
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import one_line, said
from alliances.models import Alliance, Document, DocumentVersion, Electorate, Matter, Proposal, ProposalState
from alliances.policy import AllianceRight
from alliances.powers import Power
from alliances.readers import Readers, group_here, readers_of, token_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from kernel.events import emit
from kernel.files import BlobStore, Inspected
from kernel.files.admission import admit
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.work import step_aside

VERSION = "alliances.document-version"
LONGEST_TITLE = 200
LONGEST_BODY = 200_000
LONGEST_NOTE = 300
QUOTA = 2_000_000_000  # bytes of files in an alliance

point_at_blobs(DocumentVersion.blob_hash)


def inspect(
    viewer: Viewer, *, slug: str, group_id: int | None, stream: IO[bytes], name: str, limit_bytes: int
) -> Inspected:
    """Look into a file before anything is kept. It may take seconds, in which nobody has to wait for this unit."""
    authorise(viewer, AllianceRight.WRITE_DOCUMENT, (here_at(viewer, slug), group_id))
    step_aside()
    return admit(stream, name=name, limit_bytes=limit_bytes)


def write_document(
    viewer: Viewer,
    *,
    slug: str,
    title: str,
    audience: str,
    body: str = "",
    file: Inspected | None = None,
    store: BlobStore | None = None,
    comment: str = "",
    files_it: bool = False,
    group_id: int | None = None,
) -> Document:
    """A new document with its first version: a text, or a file that was inspected."""
    here = here_at(viewer, slug, hold=True)
    group_here(here, group_id, only_open=True)
    authorise(viewer, AllianceRight.WRITE_DOCUMENT, (here, group_id))
    document = Document(
        alliance_id=here.alliance.id,
        group_id=group_id,
        title=one_line(title, field="title", longest=LONGEST_TITLE),
        audience=token_for(here, audience, group_id=group_id),
        created_by_id=viewer.me,
    )
    session().add(document)
    session().flush()
    _add_version(here, document, body=body, file=file, store=store, comment=comment, files_it=files_it)
    return document


def save_version(
    viewer: Viewer,
    *,
    slug: str,
    document_id: int,
    base: int,
    body: str = "",
    file: Inspected | None = None,
    store: BlobStore | None = None,
    comment: str = "",
    files_it: bool = False,
) -> DocumentVersion:
    """A new version on top of number `base`; when that is not the newest any more, nothing is kept."""
    here, document = held_document(viewer, slug, document_id)
    if document.latest_number != base:
        raise ConflictError(_("Somebody else has saved a version meanwhile. Yours is still in the form."))
    newest = version_of(document.id, base)
    if newest.blob_hash is not None and file is None:
        raise InvalidError(_("Please look at the marked fields."), errors={"file": _("Choose a file first.")})
    if file is None and newest.blob_hash is None and said(body, field="body", longest=LONGEST_BODY) == newest.body:
        return newest
    return _add_version(here, document, body=body, file=file, store=store, comment=comment, files_it=files_it)


def set_document(viewer: Viewer, *, slug: str, document_id: int, title: str, audience: str) -> Document:
    """Its title, and who reads it; the versions stay as they are."""
    here, document = held_document(viewer, slug, document_id)
    before = document.audience
    document.title = one_line(title, field="title", longest=LONGEST_TITLE)
    document.audience = token_for(here, audience, group_id=document.group_id)
    document.changed_at = now()
    _note(here, document, "document-set", readers=readers_of(here.alliance, document.audience).value)
    session().flush()
    emit(DocumentChanged(document.id, viewer.user_id, hides=before != document.audience))
    return document


def put_away(viewer: Viewer, *, slug: str, document_id: int, is_away: bool) -> Document:
    """Out of the list, or back into it; it stays readable under its address. Twice is once."""
    here, document = held_document(viewer, slug, document_id, even_archived=True)
    if is_away == (document.archived_at is not None):
        return document
    document.archived_at = now() if is_away else None
    _note(here, document, "document-archived" if is_away else "document-restored")
    session().flush()
    emit(DocumentChanged(document.id, viewer.user_id, hides=is_away))
    return document


def put_to_adoption(viewer: Viewer, *, slug: str, document_id: int, number: int, words: str = "") -> Proposal:
    """Let those who read it decide on a version; while they do, no other version of it is put to the vote."""
    here, document = held_document(viewer, slug, document_id)
    if not here.is_alive:
        raise ConflictError(_("Nothing is decided while the alliance is not active."))
    if not here.has(Power.DOCUMENTS, group_id=document.group_id):
        authorise(viewer, AllianceRight.PROPOSE, here)
    version = version_of(document.id, number)
    if version.adopted_at is not None:
        raise ConflictError(_("This version is adopted already."))
    if open_vote(document.id) is not None:
        raise ConflictError(_("A version of this document is being voted on."))
    readers = readers_of(here.alliance, document.audience)
    electorate = {Readers.COUNCIL: Electorate.COUNCIL, Readers.GROUP: Electorate.GROUP}.get(readers, Electorate.MEMBERS)
    proposal = put_to_vote(
        here,
        matter=Matter.DOCUMENT,
        about={"title": document.title, "number": number, "document": document.id, "hash": version.hash},
        body=said(words, field="words", needed=False),
        subject=Ref(VERSION, version.id),
        electorate=electorate,
        group_id=document.group_id if electorate is Electorate.GROUP else None,
    )
    version.proposal_id = proposal.id
    session().flush()
    return proposal


@effect(Matter.DOCUMENT)
def adopt(alliance: Alliance, proposal: Proposal) -> None:
    """A version that passed is the adopted one from now on, and its exclusion clock begins."""
    version = session().get(DocumentVersion, proposal.subject_id)
    if proposal.outcome != Outcome.PASSED or version is None or version.adopted_at is not None:
        return
    document = session().get_one(Document, version.document_id)
    version.adopted_at, version.proposal_id = now(), proposal.id
    version.exclusion_until = version.adopted_at + timedelta(days=alliance.exclusion_days)
    document.adopted_number = version.number
    note(
        alliance,
        "document-adopted",
        actor=None,
        audience=_who_reads(alliance, document),
        document=document.id,
        title=document.title,
        version=version.number,
        hash=version.hash,
        exclusion_until=version.exclusion_until.isoformat(),
    )
    session().flush()
    emit(DocumentAdopted(version.id))
    emit(DocumentChanged(document.id, None))


def held_document(viewer: Viewer, slug: str, document_id: int, *, even_archived: bool = False) -> tuple[Here, Document]:
    """A document that the viewer may change, with the alliance held."""
    here = here_at(viewer, slug, hold=True)
    document = session().scalar(
        select(Document)
        .where(
            Document.id == document_id,
            Document.alliance_id == here.alliance.id,
            Document.audience.in_(sorted(viewer.audience)),
        )
        .execution_options(populate_existing=True)
    )
    if document is None:
        raise NotFoundError
    authorise(viewer, AllianceRight.WRITE_DOCUMENT, (here, document.group_id))
    group_here(here, document.group_id, only_open=True)
    if document.archived_at is not None and not even_archived:
        raise ConflictError(_("This document was put away; bring it back first."))
    return here, document


def version_of(document_id: int, number: int) -> DocumentVersion:
    """A version by its number."""
    found = session().scalar(
        select(DocumentVersion).where(DocumentVersion.document_id == document_id, DocumentVersion.number == number)
    )
    if found is None:
        raise NotFoundError
    return found


def open_vote(document_id: int) -> Proposal | None:
    """The vote that is open on a version of this document."""
    mine = select(DocumentVersion.id).where(DocumentVersion.document_id == document_id)
    return session().scalar(
        select(Proposal).where(
            Proposal.subject_kind == VERSION, Proposal.subject_id.in_(mine), Proposal.state == ProposalState.OPEN
        )
    )


def _add_version(
    here: Here,
    document: Document,
    *,
    body: str,
    file: Inspected | None,
    store: BlobStore | None,
    comment: str,
    files_it: bool,
) -> DocumentVersion:
    comment = clean_line(comment)[:LONGEST_NOTE]
    version = DocumentVersion(
        document_id=document.id,
        number=document.latest_number + 1,
        note=comment,
        files_it=files_it,
        created_by_id=here.viewer.me,
    )
    if file is None or store is None:
        version.body = said(body, field="body", longest=LONGEST_BODY)
        version.body_html = cook(version.body).html
        version.size = len(version.body.encode())
        version.hash = hashlib.sha256(version.body.encode()).hexdigest()
        version.media_type = "text/markdown"
    else:
        if body.strip():
            raise InvalidError(
                _("Please look at the marked fields."),
                errors={"file": _("A version is a text or a file: leave one of the two out.")},
            )
        _check_room(here, file)
        hold_blobs(exclusive=False)
        version.hash = version.blob_hash = store.put(file.content)
        version.file_name, version.media_type, version.size = file.name, file.media_type, file.size
    document.latest_number, document.changed_at = version.number, now()
    session().add(version)
    session().flush()
    _note(here, document, "document-version", version=version.number, hash=version.hash)
    session().flush()
    emit(DocumentChanged(document.id, here.viewer.user_id))
    return version


def _check_room(here: Here, file: Inspected) -> None:
    used = select(func.sum(DocumentVersion.size)).join(Document, Document.id == DocumentVersion.document_id)
    total = session().scalar(used.where(Document.alliance_id == here.alliance.id)) or 0
    if int(total) + file.size > QUOTA:
        raise TooLargeError(
            _("The documents of this alliance would take more than %(quota)s MB.", quota=QUOTA // 1_000_000),
            errors={"file": _("No room is left.")},
        )


def _note(here: Here, document: Document, act: str, **facts: object) -> None:
    reads = _who_reads(here.alliance, document)
    note(here.alliance, act, actor=here.viewer, audience=reads, document=document.id, title=document.title, **facts)


def _who_reads(alliance: Alliance, document: Document) -> str:
    """Who reads a line of the log on it: no more people than read it, and nobody outside."""
    is_public = readers_of(alliance, document.audience) is Readers.PUBLIC
    return alliance.everybody if is_public else document.audience
