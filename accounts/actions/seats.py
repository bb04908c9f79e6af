"""Who belongs to an organisation: asking, inviting, joining, leaving. Every decision stays, with its words.

Whoever changes a seat holds the organisation first, and looks at the seats as they are then: two admins who leave, or
take each other's role, do so one after the other.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.actions.seat_holding import (
    clean_title,
    clean_words,
    has_admin,
    held_organisation,
    known_role,
    last_outcome,
    must_lead_now,
    open_seat,
    person_named,
    seat_in,
    walks_in,
    why_not,
)
from accounts.actions.seat_tokens import keep_tokens
from accounts.actions.vouching import withdraw_all
from accounts.assertions import VOUCH
from accounts.events import ProfileChanged, SeatMoved
from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User
from accounts.organisations import reads_mail_at
from accounts.policy import OrganisationRight
from accounts.queries import my_account
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.words import gettext as _


def ask_for_seat(viewer: Viewer, *, slug: str, message: str = "", title: str = "") -> OrganisationSeat:
    """Ask to belong to it; whoever reads mail at its proven domain is in at once."""
    organisation = held_organisation(viewer, slug, OrganisationRight.JOIN)
    user = my_account(viewer)
    if walks_in(organisation, user):
        return _join(viewer, organisation, user, title=title)
    if open_seat(organisation.id, user.id) is not None:
        raise ConflictError(_("You have a seat there, or one is waiting for you."))
    seat = _add(
        organisation, user, state=SeatState.ASKED, message=clean_words(message, "message"), title=clean_title(title)
    )
    return _moved(viewer, seat, "asked")


def decide_seat(
    viewer: Viewer, *, slug: str, seat_id: int, accept: bool, role: str = SeatRole.MEMBER, message: str = ""
) -> OrganisationSeat:
    """Accept whoever asked, in a role, or refuse with words."""
    organisation = held_organisation(viewer, slug, OrganisationRight.LEAD)
    seat = seat_in(organisation, seat_id)
    if seat.state != SeatState.ASKED:
        raise ConflictError(_("Somebody decided on this already."))
    answer = clean_words(message, "message", needed=not accept)
    if not accept:
        return _end(viewer, seat, "refused", answer=answer)
    seat.role, seat.answer = known_role(role), answer
    return _activate(viewer, seat, "accepted")


def invite(
    viewer: Viewer, *, slug: str, handle: str, role: str = SeatRole.MEMBER, title: str = "", message: str = ""
) -> OrganisationSeat:
    """Offer somebody a seat; it is theirs once they accept."""
    organisation = held_organisation(viewer, slug, OrganisationRight.LEAD)
    person = person_named(handle)
    if (there := open_seat(organisation.id, person.id)) is not None:
        raise InvalidError(errors={"handle": why_not(there)})
    seat = _add(
        organisation,
        person,
        state=SeatState.INVITED,
        role=known_role(role),
        title=clean_title(title),
        message=clean_words(message, "message"),
        decided_by_id=viewer.me,
    )
    return _moved(viewer, seat, "invited")


def answer_invitation(viewer: Viewer, *, slug: str, accept: bool, message: str = "") -> OrganisationSeat:
    """Take the seat that was offered, or decline it."""
    organisation = held_organisation(viewer, slug, OrganisationRight.JOIN)
    seat = open_seat(organisation.id, viewer.me)
    if seat is None or seat.state != SeatState.INVITED:
        raise NotFoundError
    seat.answer = clean_words(message, "message")
    return _activate(viewer, seat, "accepted") if accept else _end(viewer, seat, "declined", answer=seat.answer)


def withdraw_seat(viewer: Viewer, *, slug: str, seat_id: int) -> OrganisationSeat:
    """Take back one's own question; or, as an admin, an invitation."""
    organisation = held_organisation(viewer, slug, OrganisationRight.JOIN)
    seat = seat_in(organisation, seat_id)
    if seat.state == SeatState.ASKED and seat.user_id == viewer.me:
        return _end(viewer, seat, "withdrawn")
    must_lead_now(viewer, organisation)
    if seat.state != SeatState.INVITED:
        raise ConflictError(_("Somebody decided on this already."))
    return _end(viewer, seat, "withdrawn")


def add_colleague(viewer: Viewer, *, slug: str, handle: str, title: str = "") -> OrganisationSeat:
    """Give a seat to somebody whose confirmed address proves that they belong here; they are told.

    Whoever left or declined before is asked, and not added.
    """
    organisation = held_organisation(viewer, slug, OrganisationRight.ADD)
    person = person_named(handle)
    if not reads_mail_at(person, organisation.mail_domain):
        raise InvalidError(
            errors={"handle": _("Their address is not at the proven domain of the organisation. Invite them instead.")}
        )
    there = open_seat(organisation.id, person.id)
    if there is not None and there.state == SeatState.ACTIVE:
        raise InvalidError(errors={"handle": why_not(there)})
    if last_outcome(organisation.id, person.id) in {"left", "declined", "removed"}:
        raise InvalidError(errors={"handle": _("This person was here before. Invite them, so that they can decide.")})
    seat = there or _add(organisation, person, state=SeatState.INVITED)
    seat.title, seat.decided_by_id = clean_title(title) or seat.title, viewer.me
    if there is None or there.state == SeatState.ASKED:
        seat.role = SeatRole.MEMBER.value
    return _activate(viewer, seat, "added")


