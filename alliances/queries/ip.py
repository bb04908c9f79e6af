"""What members bring along, and which rights they keep out of adopted documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from alliances.here import Here
from alliances.models import Background, Document, DocumentVersion, ExclusionNotice, Member
from alliances.parties import PartyFacts
from alliances.queries.parties import party_of, with_party
from kernel.clock import now
from kernel.db import session
from kernel.paging import Page, keyset_page

LIST = 30


@dataclass(frozen=True, slots=True)
class BackgroundRow:
    """An entry of the background register."""

    id: int
    member_id: int
    party: PartyFacts
    title: str
    description: str
    record_number: str
    terms: str
    told_at: datetime
    withdrawn_at: datetime | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """An exclusion notice."""

    id: int
    party: PartyFacts
    rights: str
    reason: str
    filed_at: datetime
    withdrawn_at: datetime | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class AdoptedRow:
    """An adopted version of a document, with its clock and the notices to it."""

    version_id: int
    document_id: int
    title: str
    number: int
    adopted_at: datetime
    until: datetime | None
    days_left: int
    notices: Sequence[ExclusionRow]

    @property
    def is_running(self) -> bool:
        """Whether notices may still be filed."""
        return self.until is not None and self.until > now()


def background_page(here: Here, *, cursor: str | None = None, limit: int = LIST) -> Page[BackgroundRow]:
    """The register, the newest entries first; those that were taken back stay in it."""
    mine = {member.id for member in here.members}
    query = (
        select(Background)
        .join(Member, Member.id == Background.member_id)
        .where(Background.alliance_id == here.alliance.id)
    )
    stands = case((Background.withdrawn_at.is_(None), 1), else_=0)
    page = keyset_page(
        with_party(query, Member.party_kind, Member.party_id),
        keys=[stands, Background.id],
        limit=limit,
        cursor=cursor,
    )
    return page.map(
        lambda row: BackgroundRow(
            row.Background.id,
            row.Background.member_id,
            party_of(row),
            row.Background.title,
            row.Background.description,
            row.Background.record_number,
            row.Background.terms,
            row.Background.told_at,
            row.Background.withdrawn_at,
            row.Background.member_id in mine,
        )
    )


def adopted_page(here: Here, *, cursor: str | None = None, limit: int = LIST) -> Page[AdoptedRow]:
    """Adopted versions that the viewer may read, those whose clock runs longest first."""
    columns: list[Any] = [DocumentVersion, Document.title]
    query = (
        select(*columns)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(
            Document.alliance_id == here.alliance.id,
            Document.audience.in_(sorted(here.viewer.audience)),
            DocumentVersion.adopted_at.is_not(None),
        )
    )
    until = func.coalesce(DocumentVersion.exclusion_until, DocumentVersion.adopted_at)
    page = keyset_page(query, keys=[until, DocumentVersion.id], limit=limit, cursor=cursor)
    notices = _notices(here, [row.DocumentVersion.id for row in page.items])
    return page.map(lambda row: _adopted(row.title, row.DocumentVersion, notices.get(row.DocumentVersion.id, [])))


def _adopted(title: str, version: DocumentVersion, notices: Sequence[ExclusionRow]) -> AdoptedRow:
    left = version.exclusion_until - now() if version.exclusion_until else None
    return AdoptedRow(
        version_id=version.id,
        document_id=version.document_id,
        title=title,
        number=version.number,
        adopted_at=version.adopted_at or version.created_at,
        until=version.exclusion_until,
        days_left=max(left.days, 0) if left else 0,
        notices=notices,
    )


def _notices(here: Here, version_ids: Sequence[int]) -> dict[int, list[ExclusionRow]]:
    mine = {member.id for member in here.members}
    query = (
        select(ExclusionNotice)
        .join(Member, Member.id == ExclusionNotice.member_id)
        .where(ExclusionNotice.version_id.in_(version_ids))
        .order_by(ExclusionNotice.id)
    )
    found: dict[int, list[ExclusionRow]] = {}
    rows: Any = session().execute(with_party(query, Member.party_kind, Member.party_id)) if version_ids else ()
    for row in rows:
        notice = row.ExclusionNotice
        found.setdefault(notice.version_id, []).append(
            ExclusionRow(
                notice.id,
                party_of(row),
                notice.rights,
                notice.reason,
                notice.filed_at,
                notice.withdrawn_at,
                notice.member_id in mine,
            )
        )
    return found
