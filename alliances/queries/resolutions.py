"""The register of resolutions, and how often each member took part in what was decided."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from alliances.addresses import proposal_url, resolution_url
from alliances.here import Here
from alliances.models import Member, MemberState, Proposal, ProposalState, Resolution, Voter
from alliances.proposal_loading import ALTERNATE, PROXY, visible_proposals
from alliances.proposal_titles import TITLE, title_lang, title_of
from alliances.queries.proxies import member_names
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.i18n import zone
from kernel.paging import Page, keyset_page

LIST = 30
LOOKED_AT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ResolutionRow:
    """A resolution in the register."""

    id: int
    number: str
    title: str
    statement: str
    title_lang: str
    lang: str
    url: str
    proposal_url: str
    decided_at: datetime
    review_on: date | None
    is_due: bool
    reviewed_at: datetime | None
    review_note: str
    superseded_by: str | None
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class Participation:
    """How often a member could vote in the last year, and did."""

    member_id: int
    name: str
    asked: int
    voted: int
    by_alternate: int
    by_proxy: int

    @property
    def percent(self) -> int:
        """In whole percent, rounded down: nobody is at a hundred who missed one."""
        return self.voted * 100 // self.asked if self.asked else 0


def resolution_page(
    here: Here, *, only_due: bool = False, cursor: str | None = None, limit: int = LIST
) -> Page[ResolutionRow]:
    """The register, the newest first; only those whose day has come, if that is wished."""
    query = _rows(here)
    if only_due:
        query = query.where(Resolution.review_on <= _today(here))
    page = keyset_page(query, keys=[Resolution.id], limit=limit, cursor=cursor)
    return Page([_shown(here, row) for row in page.items], page.next)


def resolution_view(here: Here, number: str) -> ResolutionRow:
    """One resolution, or `NotFoundError`."""
    row = session().execute(_rows(here).where(Resolution.number == number)).first()
    if row is None:
        raise NotFoundError
    return _shown(here, row)


def participation_page(here: Here, *, cursor: str | None = None, limit: int = 50) -> Page[Participation]:
    """Every member with the votes of the last year that it could take part in, in the order of joining."""
    is_voted = case((Voter.has_voted, 1), else_=0)
    counted = (
        select(
            Voter.member_id,
            func.count(Voter.id).label("asked"),
            func.sum(is_voted).label("voted"),
            func.sum(case((Voter.voted_as == ALTERNATE, 1), else_=0)).label("by_alternate"),
            func.sum(case((Voter.voted_as == PROXY, 1), else_=0)).label("by_proxy"),
        )
        .join(Proposal, Proposal.id == Voter.proposal_id)
        .where(
            Proposal.alliance_id == here.alliance.id,
            Proposal.state == ProposalState.CLOSED,
            Proposal.closed_at > now() - LOOKED_AT,
            Voter.member_id.is_not(None),
            visible_proposals(here.viewer),
        )
        .group_by(Voter.member_id)
        .subquery()
    )
    query = (
        select(Member.id, counted.c.asked, counted.c.voted, counted.c.by_alternate, counted.c.by_proxy)
        .join(counted, counted.c.member_id == Member.id)
        .where(Member.alliance_id == here.alliance.id, Member.state == MemberState.ACTIVE)
    )
    page = keyset_page(query, keys=[Member.id], limit=limit, cursor=cursor, descending=False)
    names = member_names(here, {row.id for row in page.items})
    return Page(
        [
            Participation(
                row.id, names.get(row.id, "…"), row.asked, int(row.voted), int(row.by_alternate), int(row.by_proxy)
            )
            for row in page.items
        ],
        page.next,
    )


def _rows(here: Here) -> Any:
    later, earlier = aliased(Resolution), aliased(Resolution)
    superseded = select(func.max(earlier.number)).where(earlier.superseded_by_id == Resolution.id).correlate(Resolution)
    return (
        select(Resolution, Proposal.number.label("proposal_number"), *TITLE, later.number.label("later"))
        .add_columns(superseded.scalar_subquery().label("earlier"))
        .join(Proposal, Proposal.id == Resolution.proposal_id)
        .outerjoin(later, and_(later.id == Resolution.superseded_by_id))
        .where(Resolution.alliance_id == here.alliance.id, Resolution.audience.in_(sorted(here.viewer.audience)))
    )


def _shown(here: Here, row: Any) -> ResolutionRow:
    one: Resolution = row.Resolution
    return ResolutionRow(
        id=one.id,
        number=one.number,
        title=title_of(row),
        statement=one.statement,
        title_lang=title_lang(row),
        lang=row.lang,
        url=resolution_url(here.alliance.slug, one.number),
        proposal_url=proposal_url(here.alliance.slug, row.proposal_number),
        decided_at=one.decided_at,
        review_on=one.review_on,
        is_due=one.review_on is not None and one.review_on <= _today(here),
        reviewed_at=one.reviewed_at,
        review_note=one.review_note,
        superseded_by=row.later,
        supersedes=row.earlier,
    )


def _today(here: Here) -> date:
    return now().astimezone(zone(here.viewer.timezone)).date()
