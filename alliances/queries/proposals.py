"""Proposals in lists: what waits for one's vote first, then what is open, what was decided, and one's drafts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, or_, select

from alliances.addresses import proposal_url
from alliances.here import VOICES, Here
from alliances.models import Alliance, Group, Member, MemberState, Proposal, ProposalState, Proxy, Seat, Voter
from alliances.proposal_loading import in_force_for, visible_proposals
from alliances.proposal_titles import TITLE, title_lang, title_of
from alliances.words import name_of
from kernel.clock import now
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

LIST = 30
SHORT = 12
SIMILAR_AMONG = 200
SIMILAR_FROM = 0.25
SHOWN = ("open", "decided", "withdrawn", "mine")


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in a list. `waits` says that the viewer can vote on it and has not; `is_due` that it is counted."""

    id: int
    number: int
    title: str
    lang: str
    url: str
    state: str
    outcome: str
    method: str
    method_name: str
    matter: str
    matter_name: str
    electorate: str
    group_id: int | None
    group_name: str
    is_secret: bool
    cast: int
    roll: int
    closes_at: datetime | None
    closed_at: datetime | None
    waits: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class WaitingVote:
    """A vote that waits for the viewer, with its alliance."""

    title: str
    lang: str
    url: str
    alliance_name: str
    alliance_url: str
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """The page of decisions, without a filter: the beginning of each part."""

    waiting: list[ProposalRow]
    open: list[ProposalRow]
    decided: list[ProposalRow]
    drafts: list[ProposalRow]


@dataclass(frozen=True, slots=True)
class Similar:
    """An open proposal with much the same title."""

    number: int
    title: str
    url: str


def proposal_desk(here: Here, *, limit: int = SHORT) -> Desk:
    """What waits for one's vote, what else is open (what ends first comes first), decided, and one's drafts."""
    live = _rows(here).where(Proposal.state == ProposalState.OPEN)
    first = (_waits(here.viewer).desc(), Proposal.closes_at, Proposal.id)
    opened = _shown(here, session().execute(live.order_by(*first).limit(limit * 2)).all())
    ended = _rows(here).where(Proposal.state == ProposalState.CLOSED).order_by(Proposal.id.desc()).limit(limit)
    return Desk(
        waiting=[row for row in opened if row.waits],
        open=[row for row in opened if not row.waits],
        decided=_shown(here, session().execute(ended).all()),
        drafts=_shown(here, session().execute(_drafts(here).order_by(Proposal.id.desc()).limit(limit)).all()),
    )


def proposal_page(
    here: Here, show: str, *, group_id: int | None = None, cursor: str | None = None, limit: int = LIST
) -> Page[ProposalRow]:
    """One part of the list, the newest first."""
    query = _drafts(here) if show == "mine" else _rows(here)
    states = {"open": ProposalState.OPEN, "decided": ProposalState.CLOSED, "withdrawn": ProposalState.WITHDRAWN}
    if show in states:
        query = query.where(Proposal.state == states[show])
    elif show != "mine":
        query = query.where(Proposal.state != ProposalState.DRAFT)
    if group_id is not None:
        query = query.where(Proposal.group_id == group_id)
    page = keyset_page(query, keys=[Proposal.id], limit=limit, cursor=cursor)
    return Page(_shown(here, page.items), page.next)


def open_proposals(viewer: Viewer, here: Here, limit: int = 5) -> list[ProposalRow]:
    """What is being decided now, as far as the viewer sees it; what waits for them first. One query."""
    if not any(token.startswith(here.alliance.everybody) for token in viewer.audience):
        return []
    query = _rows(here).where(Proposal.state == ProposalState.OPEN)
    rows = session().execute(query.order_by(_waits(viewer).desc(), Proposal.closes_at, Proposal.id).limit(limit))
    return _shown(here, rows.all())


def group_proposals(here: Here, group_id: int, *, limit: int = 5) -> list[ProposalRow]:
    """What a working group decides and has decided, the newest first. One query."""
    query = _rows(here).where(Proposal.group_id == group_id, Proposal.state != ProposalState.DRAFT)
    return _shown(here, session().execute(query.order_by(Proposal.id.desc()).limit(limit)).all())


def votes_waiting(viewer: Viewer, limit: int = 5) -> list[WaitingVote]:
    """Over all alliances: open votes that the viewer may cast and has not, what ends first comes first. One query."""
    if not viewer.signed_in:
        return []
    query = (
        select(*TITLE, Proposal.number, Proposal.closes_at, Alliance)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(
            Proposal.state == ProposalState.OPEN,
            Proposal.closes_at > now(),
            is_wanted(viewer),
            visible_proposals(viewer),
        )
        .order_by(Proposal.closes_at, Proposal.id)
        .limit(limit)
    )
    return [
        WaitingVote(
            title=title_of(row),
            lang=title_lang(row),
            url=proposal_url(row.Alliance.slug, row.number),
            alliance_name=row.Alliance.name_in(viewer.locale),
            alliance_url=row.Alliance.url,
            closes_at=row.closes_at,
        )
        for row in session().execute(query)
    ]


