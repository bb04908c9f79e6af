"""Documents as lists and pages show them: what bears a token of the viewer, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import and_, select

from accounts.queries import PersonFacts, persons
from alliances.document_sight import visible_documents
from alliances.here import Here
from alliances.models import Alliance, Document, DocumentVersion, Proposal, ProposalState
from alliances.readers import Readers, readers_of
from kernel.db import session
from kernel.diff import DiffLine, readable_diff
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

LIST = 30
MOST_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list: its newest version, and which one is adopted."""

    id: int
    title: str
    url: str
    readers: Readers
    latest: int
    adopted: int
    is_file: bool
    changed_at: datetime
    is_archived: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the history of its document."""

    number: int
    author: PersonFacts
    note: str
    hash: str
    is_file: bool
    created_at: datetime
    adopted_at: datetime | None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document at one of its versions."""

    row: DocumentRow
    document: Document
    version: DocumentVersion
    author: PersonFacts
    html: Markup
    versions: list[VersionRow]
    vote: Proposal | None
    group_id: int | None


def document_page(
    viewer: Viewer,
    here: Here,
    *,
    group_id: int | None = None,
    is_archived: bool = False,
    cursor: str | None = None,
    limit: int = LIST,
) -> Page[DocumentRow]:
    """The documents of an alliance or of one of its groups, the last changed first."""
    query: Any = (
        select(Document, DocumentVersion.blob_hash)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .join(
            DocumentVersion,
            and_(DocumentVersion.document_id == Document.id, DocumentVersion.number == Document.latest_number),
        )
        .where(
            Document.alliance_id == here.alliance.id,
            visible_documents(viewer),
            Document.archived_at.is_not(None) if is_archived else Document.archived_at.is_(None),
        )
    )
    if group_id is not None:
        query = query.where(Document.group_id == group_id)
    page = keyset_page(query, keys=[Document.changed_at, Document.id], limit=limit, cursor=cursor)
    return page.map(lambda row: _row(here.alliance, row.Document, is_file=row.blob_hash is not None))


def document_of(viewer: Viewer, here: Here, document_id: int) -> Document:
    """A document of this alliance that the viewer sees."""
    found = session().scalar(
        select(Document)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .where(Document.id == document_id, Document.alliance_id == here.alliance.id, visible_documents(viewer))
    )
    if found is None:
        raise NotFoundError
    return found


def document_view(viewer: Viewer, here: Here, document_id: int, number: int | None = None) -> DocumentView:
    """A document at version `number`, or at its newest."""
    document = document_of(viewer, here, document_id)
    query = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    found = session().scalars(query.order_by(DocumentVersion.number.desc()).limit(MOST_VERSIONS)).all()
    version = next((one for one in found if one.number == (number or document.latest_number)), None)
    if version is None:
        version = session().scalar(query.where(DocumentVersion.number == number))
    if version is None:
        raise NotFoundError
    people = persons({one.created_by_id for one in (*found, version)})
    return DocumentView(
        row=_row(here.alliance, document, is_file=version.blob_hash is not None),
        document=document,
        version=version,
        author=people[version.created_by_id],
        html=Markup(version.body_html),  # noqa: S704 - cooked and sanitised when it was stored
        versions=[_version_row(one, people) for one in found],
        vote=_vote(viewer, [one.proposal_id for one in found if one.proposal_id]),
        group_id=document.group_id,
    )


def changed_lines(viewer: Viewer, here: Here, document_id: int, older: int, newer: int) -> list[DiffLine]:
    """What changed between two versions that are texts."""
    document = document_of(viewer, here, document_id)
    rows = session().scalars(
        select(DocumentVersion).where(
            DocumentVersion.document_id == document.id, DocumentVersion.number.in_([older, newer])
        )
    )
    bodies = {row.number: row.body for row in rows if row.blob_hash is None}
    if older not in bodies or newer not in bodies:
        raise NotFoundError
    return readable_diff(bodies[older], bodies[newer])


def file_of(viewer: Viewer, here: Here, document_id: int, number: int) -> tuple[Document, DocumentVersion]:
    """A version that is a file, with its document."""
    document = document_of(viewer, here, document_id)
    version = session().scalar(
        select(DocumentVersion).where(DocumentVersion.document_id == document.id, DocumentVersion.number == number)
    )
    if version is None or version.blob_hash is None:
        raise NotFoundError
    return document, version


def _row(alliance: Alliance, document: Document, *, is_file: bool) -> DocumentRow:
    return DocumentRow(
        id=document.id,
        title=document.title,
        url=f"{alliance.url}/documents/{document.id}",
        readers=readers_of(alliance, document.audience),
        latest=document.latest_number,
        adopted=document.adopted_number,
        is_file=is_file,
        changed_at=document.changed_at,
        is_archived=document.archived_at is not None,
    )


def _version_row(version: DocumentVersion, people: dict[int, PersonFacts]) -> VersionRow:
    return VersionRow(
        number=version.number,
        author=people[version.created_by_id],
        note=version.note,
        hash=version.hash,
        is_file=version.blob_hash is not None,
        created_at=version.created_at,
        adopted_at=version.adopted_at,
    )


def _vote(viewer: Viewer, proposal_ids: list[int]) -> Proposal | None:
    """The open vote on one of these versions, for those who see it."""
    if not proposal_ids:
        return None
    return session().scalar(
        select(Proposal).where(
            Proposal.id.in_(proposal_ids),
            Proposal.state == ProposalState.OPEN,
            Proposal.audience.in_(sorted(viewer.audience)),
        )
    )
