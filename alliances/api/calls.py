"""Calls 揭榜: written, opened, evaluated, awarded, run and closed."""

from accounts.queries import ids_by_handle
from alliances.actions import calls, scoring
from alliances.addresses import api_url
from alliances.call_loading import call_here
from alliances.call_text import facts_of
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.calls import call_page, call_view
from alliances.readers import readers_of
from alliances.schemas.calls import (
    AwardGiven,
    AwardVoteGiven,
    CallChange,
    CallGiven,
    CallItem,
    CallList,
    CallQuery,
    CallShown,
    ResultGiven,
)
from alliances.schemas.shapes import ReasonGiven, VoteOpened
from kernel.api import Answer, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer

CALLS = "/alliances/<slug>/calls"
ONE = f"{CALLS}/<int:call_id>"
MOVES = {"open": calls.open_call, "evaluating": calls.begin_evaluation, "running": calls.start_call}


@endpoint(room, "GET", CALLS, may=AllianceRight.READ, query=CallQuery, answers={200: CallList})
def list_alliance_calls(viewer: Viewer, *, slug: str, query: CallQuery) -> CallList:
    """The calls of an alliance that you may see."""
    page = call_page(viewer, here_at(viewer, slug), is_over=query.over, cursor=query.cursor, limit=query.limit)
    return CallList(items=[CallItem.of(row) for row in page.items], next=page.next)


@endpoint(room, "POST", CALLS, may=AllianceRight.RUN_CALL, body=CallGiven, answers={201: CallShown}, limit=POSTING)
def post_alliance_call(viewer: Viewer, *, slug: str, body: CallGiven) -> Answer:
    """Draft a call; the council sees it."""
    made = calls.write_call(viewer, slug=slug, facts=body.facts)
    return Answer(_shown(viewer, slug, made.id), 201, api_url(slug, "calls", made.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: CallShown})
def get_alliance_call(viewer: Viewer, *, slug: str, call_id: int) -> CallShown:
    """A call, with the bids and scores that you may know."""
    return _shown(viewer, slug, call_id)


@endpoint(
    room,
    "PATCH",
    ONE,
    may=AllianceRight.RUN_CALL,
    body=CallChange,
    answers={200: CallShown},
    limit=POSTING,
    refusals=(409,),
)
def patch_alliance_call(viewer: Viewer, *, slug: str, call_id: int, body: CallChange) -> CallShown:
    """Change a draft; of an open call the text, and a later deadline."""
    here = here_at(viewer, slug)
    found = call_here(here, call_id)
    facts = body.over(facts_of(found, readers=readers_of(here.alliance, found.audience)))
    calls.change_call(viewer, slug=slug, call_id=call_id, facts=facts)
    return _shown(viewer, slug, call_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/<any({','.join(MOVES)}):state>",
    may=AllianceRight.RUN_CALL,
    answers={200: CallShown},
    refusals=(409,),
)
def put_alliance_call_state(viewer: Viewer, *, slug: str, call_id: int, state: str) -> CallShown:
    """Take bids until the deadline; open them to the scorers after it; let the chosen team work."""
    MOVES[state](viewer, slug=slug, call_id=call_id)
    return _shown(viewer, slug, call_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/awarded",
    may=AllianceRight.RUN_CALL,
    body=AwardGiven,
    answers={200: CallShown},
    refusals=(409,),
)
def put_alliance_call_awarded(viewer: Viewer, *, slug: str, call_id: int, body: AwardGiven) -> CallShown:
    """Give it to a team, say why, and answer all others. Nobody awards who is tied to a bid."""
    calls.award(viewer, slug=slug, call_id=call_id, bid_id=body.bid, statement=body.statement, message=body.message)
    return _shown(viewer, slug, call_id)


@endpoint(
    room,
    "POST",
    f"{ONE}/voting",
    may=AllianceRight.RUN_CALL,
    body=AwardVoteGiven,
    answers={201: VoteOpened},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_call_voting(viewer: Viewer, *, slug: str, call_id: int, body: AwardVoteGiven) -> Answer:
    """Let the members say whether this team shall have it."""
    proposal = calls.put_award_to_vote(viewer, slug=slug, call_id=call_id, bid_id=body.bid, statement=body.statement)
    return Answer(VoteOpened.of(slug, proposal), 201, api_url(slug, "proposals", proposal.number))


@endpoint(
    room,
    "PUT",
    f"{ONE}/closed",
    may=AllianceRight.RUN_CALL,
    body=ResultGiven,
    answers={200: CallShown},
    refusals=(409,),
)
def put_alliance_call_closed(viewer: Viewer, *, slug: str, call_id: int, body: ResultGiven) -> CallShown:
    """It is done; what came of it stays on its page."""
    calls.finish_call(viewer, slug=slug, call_id=call_id, result=body.result)
    return _shown(viewer, slug, call_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/cancelled",
    may=AllianceRight.RUN_CALL,
    body=ReasonGiven,
    answers={200: CallShown},
    refusals=(409,),
)
def put_alliance_call_cancelled(viewer: Viewer, *, slug: str, call_id: int, body: ReasonGiven) -> CallShown:
    """It comes to nothing, and everybody who bid is told why."""
    calls.cancel_call(viewer, slug=slug, call_id=call_id, reason=body.reason)
    return _shown(viewer, slug, call_id)


@endpoint(room, "PUT", f"{ONE}/scorers/<handle>", may=AllianceRight.RUN_CALL, answers={200: CallShown}, refusals=(409,))
def put_alliance_scorer(viewer: Viewer, *, slug: str, call_id: int, handle: str) -> CallShown:
    """Let somebody score who sees the call."""
    scoring.name_scorer(viewer, slug=slug, call_id=call_id, handle=handle)
    return _shown(viewer, slug, call_id)


@endpoint(room, "DELETE", f"{ONE}/scorers/<handle>", may=AllianceRight.RUN_CALL, answers={204: None}, refusals=(409,))
def delete_alliance_scorer(viewer: Viewer, *, slug: str, call_id: int, handle: str) -> None:
    """They score no more; their sheets do not count."""
    call_here(here_at(viewer, slug), call_id)
    user_id = next(iter(ids_by_handle([handle])), 0)
    scoring.drop_scorer(viewer, slug=slug, call_id=call_id, user_id=user_id)


def _shown(viewer: Viewer, slug: str, call_id: int) -> CallShown:
    return CallShown.of_view(call_view(viewer, here_at(viewer, slug), call_id))