def working_groups(here: Here) -> list[Group]:
    """The working groups of which the viewer is part, and that go on."""
    query = select(Group).where(Group.alliance_id == here.alliance.id, Group.closed_at.is_(None))
    return [group for group in session().scalars(query.order_by(Group.id)) if here.holds(group.token)]


def similar_open(here: Here, title: str, *, but: int | None = None, limit: int = 5) -> list[Similar]:
    """Open proposals whose titles share words with this one, the most alike first."""
    wanted = _pieces(title)
    query = select(Proposal.id, Proposal.number, *TITLE).where(
        Proposal.alliance_id == here.alliance.id, Proposal.state == ProposalState.OPEN, visible_proposals(here.viewer)
    )
    rows = session().execute(query.order_by(Proposal.id.desc()).limit(SIMILAR_AMONG))
    titles = [(row.number, title_of(row)) for row in rows if row.id != but]
    alike = [
        (_likeness(wanted, _pieces(named)), Similar(number, named, _url(here, number))) for number, named in titles
    ]
    alike = [one for one in alike if one[0] >= SIMILAR_FROM]
    return [similar for _share, similar in sorted(alike, key=lambda one: (-one[0], one[1].number))][:limit]


def _url(here: Here, number: int) -> str:
    return proposal_url(here.alliance.slug, number)


def _rows(here: Here) -> Any:
    return (
        select(Proposal, Group.name.label("group_name"), _waits(here.viewer).label("waits"))
        .outerjoin(Group, Group.id == Proposal.group_id)
        .where(Proposal.alliance_id == here.alliance.id, visible_proposals(here.viewer))
    )


def _drafts(here: Here) -> Any:
    return _rows(here).where(Proposal.state == ProposalState.DRAFT, Proposal.author_id == here.viewer.user_id)


def _waits(viewer: Viewer) -> ColumnElement[int]:
    """1 for what the viewer can vote on and has not."""
    is_open = and_(Proposal.state == ProposalState.OPEN, Proposal.closes_at > now())
    return case((and_(is_open, is_wanted(viewer)), 1), else_=0)


def is_wanted(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a place on the roll that the viewer fills is empty: their own, their member's, or one by proxy.

    Three questions, each answered from an index: one with three alternatives would read whole rolls.
    """
    if not viewer.signed_in:
        return false()
    mine = (
        select(Seat.member_id)
        .join(Member, Member.id == Seat.member_id)
        .where(
            Seat.user_id == viewer.me, Seat.until.is_(None), Seat.role.in_(VOICES), Member.state == MemberState.ACTIVE
        )
    )
    empty = select(Voter.id).where(Voter.proposal_id == Proposal.id, Voter.has_voted.is_(False)).correlate(Proposal)
    held = select(Proxy.from_member_id).where(Proxy.to_member_id.in_(mine), in_force_for(Proposal.id))
    return or_(
        empty.where(Voter.user_id == viewer.me).exists(),
        empty.where(Voter.member_id.in_(mine)).exists(),
        and_(Proposal.is_secret.is_(False), empty.where(Voter.member_id.in_(held.correlate(Proposal))).exists()),
    )


def _shown(here: Here, rows: Sequence[Any]) -> list[ProposalRow]:
    at, locale = now(), here.viewer.locale
    return [
        ProposalRow(
            id=proposal.id,
            number=proposal.number,
            title=title_of(proposal),
            lang=title_lang(proposal),
            url=_url(here, proposal.number),
            state=proposal.state,
            outcome=proposal.outcome,
            method=proposal.method,
            method_name=name_of("method", proposal.method, locale),
            matter=proposal.matter,
            matter_name=name_of("matter", proposal.matter, locale),
            electorate=proposal.electorate,
            group_id=proposal.group_id,
            group_name=group_name or "",
            is_secret=proposal.is_secret,
            cast=proposal.cast_count,
            roll=proposal.roll_size,
            closes_at=proposal.closes_at,
            closed_at=proposal.closed_at,
            waits=bool(waits),
            is_due=proposal.state == ProposalState.OPEN and proposal.closes_at is not None and proposal.closes_at <= at,
        )
        for proposal, group_name, waits in ((row.Proposal, row.group_name, row.waits) for row in rows)
    ]


def _pieces(title: str) -> frozenset[str]:
    """Words of letters and digits, and pairs of neighbouring Chinese characters."""
    folded = title.casefold()
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in folded).split()
    han = [char if "\u4e00" <= char <= "\u9fff" else " " for char in folded]
    pairs = {"".join(pair) for pair in pairwise(han) if " " not in pair}
    return frozenset(words) | pairs


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
