"""Working groups: opened by officers, led by leads, joined freely by the people of members; experts are invited in."""

from sqlalchemy import select

from accounts.models import User
from accounts.queries import person_by_handle
from alliances.actions.steering import member_for
from alliances.events import AllianceChanged, GroupClosed, GroupOpened, PlaceGiven
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import LONGEST_LINE, one_line, said
from alliances.models import ENDED, Alliance, Group, GroupMember, Member, MemberState, Office, Seat, Term
from alliances.policy import AllianceRight
from alliances.seating import reseat
from alliances.terms import begin_term, end_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _


def open_group(viewer: Viewer, *, slug: str, name: str, purpose: str = "", lead: str = "") -> Group:
    """A working group with its lead, who is the one who opens it unless somebody else is named."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.GROUP, (here, None))
    person = _person(lead, field="lead") if clean_line(lead) else session().get_one(User, viewer.me)
    member = _must_act(here.alliance, person, field="lead")
    group = Group(
        alliance_id=here.alliance.id,
        name=one_line(name, field="name", longest=LONGEST_LINE),
        purpose=said(purpose, field="purpose", needed=False),
        created_by_id=viewer.me,
    )
    session().add(group)
    session().flush()
    note(here.alliance, "group-opened", actor=viewer, group=group.name, number=group.id)
    emit(GroupOpened(group.id, viewer.me))
    _make_lead(here.alliance, group, person, member, actor=viewer)
    return group


def edit_group(viewer: Viewer, *, slug: str, group_id: int, name: str, purpose: str) -> Group:
    """Its name and what it is for."""
    here, group = _to_lead(viewer, slug, group_id)
    group.name = one_line(name, field="name", longest=LONGEST_LINE)
    group.purpose = said(purpose, field="purpose", needed=False)
    note(here.alliance, "group-edited", actor=viewer, audience=group.token, group=group.name, number=group.id)
    session().flush()
    emit(AllianceChanged(here.alliance.id))
    return group


def close_group(viewer: Viewer, *, slug: str, group_id: int) -> Group:
    """End its work: what it has stays to be read by those who were in it."""
    here, group = _to_lead(viewer, slug, group_id)
    shut(here.alliance, group, actor=viewer)
    return group


def shut(alliance: Alliance, group: Group, *, actor: Viewer) -> None:
    """Close a group for whoever has decided that; the alliance is held."""
    group.closed_at = now()
    for term in _leads(group):
        end_term(alliance, term, reason="group-closed", actor=actor)
    note(alliance, "group-closed", actor=actor, group=group.name, number=group.id)
    session().flush()
    emit(GroupClosed(group.id, actor.user_id))


def join_group(viewer: Viewer, *, slug: str, group_id: int) -> Group:
    """Work in it: free to everybody who acts for a member."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    group = _group(here, group_id, only_open=True)
    if not here.is_open or not here.members:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    _add(here.alliance, group, viewer.me, member=here.members[0], actor=viewer)
    return group


def leave_group(viewer: Viewer, *, slug: str, group_id: int) -> Group:
    """Work in it no more; its only lead names another first."""
    here = here_at(viewer, slug, hold=True)
    group = _group(here, group_id)
    if here.alliance.state in ENDED:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    _remove(here.alliance, group, viewer.me, actor=viewer)
    return group


def add_to_group(viewer: Viewer, *, slug: str, group_id: int, handle: str) -> GroupMember:
    """Add somebody of a member, or an expert from outside, who sees this group and nothing else of the alliance."""
    here, group = _to_lead(viewer, slug, group_id)
    person = _person(handle)
    seated = _seated(here.alliance, person.id)
    return _add(here.alliance, group, person.id, member=seated, actor=viewer)


def remove_from_group(viewer: Viewer, *, slug: str, group_id: int, handle: str) -> None:
    """Somebody does not work in it any more."""
    here, group = _to_lead(viewer, slug, group_id)
    person = session().scalar(select(User).where(User.handle == clean_line(handle).lower()))
    if person is None:
        raise NotFoundError
    _remove(here.alliance, group, person.id, actor=viewer)


def name_lead(viewer: Viewer, *, slug: str, group_id: int, handle: str) -> Term:
    """Another lead beside those there are; they work in the group with that."""
    here, group = _to_lead(viewer, slug, group_id)
    person = _person(handle)
    member = _must_act(here.alliance, person, field="handle")
    return _make_lead(here.alliance, group, person, member, actor=viewer)