def change_seat(
    viewer: Viewer, *, slug: str, seat_id: int, role: str | None = None, title: str | None = None
) -> OrganisationSeat:
    """Another role, given by an admin to somebody else; another title, also one's own."""
    organisation = held_organisation(viewer, slug, OrganisationRight.JOIN)
    seat = seat_in(organisation, seat_id)
    is_mine = seat.user_id == viewer.me
    if not is_mine or role is not None:
        must_lead_now(viewer, organisation)
    if seat.state != SeatState.ACTIVE:
        raise ConflictError(_("This seat is not held by anybody now."))
    if title is not None:
        seat.title = clean_title(title)
    if role is None or role == seat.role:
        return seat
    if is_mine:
        raise ForbiddenError(_("Nobody changes their own role; another admin does."))
    seat.role, seat.decided_by_id = known_role(role), viewer.me
    keep_tokens(user_id=seat.user_id, organisation_id=organisation.id)
    return _moved(viewer, seat, "role")


def leave(viewer: Viewer, *, slug: str) -> OrganisationSeat:
    """Give one's own seat up; the last admin names another first."""
    organisation = held_organisation(viewer, slug, OrganisationRight.JOIN)
    seat = open_seat(organisation.id, viewer.me)
    if seat is None or seat.state != SeatState.ACTIVE:
        raise NotFoundError
    if seat.role == SeatRole.ADMIN and not has_admin(organisation.id, but=viewer.me):
        raise ConflictError(
            _("You are its last admin. Make somebody else an admin first, or ask the staff to close the page.")
        )
    return _end(viewer, seat, "left")


def remove(viewer: Viewer, *, slug: str, seat_id: int, message: str) -> OrganisationSeat:
    """End somebody else's seat, with words."""
    organisation = held_organisation(viewer, slug, OrganisationRight.LEAD)
    seat = seat_in(organisation, seat_id)
    if seat.user_id == viewer.me:
        raise ForbiddenError(_("You leave by yourself; nobody removes themselves."))
    if seat.state != SeatState.ACTIVE:
        raise ConflictError(_("This seat is not held by anybody now."))
    return _end(viewer, seat, "removed", answer=clean_words(message, "message", needed=True))


def seat_admin(viewer: Viewer, organisation: Organisation, person: User) -> OrganisationSeat:
    """Make somebody an admin, whatever their seat was: for the staff, where none is left."""
    seat = open_seat(organisation.id, person.id) or _add(organisation, person, state=SeatState.INVITED)
    seat.role = SeatRole.ADMIN.value
    return _activate(viewer, seat, "appointed")


def end_all(viewer: Viewer, organisation: Organisation, *, outcome: str, answer: str) -> None:
    """Nobody belongs to it any more."""
    open_seats = select(OrganisationSeat).where(
        OrganisationSeat.organisation_id == organisation.id, OrganisationSeat.ended_at.is_(None)
    )
    for seat in session().scalars(open_seats).all():
        _end(viewer, seat, outcome, answer=answer)


def end_seats_of(viewer: Viewer) -> None:
    """Somebody goes for good, and belongs nowhere any more."""
    open_seats = select(OrganisationSeat).where(
        OrganisationSeat.user_id == viewer.me, OrganisationSeat.ended_at.is_(None)
    )
    for seat in session().scalars(open_seats.order_by(OrganisationSeat.organisation_id)).all():
        _end(viewer, seat, "left")


def _join(viewer: Viewer, organisation: Organisation, user: User, *, title: str) -> OrganisationSeat:
    seat = open_seat(organisation.id, user.id)
    if seat is not None and seat.state == SeatState.ACTIVE:
        raise ConflictError(_("You have a seat there, or one is waiting for you."))
    seat = seat or _add(organisation, user, state=SeatState.INVITED)
    seat.title = clean_title(title) or seat.title
    return _activate(viewer, seat, "joined")


def _add(organisation: Organisation, person: User, *, state: SeatState, **facts: object) -> OrganisationSeat:
    seat = OrganisationSeat(organisation_id=organisation.id, user_id=person.id, state=state.value, **facts)
    try:
        with session().begin_nested():
            session().add(seat)
    except IntegrityError:
        raise ConflictError(_("You have a seat there, or one is waiting for you.")) from None
    return seat


def _activate(viewer: Viewer, seat: OrganisationSeat, deed: str) -> OrganisationSeat:
    seat.state, seat.decided_at, seat.decided_by_id = SeatState.ACTIVE.value, now(), viewer.me
    keep_tokens(user_id=seat.user_id, organisation_id=seat.organisation_id)
    return _moved(viewer, seat, deed)


def _end(viewer: Viewer, seat: OrganisationSeat, outcome: str, *, answer: str = "") -> OrganisationSeat:
    seat.state, seat.outcome, seat.answer = SeatState.ENDED.value, outcome, answer
    seat.ended_at, seat.decided_by_id = now(), viewer.me
    withdraw_all(VOUCH, user_id=seat.user_id, by_organisation_id=seat.organisation_id)
    keep_tokens(user_id=seat.user_id, organisation_id=seat.organisation_id)
    return _moved(viewer, seat, outcome)


def _moved(viewer: Viewer, seat: OrganisationSeat, deed: str) -> OrganisationSeat:
    session().flush()
    emit(SeatMoved(viewer.me, seat.id, seat.organisation_id, seat.user_id, deed))
    emit(ProfileChanged(seat.user_id))
    return seat
