"""Who acts for a member: its representative, an alternate, delegates. The member says so, never the alliance.

An admin of the organisation (or whoever speaks for the party) may always name people, so that no member is orphaned;
the representative in office may, too. Two who name different people at once do so one after the other: the later holds.
"""

from collections.abc import Collection

from sqlalchemy import select

from accounts.models import User
from accounts.queries import person_by_handle
from alliances.actions.steering import keep_steered
from alliances.events import SeatEnded, SeatGiven
from alliances.here import Here, here_at
from alliances.joining import change_standing, name_of_party
from alliances.log import note
from alliances.messages import said
from alliances.models import Alliance, GroupMember, Member, MemberState, PartyKind, Role, Seat, Standing, Term
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.seating import reseat
from alliances.speakers import can_work_for, speaks_for
from alliances.terms import end_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _


def name_seat(viewer: Viewer, *, slug: str, member_id: int, role: str, handle: str) -> Seat:
    """Let somebody of the member act for it in this role. They are told, and need not accept.

    Whoever is replaced and holds an office stays as a delegate until that is handed over; others lose their seat.
    """
    here, member = _ours(viewer, slug, member_id)
    party = Party(member.party_kind, member.party_id)
    if member.party_kind == PartyKind.PERSON:
        raise ConflictError(_("A person represents themselves; give somebody a proxy instead."))
    if role not in set(Role):
        raise InvalidError(_("Please look at the marked fields."), errors={"role": _("This choice is not known here.")})
    person = _colleague(party, handle)
    seats = _seats(member.id)
    held = next((seat for seat in seats if seat.user_id == person.id), None)
    if held is not None and held.role == role:
        return held
    if held is not None and held.role == Role.REPRESENTATIVE:
        raise ConflictError(_("Name another representative first; a member always has one."))
    touched = [person.id]
    for seat in seats:
        if seat is held or (seat.role == role and role != Role.DELEGATE):
            seat.until = now()
            touched.append(seat.user_id)
    session().flush()
    for seat in seats:
        if seat is not held and seat.until is not None and _holds_office(here.alliance, seat.user_id):
            session().add(_seat(member, seat.user_id, Role.DELEGATE, viewer))
    named = _seat(member, person.id, Role(role), viewer)
    session().add(named)
    session().flush()
    note(
        here.alliance,
        "seat-given",
        actor=viewer,
        member=name_of_party(party),
        holder=person.handle,
        role=Role(role).value,
    )
    reseat(here.alliance.id, touched)
    emit(SeatGiven(member.id, person.id, Role(role).value, viewer.me))
    return named


def end_seat(viewer: Viewer, *, slug: str, member_id: int, handle: str) -> None:
    """An alternate or a delegate acts for the member no more; a delegate may end their own seat."""
    here = here_at(viewer, slug, hold=True)
    person = session().scalar(select(User).where(User.handle == clean_line(handle).lower()))
    member = _member(here, member_id)
    if person is None or person.id != viewer.me:
        here, member = _ours(viewer, slug, member_id)
    authorise(viewer, AllianceRight.SEAT, here)
    seat = next((one for one in _seats(member.id) if person is not None and one.user_id == person.id), None)
    if person is None or seat is None:
        raise NotFoundError
    if seat.role == Role.REPRESENTATIVE:
        raise ConflictError(_("Name another representative first; a member always has one."))
    if _holds_office(here.alliance, person.id):
        raise ConflictError(_("This person holds an office of the alliance, which has to be handed over first."))
    close_seats(here.alliance, [member.id], person.id, actor=viewer)


def set_standing(viewer: Viewer, *, slug: str, member_id: int, standing: str, message: str) -> Member:
    """Let a member vote or not; the message stands in the log, where every member reads it."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.ADMIT, here)
    member = _member(here, member_id)
    if member in here.members:
        raise ForbiddenError(_("Nobody changes the standing of the member for which they act."))
    if standing not in set(Standing):
        raise InvalidError(
            _("Please look at the marked fields."), errors={"standing": _("This choice is not known here.")}
        )
    message = said(message, longest=1000)
    if member.standing != standing:
        name = name_of_party(Party(member.party_kind, member.party_id))
        note(here.alliance, "standing-explained", actor=viewer, member=name, message=message)
        member.was_full = False
        change_standing(here.alliance, member, Standing(standing), actor=viewer)
    return member


def close_seats(alliance: Alliance, member_ids: Collection[int], user_id: int, *, actor: Viewer | None) -> None:
    """End somebody's seats for these members, with the offices and places in groups that they hold for them.

    For those who have left the organisation, this cannot wait for a successor: `keep_steered` looks after the rest.
    """
    at = now()
    ours = Seat.member_id.in_(member_ids)
    for seat in session().scalars(select(Seat).where(ours, Seat.user_id == user_id, Seat.until.is_(None))).all():
        seat.until = at
        member = session().get_one(Member, seat.member_id)
        name = name_of_party(Party(member.party_kind, member.party_id))
        note(alliance, "seat-ended", actor=actor, member=name, holder=_handle(user_id), role=seat.role)
        session().flush()
        emit(SeatEnded(member.id, user_id, seat.role, actor.user_id if actor else None))
    held = select(Term).where(Term.member_id.in_(member_ids), Term.user_id == user_id, Term.ended_at.is_(None))
    for term in session().scalars(held).all():
        end_term(alliance, term, reason="seat-ended", actor=actor)
    places = select(GroupMember).where(GroupMember.member_id.in_(member_ids), GroupMember.user_id == user_id)
    for place in session().scalars(places).all():
        session().delete(place)
    reseat(alliance.id, [user_id])
    keep_steered(alliance)


def _ours(viewer: Viewer, slug: str, member_id: int) -> tuple[Here, Member]:
    """A member for which the viewer may name people, with its alliance held."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.SEAT, here)
    member = _member(here, member_id)
    represents = any(one.member.id == member.id and one.role == Role.REPRESENTATIVE for one in here.acting)
    if not represents and not speaks_for(viewer, Party(member.party_kind, member.party_id)):
        raise ForbiddenError(_("This is for the member's representative and the admins of the organisation."))
    return here, member


def _member(here: Here, member_id: int) -> Member:
    member = session().get(Member, member_id, populate_existing=True)
    if member is None or member.alliance_id != here.alliance.id or member.state != MemberState.ACTIVE:
        raise NotFoundError
    return member


def _colleague(party: Party, handle: str) -> User:
    try:
        person = person_by_handle(clean_line(handle).lstrip("@"))
    except NotFoundError:
        person = None
    if person is None or not can_work_for(party, person.id):
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"handle": _("Only people of the organisation, or officers of the allied alliance, act for it.")},
        )
    return person


def _seats(member_id: int) -> list[Seat]:
    held = select(Seat).where(Seat.member_id == member_id, Seat.until.is_(None)).order_by(Seat.id)
    return list(session().scalars(held.execution_options(populate_existing=True)))


def _seat(member: Member, user_id: int, role: Role, viewer: Viewer) -> Seat:
    return Seat(member_id=member.id, user_id=user_id, role=role.value, given_by_id=viewer.me)


def _holds_office(alliance: Alliance, user_id: int) -> bool:
    held = select(Term.id).where(Term.alliance_id == alliance.id, Term.user_id == user_id, Term.ended_at.is_(None))
    return session().scalar(held.limit(1)) is not None


def _handle(user_id: int) -> str:
    return session().scalars(select(User.handle).where(User.id == user_id)).one()