def end_lead(viewer: Viewer, *, slug: str, group_id: int, handle: str) -> None:
    """Somebody leads it no more; nobody ends another lead's office but officers, and one lead stays."""
    here, group = _to_lead(viewer, slug, group_id)
    leads = _leads(group)
    person = session().scalar(select(User).where(User.handle == clean_line(handle).lower()))
    term = next((term for term in leads if person is not None and term.user_id == person.id), None)
    if term is None:
        raise NotFoundError
    if len(leads) == 1:
        raise ConflictError(_("A working group has a lead; name another one first."))
    if term.user_id != viewer.me:
        authorise(viewer, AllianceRight.GROUP, (here, None))
    end_term(here.alliance, term, reason="ended", actor=viewer)


def _to_lead(viewer: Viewer, slug: str, group_id: int) -> tuple[Here, Group]:
    here = here_at(viewer, slug, hold=True)
    group = _group(here, group_id)
    authorise(viewer, AllianceRight.GROUP, (here, group.id))
    if group.closed_at is not None:
        raise ConflictError(_("This working group is closed."))
    return here, group


def _group(here: Here, group_id: int, *, only_open: bool = False) -> Group:
    group = session().get(Group, group_id, populate_existing=True)
    if group is None or group.alliance_id != here.alliance.id or not (here.is_inside or here.holds(group.token)):
        raise NotFoundError
    if only_open and group.closed_at is not None:
        raise ConflictError(_("This working group is closed."))
    return group


def _add(alliance: Alliance, group: Group, user_id: int, *, member: Member | None, actor: Viewer) -> GroupMember:
    place = session().get(GroupMember, (group.id, user_id))
    if place is not None:
        return place
    place = GroupMember(group_id=group.id, user_id=user_id, member_id=member.id if member else None)
    session().add(place)
    session().flush()
    handle = session().scalars(select(User.handle).where(User.id == user_id)).one()
    note(
        alliance,
        "group-joined",
        actor=actor,
        audience=group.token,
        group=group.name,
        person=handle,
        expert=member is None,
    )
    reseat(alliance.id, [user_id])
    emit(PlaceGiven(group.id, user_id, actor.me))
    return place


def _remove(alliance: Alliance, group: Group, user_id: int, *, actor: Viewer) -> None:
    place = session().get(GroupMember, (group.id, user_id))
    if place is None:
        raise NotFoundError
    leads = _leads(group)
    mine = [term for term in leads if term.user_id == user_id]
    if mine and len(leads) == 1 and group.closed_at is None:
        raise ConflictError(_("A working group has a lead; name another one first."))
    for term in mine:
        end_term(alliance, term, reason="left", actor=actor)
    session().delete(place)
    handle = session().scalars(select(User.handle).where(User.id == user_id)).one()
    note(alliance, "group-left", actor=actor, audience=group.token, group=group.name, person=handle)
    reseat(alliance.id, [user_id])


def _must_act(alliance: Alliance, person: User, *, field: str) -> Member:
    """The member for which somebody holds an office."""
    member = member_for(alliance.id, person.id)
    if member is None:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={field: _("Offices are held by people who act for a member that is not an observer.")},
        )
    return member


def _make_lead(alliance: Alliance, group: Group, person: User, member: Member, *, actor: Viewer) -> Term:
    _add(alliance, group, person.id, member=member, actor=actor)
    return begin_term(alliance, Office.LEAD, user_id=person.id, member_id=member.id, group_id=group.id, actor=actor)


def _leads(group: Group) -> list[Term]:
    held = select(Term).where(Term.group_id == group.id, Term.office == Office.LEAD, Term.ended_at.is_(None))
    return list(session().scalars(held.order_by(Term.id)))


def _seated(alliance: Alliance, user_id: int) -> Member | None:
    return session().scalar(
        select(Member)
        .join(Seat, Seat.member_id == Member.id)
        .where(
            Member.alliance_id == alliance.id,
            Member.state == MemberState.ACTIVE,
            Seat.user_id == user_id,
            Seat.until.is_(None),
        )
        .order_by(Member.id)
        .limit(1)
    )


def _person(handle: str, *, field: str = "handle") -> User:
    try:
        person = person_by_handle(clean_line(handle).lstrip("@"))
    except NotFoundError:
        person = None
    if person is None or person.email_confirmed_at is None:
        raise InvalidError(_("Please look at the marked fields."), errors={field: _("Nobody here has this handle.")})
    return person
