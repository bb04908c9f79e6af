"""Proposals: written, opened, closed, taken back."""

from alliances.actions import proposals
from alliances.actions.closing import close
from alliances.actions.withdrawing import step_down, unopen, withdraw
from alliances.addresses import api_url
from alliances.here import here_at, must_be_inside
from alliances.models import ProposalState
from alliances.policy import AllianceRight
from alliances.queries.proposal_page import proposal_view
from alliances.queries.proposals import proposal_page
from alliances.schemas.proposals import (
    ProposalGiven,
    ProposalItem,
    ProposalList,
    ProposalQuery,
    ProposalShown,
    WordsGiven,
)
from kernel.api import Answer, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer

ONE = "/alliances/<slug>/proposals/<int:number>"
SHOW = {
    ProposalState.OPEN: "open",
    ProposalState.CLOSED: "decided",
    ProposalState.WITHDRAWN: "withdrawn",
    ProposalState.DRAFT: "mine",
}


@endpoint(
    room,
    "GET",
    "/alliances/<slug>/proposals",
    may=AllianceRight.READ_INSIDE,
    query=ProposalQuery,
    answers={200: ProposalList},
)
def list_proposals(viewer: Viewer, *, slug: str, query: ProposalQuery) -> ProposalList:
    """The proposals that you may see, the newest first; of drafts your own."""
    here = must_be_inside(here_at(viewer, slug))
    show = SHOW[query.state] if query.state else ""
    page = proposal_page(here, show, group_id=query.group_id, cursor=query.cursor, limit=query.limit)
    return ProposalList(items=[ProposalItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/proposals",
    may=AllianceRight.PROPOSE,
    body=ProposalGiven,
    answers={201: ProposalShown},
    limit=POSTING,
    refusals=(409,),
)
def post_proposal(viewer: Viewer, *, slug: str, body: ProposalGiven) -> Answer:
    """Propose something: as a draft, or at once to the vote."""
    held = proposals.draft_proposal(viewer, body.facts, slug=slug)
    if body.open:
        proposals.open_proposal(viewer, slug=slug, number=held.number)
    return Answer(_shown(viewer, slug, held.number), 201, api_url(slug, "proposals", held.number))


@endpoint(room, "GET", ONE, may=AllianceRight.READ_INSIDE, answers={200: ProposalShown})
def get_proposal(viewer: Viewer, *, slug: str, number: int) -> ProposalShown:
    """A proposal with its rules, its options, the votes that you may cast, and its tally once that may be known."""
    return _shown(viewer, slug, number)


@endpoint(
    room,
    "PUT",
    ONE,
    may=AllianceRight.PROPOSE,
    body=ProposalGiven,
    answers={200: ProposalShown},
    limit=POSTING,
    refusals=(409,),
)
def put_proposal(viewer: Viewer, *, slug: str, number: int, body: ProposalGiven) -> ProposalShown:
    """Write your draft anew, and open it if you say so."""
    proposals.change_draft(viewer, body.facts, slug=slug, number=number)
    if body.open:
        proposals.open_proposal(viewer, slug=slug, number=number)
    return _shown(viewer, slug, number)


@endpoint(room, "DELETE", ONE, may=AllianceRight.PROPOSE, answers={204: None}, refusals=(409,))
def delete_proposal(viewer: Viewer, *, slug: str, number: int) -> None:
    """Throw your draft away."""
    proposals.discard_draft(viewer, slug=slug, number=number)


@endpoint(
    room,
    "PUT",
    f"{ONE}/<any(draft,open,closed):state>",
    may=AllianceRight.READ_INSIDE,
    answers={200: ProposalShown},
    refusals=(409,),
)
def put_proposal_state(viewer: Viewer, *, slug: str, number: int, state: str) -> ProposalShown:
    """Open your draft, or make it one again while nobody has voted.

    Or have a vote counted whose time is up, or in which everybody has voted.
    """
    if state == "open":
        proposals.open_proposal(viewer, slug=slug, number=number)
    elif state == "draft":
        unopen(viewer, slug=slug, number=number)
    else:
        close(viewer, slug=slug, number=number)
    return _shown(viewer, slug, number)


@endpoint(
    room,
    "PUT",
    f"{ONE}/withdrawn",
    may=AllianceRight.OPEN_VOTE,
    body=WordsGiven,
    answers={200: ProposalShown},
    refusals=(409,),
)
def put_proposal_withdrawn(viewer: Viewer, *, slug: str, number: int, body: WordsGiven) -> ProposalShown:
    """Take an open proposal back, with the reason."""
    withdraw(viewer, slug=slug, number=number, message=body.message)
    return _shown(viewer, slug, number)


@endpoint(
    room,
    "POST",
    f"{ONE}/again",
    may=AllianceRight.PROPOSE,
    answers={201: ProposalShown},
    limit=POSTING,
    refusals=(409,),
)
def post_proposal_again(viewer: Viewer, *, slug: str, number: int) -> Answer:
    """A draft of the same content, which takes its place once it is opened: to change it, or to vote again."""
    made = proposals.propose_again(viewer, slug=slug, number=number)
    return Answer(_shown(viewer, slug, made.number), 201, api_url(slug, "proposals", made.number))


@endpoint(room, "DELETE", f"{ONE}/candidacy", may=AllianceRight.VOTE, answers={204: None}, refusals=(409,))
def delete_candidacy(viewer: Viewer, *, slug: str, number: int) -> None:
    """Do not stand in an election, while nobody has voted."""
    step_down(viewer, slug=slug, number=number)


def _shown(viewer: Viewer, slug: str, number: int) -> ProposalShown:
    return ProposalShown.of(proposal_view(must_be_inside(here_at(viewer, slug)), number))
