"""Calls as lists and pages show them; bids and scores as far as this viewer may know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from markupsafe import Markup
from sqlalchemy import case, func, select

from accounts.queries import PersonFacts, persons
from alliances.call_loading import call_here
from alliances.call_sight import bids_seen, own_bids, runs, scores, visible_calls
from alliances.conflicts import Tie, ties_of
from alliances.here import Here
from alliances.models import Alliance, Bid, Call, CallState, Scorer, ScoreSheet
from alliances.parties import Party, PartyFacts, parties
from alliances.queries.milestones import MilestoneRow, milestones_of_call
from alliances.ranking import mean, ranked, sheet_score
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import PUBLIC, Viewer

LIST = 30


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in a list."""

    id: int
    title: str
    url: str
    state: str
    budget: str
    deadline: datetime | None
    is_public: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """How one scorer saw a bid."""

    scorer: PersonFacts
    scores: dict[str, int]
    share: Fraction
    comment: str


@dataclass(frozen=True, slots=True)
class BidRow:
    """A bid as this viewer may know it. Of a bid to which they are tied, no sheet, no mean and no place."""

    bid: Bid
    html: Markup
    people: list[PersonFacts]
    parties: list[PartyFacts]
    is_mine: bool
    is_author: bool
    tie: Tie | None
    my_sheet: ScoreSheet | None
    sheets: list[SheetRow]
    mean: Fraction | None
    place: int | None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with all that hangs on it and that this viewer may know."""

    row: CallRow
    call: Call
    html: Markup
    author: PersonFacts
    bids: list[BidRow]
    bid_count: int
    mine: Bid | None
    awarded: Bid | None
    scorers: list[PersonFacts]
    is_scorer: bool
    is_runner: bool
    is_tied: bool
    sees_scores: bool
    milestones: list[MilestoneRow]


def call_page(
    viewer: Viewer, here: Here, *, is_over: bool = False, cursor: str | None = None, limit: int = LIST
) -> Page[CallRow]:
    """What can be bid on and what runs, the newest first; or what has ended."""
    ended = Call.state.in_((CallState.CLOSED, CallState.CANCELLED))
    columns: list[Any] = [Call]
    query = (
        select(*columns)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Call.alliance_id == here.alliance.id, visible_calls(viewer), ended if is_over else ~ended)
    )
    page = keyset_page(query, keys=[Call.id], limit=limit, cursor=cursor)
    return page.map(lambda row: _row(row.Call, here.alliance))


def call_view(viewer: Viewer, here: Here, call_id: int) -> CallView:
    """A call; who may know which bid and which score is decided here."""
    call = call_here(here, call_id)
    bids = bids_seen(viewer, call)
    own = own_bids(viewer, bids)
    is_scorer, is_runner = scores(viewer, call), runs(viewer, call)
    ties = ties_of(viewer.me, bids) if viewer.signed_in else {}
    sees_scores = (is_scorer or is_runner) and not own and call.state not in (CallState.DRAFT, CallState.OPEN)
    scorer_ids = list(
        session().scalars(select(Scorer.user_id).where(Scorer.call_id == call.id).order_by(Scorer.named_at))
    )
    sheets = _sheets(bids, scorer_ids) if sees_scores else {}
    awarded = session().get(Bid, call.awarded_id) if call.awarded_id else None
    people = persons(
        {call.created_by_id, *scorer_ids, *(number for bid in bids for number in (*bid.people, bid.author_id))}
    )
    behind = parties(Party(one["kind"], one["id"]) for bid in bids for one in bid.parties)
    means = {
        bid.id: mean([sheet_score(call.criteria, sheet.scores) for sheet in sheets.get(bid.id, [])])
        for bid in bids
        if bid.id not in ties
    }
    places = dict(ranked(means)) if sees_scores else {}
    rows = [
        BidRow(
            bid=bid,
            html=Markup(bid.body_html),  # noqa: S704 - cooked and sanitised when it was stored
            people=[people[number] for number in bid.people if number in people],
            parties=[behind[party] for one in bid.parties if (party := Party(one["kind"], one["id"])) in behind],
            is_mine=bid in own,
            is_author=bid.author_id == viewer.user_id,
            tie=ties.get(bid.id),
            my_sheet=next((one for one in sheets.get(bid.id, []) if one.user_id == viewer.user_id), None),
            sheets=_sheet_rows(call, sheets.get(bid.id, []), people) if bid.id not in ties else [],
            mean=means.get(bid.id) if sees_scores else None,
            place=places.get(bid.id),
        )
        for bid in bids
    ]
    rows.sort(key=lambda row: (row.place is None, row.place or 0, row.bid.id))
    return CallView(
        row=_row(call, here.alliance),
        call=call,
        html=Markup(call.body_html),  # noqa: S704 - cooked and sanitised when it was stored
        author=people[call.created_by_id],
        bids=rows,
        bid_count=_count(call) if is_runner or is_scorer else 0,
        mine=next((bid for bid in own if bid.author_id == viewer.user_id), None),
        awarded=awarded,
        scorers=[people[number] for number in scorer_ids if number in people] if is_runner or is_scorer else [],
        is_scorer=is_scorer,
        is_runner=is_runner,
        is_tied=bool(ties),
        sees_scores=sees_scores,
        milestones=milestones_of_call(viewer, call.id),
    )


def _sheets(bids: Sequence[Bid], scorer_ids: list[int]) -> dict[int, list[ScoreSheet]]:
    """The sheets that count: of those who are scorers still, filled in, and by nobody who is tied to the bid."""
    found = session().scalars(
        select(ScoreSheet)
        .where(ScoreSheet.bid_id.in_([bid.id for bid in bids]), ScoreSheet.user_id.in_(scorer_ids))
        .order_by(ScoreSheet.bid_id, ScoreSheet.at)
    )
    rows = [row for row in found if row.scores and not row.conflict]
    tied = {scorer: ties_of(scorer, bids) for scorer in {row.user_id for row in rows}}
    kept: dict[int, list[ScoreSheet]] = {}
    for row in rows:
        if row.bid_id not in tied[row.user_id]:
            kept.setdefault(row.bid_id, []).append(row)
    return kept


def _sheet_rows(call: Call, sheets: Sequence[ScoreSheet], people: dict[int, PersonFacts]) -> list[SheetRow]:
    return [
        SheetRow(people[one.user_id], dict(one.scores), sheet_score(call.criteria, one.scores), one.comment)
        for one in sheets
    ]


def _count(call: Call) -> int:
    standing = select(func.sum(case((Bid.state == "withdrawn", 0), else_=1))).where(Bid.call_id == call.id)
    return session().scalar(standing) or 0


def _row(call: Call, alliance: Alliance) -> CallRow:
    return CallRow(
        id=call.id,
        title=call.title,
        url=f"{alliance.url}/calls/{call.id}",
        state=call.state,
        budget=call.budget,
        deadline=call.deadline,
        is_public=call.audience == PUBLIC,
    )
