"""Cases about members, the end of an alliance, freezing it and following it."""

from alliances.actions import cases, dissolving, states
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.models import Alliance, State
from alliances.policy import AllianceRight
from alliances.queries.ending import case_at, case_page, dissolution_of
from alliances.schemas.governing import (
    CaseGiven,
    CaseList,
    CaseShown,
    DissolutionShown,
    NoteGiven,
    ReplyGiven,
    StateShown,
    SuccessionAnswerGiven,
    SuccessionShown,
    SuccessorGiven,
)
from alliances.schemas.shapes import MaybeReasonGiven, MessageGiven, ReasonGiven
from kernel.api import Answer, PageQuery, endpoint, room
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.policy import authorise
from kernel.viewer import Viewer

CASE = "/alliances/<slug>/cases/<int:case_id>"
END = "/alliances/<slug>/dissolution"


@endpoint(room, "GET", "/alliances/<slug>/cases", may=AllianceRight.READ, query=PageQuery, answers={200: CaseList})
def list_alliance_cases(viewer: Viewer, *, slug: str, query: PageQuery) -> CaseList:
    """The cases that you may see: those about your member; for the council, all of them."""
    here = here_at(viewer, slug)
    page = case_page(viewer, here, cursor=query.cursor, limit=query.limit)
    return CaseList(items=[CaseShown.of(row, here.alliance.url) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/cases",
    may=AllianceRight.BRING_CASE,
    body=CaseGiven,
    answers={201: CaseShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_case(viewer: Viewer, *, slug: str, body: CaseGiven) -> Answer:
    """Tell a member why it should go. It may reply, and before that nobody votes."""
    made = cases.open_case(viewer, slug=slug, member_id=body.member, grounds=body.grounds, days=body.days)
    return Answer(_case(viewer, slug, made.id), 201, api_url(slug, "cases", made.id))


@endpoint(room, "GET", CASE, may=AllianceRight.ANSWER_INVITATION, answers={200: CaseShown})
def get_alliance_case(viewer: Viewer, *, slug: str, case_id: int) -> CaseShown:
    """One case: the grounds, the reply, the vote."""
    return _case(viewer, slug, case_id)


@endpoint(
    room,
    "PUT",
    f"{CASE}/reply",
    may=AllianceRight.ANSWER_INVITATION,
    body=ReplyGiven,
    answers={200: CaseShown},
    refusals=(409,),
)
def put_alliance_case_reply(viewer: Viewer, *, slug: str, case_id: int, body: ReplyGiven) -> CaseShown:
    """Reply for the member, or say it anew, until the vote begins."""
    cases.reply_to_case(viewer, slug=slug, case_id=case_id, reply=body.reply)
    return _case(viewer, slug, case_id)


@endpoint(room, "PUT", f"{CASE}/voting", may=AllianceRight.BRING_CASE, answers={200: CaseShown}, refusals=(409,))
def put_alliance_case_voting(viewer: Viewer, *, slug: str, case_id: int) -> CaseShown:
    """Let the members decide, once the member has replied or its time to reply is over."""
    cases.vote_on_case(viewer, slug=slug, case_id=case_id)
    return _case(viewer, slug, case_id)


@endpoint(
    room,
    "PUT",
    f"{CASE}/dropped",
    may=AllianceRight.BRING_CASE,
    body=MessageGiven,
    answers={200: CaseShown},
    refusals=(409,),
)
def put_alliance_case_dropped(viewer: Viewer, *, slug: str, case_id: int, body: MessageGiven) -> CaseShown:
    """Let it be, and say why."""
    cases.drop_case(viewer, slug=slug, case_id=case_id, message=body.message)
    return _case(viewer, slug, case_id)


@endpoint(room, "GET", END, may=AllianceRight.READ_INSIDE, answers={200: DissolutionShown})
def get_alliance_dissolution(viewer: Viewer, *, slug: str) -> DissolutionShown:
    """How the end of the alliance stands, with its checklist; 404 where nobody has asked for it."""
    return _dissolution(viewer, slug)


@endpoint(
    room,
    "POST",
    END,
    may=AllianceRight.DISSOLVE,
    body=ReasonGiven,
    answers={201: DissolutionShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_dissolution(viewer: Viewer, *, slug: str, body: ReasonGiven) -> Answer:
    """Ask the members to end the alliance."""
    dissolving.propose_dissolution(viewer, slug=slug, reason=body.reason)
    return Answer(_dissolution(viewer, slug), 201, api_url(slug, "dissolution"))


@endpoint(
    room,
    "PUT",
    f"{END}/dropped",
    may=AllianceRight.DISSOLVE,
    body=MessageGiven,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_dissolution_dropped(viewer: Viewer, *, slug: str, body: MessageGiven) -> None:
    """Take the question back before it is decided, and say why."""
    dissolving.drop_dissolution(viewer, slug=slug, message=body.message)


@endpoint(
    room,
    "PUT",
    f"{END}/items/<any({','.join(dissolving.CHECKLIST)}):item>",
    may=AllianceRight.DISSOLVE,
    body=NoteGiven,
    answers={200: DissolutionShown},
    refusals=(409,),
)
def put_alliance_dissolution_item(viewer: Viewer, *, slug: str, item: str, body: NoteGiven) -> DissolutionShown:
    """Say that a point of the checklist is settled, and how. `open` closes what is still open."""
    dissolving.tick(viewer, slug=slug, item=item, words=body.note)
    return _dissolution(viewer, slug)


@endpoint(room, "PUT", f"{END}/finished", may=AllianceRight.DISSOLVE, answers={200: DissolutionShown}, refusals=(409,))
def put_alliance_dissolution_finished(viewer: Viewer, *, slug: str) -> DissolutionShown:
    """The last act: from now on it is an archive, which its members read as before."""
    dissolving.finish_dissolution(viewer, slug=slug)
    return _dissolution(viewer, slug)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/freezing",
    may=AllianceRight.FREEZE,
    body=ReasonGiven,
    answers={200: StateShown},
    refusals=(409,),
)
def post_alliance_freezing(viewer: Viewer, *, slug: str, body: ReasonGiven) -> StateShown:
    """Stop everything; all of it can be read. The reason is public, and votes that run wait."""
    return StateShown.of(states.freeze(viewer, slug=slug, reason=body.reason))


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/thawing",
    may=AllianceRight.FREEZE,
    body=MaybeReasonGiven,
    answers={200: StateShown},
    refusals=(409,),
)
def post_alliance_thawing(viewer: Viewer, *, slug: str, body: MaybeReasonGiven) -> StateShown:
    """Go on; what the staff of the site froze, only they let go on."""
    return StateShown.of(states.thaw(viewer, slug=slug, reason=body.reason))


@endpoint(
    room,
    "PUT",
    "/alliances/<slug>/successor",
    may=AllianceRight.REPLACE,
    body=SuccessorGiven,
    answers={200: SuccessionShown},
)
def put_alliance_successor(viewer: Viewer, *, slug: str, body: SuccessorGiven) -> SuccessionShown:
    """Say which alliance goes on with the work of this one, which has ended; its chair has to accept."""
    before = states.name_successor(viewer, slug=slug, successor=body.successor)
    return _succession(before, body.successor.strip())


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/predecessors",
    may=AllianceRight.EDIT,
    body=SuccessionAnswerGiven,
    answers={200: SuccessionShown},
)
def post_alliance_predecessor(viewer: Viewer, *, slug: str, body: SuccessionAnswerGiven) -> SuccessionShown:
    """Take the place of an alliance that named this one, or decline to."""
    before = states.accept_succession(viewer, slug=slug, predecessor=body.predecessor, accept=body.accept)
    return _succession(before, slug if body.accept else None)


def _case(viewer: Viewer, slug: str, case_id: int) -> CaseShown:
    here = here_at(viewer, slug)
    return CaseShown.of(case_at(viewer, here, case_id), here.alliance.url)


def _dissolution(viewer: Viewer, slug: str) -> DissolutionShown:
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    view = dissolution_of(here)
    if view is None:
        raise NotFoundError
    return DissolutionShown.of(view, here.alliance)


def _succession(before: Alliance, successor: str | None) -> SuccessionShown:
    return SuccessionShown(predecessor=before.slug, successor=successor, state=State(before.state))
