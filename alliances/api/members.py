"""Members, with which standing, who acts for them, and their leaving."""

from alliances.actions import leaving, seats
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.members import member_at, member_page
from alliances.schemas.members import MemberList, MemberQuery, MemberShown, SeatGiven, StandingGiven
from alliances.schemas.shapes import MaybeReasonGiven
from kernel.api import Answer, endpoint, room
from kernel.viewer import Viewer

MEMBER = "/alliances/<slug>/members/<int:member_id>"


@endpoint(
    room,
    "GET",
    "/alliances/<slug>/members",
    may=AllianceRight.READ,
    query=MemberQuery,
    answers={200: MemberList},
)
def list_alliance_members(viewer: Viewer, *, slug: str, query: MemberQuery) -> MemberList:
    """Who belongs to an alliance."""
    here = here_at(viewer, slug)
    page = member_page(here, standing=query.standing or "", cursor=query.cursor, limit=query.limit)
    return MemberList(items=[MemberShown.of(row, is_inside=here.is_inside) for row in page.items], next=page.next)


@endpoint(room, "GET", MEMBER, may=AllianceRight.READ, answers={200: MemberShown})
def get_alliance_member(viewer: Viewer, *, slug: str, member_id: int) -> MemberShown:
    """One member."""
    return _shown(viewer, slug, member_id)


@endpoint(
    room,
    "PUT",
    f"{MEMBER}/standing",
    may=AllianceRight.ADMIT,
    body=StandingGiven,
    answers={200: MemberShown},
    refusals=(409,),
)
def put_alliance_member_standing(viewer: Viewer, *, slug: str, member_id: int, body: StandingGiven) -> MemberShown:
    """Let a member vote or not, and say why."""
    seats.set_standing(viewer, slug=slug, member_id=member_id, standing=body.standing, message=body.message)
    return _shown(viewer, slug, member_id)


@endpoint(
    room,
    "PUT",
    f"{MEMBER}/seats/<handle>",
    may=AllianceRight.SEAT,
    body=SeatGiven,
    answers={200: MemberShown},
    refusals=(409,),
)
def put_alliance_seat(viewer: Viewer, *, slug: str, member_id: int, handle: str, body: SeatGiven) -> MemberShown:
    """Let somebody of your member act for it in a role; a representative or alternate replaces the one before."""
    seats.name_seat(viewer, slug=slug, member_id=member_id, role=body.role, handle=handle)
    return _shown(viewer, slug, member_id)


@endpoint(room, "DELETE", f"{MEMBER}/seats/<handle>", may=AllianceRight.SEAT, answers={204: None}, refusals=(409,))
def delete_alliance_seat(viewer: Viewer, *, slug: str, member_id: int, handle: str) -> None:
    """Somebody acts for the member no more; a delegate may end their own seat."""
    seats.end_seat(viewer, slug=slug, member_id=member_id, handle=handle)


@endpoint(
    room,
    "PUT",
    f"{MEMBER}/notice",
    may=AllianceRight.LEAVE,
    body=MaybeReasonGiven,
    answers={200: MemberShown, 204: None},
    refusals=(409,),
)
def give_alliance_notice(viewer: Viewer, *, slug: str, member_id: int, body: MaybeReasonGiven) -> MemberShown | Answer:
    """Leave with a member: the answer says when it ends; 204 where it has ended at once."""
    member = leaving.leave(viewer, slug=slug, member_id=member_id, reason=body.reason)
    return Answer(None, 204) if member.ended_at is not None else _shown(viewer, slug, member_id)


@endpoint(
    room,
    "DELETE",
    f"{MEMBER}/notice",
    may=AllianceRight.LEAVE,
    answers={200: MemberShown},
    refusals=(409,),
)
def withdraw_alliance_notice(viewer: Viewer, *, slug: str, member_id: int) -> MemberShown:
    """Stay after all, before the notice has run out."""
    leaving.stay(viewer, slug=slug, member_id=member_id)
    return _shown(viewer, slug, member_id)


def _shown(viewer: Viewer, slug: str, member_id: int) -> MemberShown:
    """Whoever may name a member's people sees them."""
    here = here_at(viewer, slug)
    return MemberShown.of(member_at(here, member_id), is_inside=here.is_inside)
