"""Working groups, and who works in them."""

from accounts.viewers import viewer_for
from alliances.actions import groups
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.groups import group_at, group_view, groups_of
from alliances.schemas.groups import GroupChange, GroupGiven, GroupList, GroupShown, GroupWithPeople
from kernel.api import Answer, endpoint, room
from kernel.policy import authorise
from kernel.viewer import Viewer

GROUPS = "/alliances/<slug>/groups"
ONE = f"{GROUPS}/<int:group_id>"


@endpoint(room, "GET", GROUPS, may=AllianceRight.READ_INSIDE, answers={200: GroupList})
def list_alliance_groups(viewer: Viewer, *, slug: str) -> GroupList:
    """The working groups of an alliance to which you belong, closed ones at the end."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    rows = [*groups_of(here), *groups_of(here, closed=True)]
    return GroupList(items=[GroupShown.of(row, here.alliance.url) for row in rows])


@endpoint(
    room,
    "POST",
    GROUPS,
    may=AllianceRight.GROUP,
    body=GroupGiven,
    answers={201: GroupWithPeople},
)
def post_alliance_group(viewer: Viewer, *, slug: str, body: GroupGiven) -> Answer:
    """Open a working group with its lead."""
    made = groups.open_group(viewer, slug=slug, name=body.name, purpose=body.purpose, lead=body.lead)
    return Answer(_shown(viewer_for(viewer.me), slug, made.id), 201, api_url(slug, "groups", made.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: GroupWithPeople})
def get_alliance_group(viewer: Viewer, *, slug: str, group_id: int) -> GroupWithPeople:
    """A working group with its people, for the members and for the experts who work in it."""
    return _shown(viewer, slug, group_id)


@endpoint(
    room, "PATCH", ONE, may=AllianceRight.GROUP, body=GroupChange, answers={200: GroupWithPeople}, refusals=(409,)
)
def patch_alliance_group(viewer: Viewer, *, slug: str, group_id: int, body: GroupChange) -> GroupWithPeople:
    """Its name and what it is for."""
    group = group_at(here_at(viewer, slug), group_id)
    said = {"name": group.name, "purpose": group.purpose, **body.model_dump(exclude_unset=True)}
    groups.edit_group(viewer, slug=slug, group_id=group_id, **said)
    return _shown(viewer, slug, group_id)


@endpoint(room, "PUT", f"{ONE}/closed", may=AllianceRight.GROUP, answers={200: GroupWithPeople}, refusals=(409,))
def put_alliance_group_closed(viewer: Viewer, *, slug: str, group_id: int) -> GroupWithPeople:
    """End its work; what it has stays to be read by those who were in it."""
    groups.close_group(viewer, slug=slug, group_id=group_id)
    return _shown(viewer, slug, group_id)


@endpoint(room, "PUT", f"{ONE}/place", may=AllianceRight.READ_INSIDE, answers={200: GroupWithPeople}, refusals=(409,))
def put_alliance_group_place(viewer: Viewer, *, slug: str, group_id: int) -> GroupWithPeople:
    """Work in it: free to everybody who acts for a member."""
    groups.join_group(viewer, slug=slug, group_id=group_id)
    return _shown(viewer_for(viewer.me), slug, group_id)  # who works in it, from now on


@endpoint(room, "DELETE", f"{ONE}/place", may=AllianceRight.ATTEND, answers={204: None}, refusals=(409,))
def delete_alliance_group_place(viewer: Viewer, *, slug: str, group_id: int) -> None:
    """Work in it no more; its only lead names another first."""
    groups.leave_group(viewer, slug=slug, group_id=group_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/<any(people,leads):role>/<handle>",
    may=AllianceRight.GROUP,
    answers={200: GroupWithPeople},
    refusals=(409,),
)
def put_alliance_group_person(viewer: Viewer, *, slug: str, group_id: int, role: str, handle: str) -> GroupWithPeople:
    """Add somebody of a member, or an expert from outside, who sees this group alone; or name another lead."""
    add = groups.name_lead if role == "leads" else groups.add_to_group
    add(viewer, slug=slug, group_id=group_id, handle=handle)
    return _shown(viewer, slug, group_id)


@endpoint(
    room,
    "DELETE",
    f"{ONE}/<any(people,leads):role>/<handle>",
    may=AllianceRight.GROUP,
    answers={204: None},
    refusals=(409,),
)
def delete_alliance_group_person(viewer: Viewer, *, slug: str, group_id: int, role: str, handle: str) -> None:
    """Somebody does not work in it any more, or leads it no more; one lead stays."""
    end = groups.end_lead if role == "leads" else groups.remove_from_group
    end(viewer, slug=slug, group_id=group_id, handle=handle)


def _shown(viewer: Viewer, slug: str, group_id: int) -> GroupWithPeople:
    here = here_at(viewer, slug)
    return GroupWithPeople.of_view(group_view(viewer, here, group_id), here.alliance.url)
