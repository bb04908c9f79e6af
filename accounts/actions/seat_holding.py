"""What every deed around a seat begins with: the organisation, held; who may; and what was typed, clean."""

from sqlalchemy import select

from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User
from accounts.names import clean_line
from accounts.organisations import organisation_at, reads_mail_at
from accounts.policy import OrganisationRight
from accounts.queries import person_by_handle
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_MESSAGE, LONGEST_TITLE = 500, 80


def held_organisation(viewer: Viewer, slug: str, right: OrganisationRight) -> Organisation:
    """The organisation with its seats as they are now, for whoever may do this there."""
    organisation = organisation_at(viewer, slug, hold=True)
    authorise(viewer, right, organisation)
    if right is OrganisationRight.LEAD:
        must_lead_now(viewer, organisation)
    return organisation


def must_lead_now(viewer: Viewer, organisation: Organisation) -> None:
    """The viewer was made when the request began; another admin may have taken the role since."""
    authorise(viewer, OrganisationRight.LEAD, organisation)
    seat = open_seat(organisation.id, viewer.me)
    if seat is None or seat.state != SeatState.ACTIVE or seat.role != SeatRole.ADMIN:
        raise ForbiddenError(_("Only the admins of this organisation do this."))


def open_seat(organisation_id: int, user_id: int) -> OrganisationSeat | None:
    """The seat that somebody asked for, was offered or holds."""
    query = select(OrganisationSeat).where(
        OrganisationSeat.organisation_id == organisation_id,
        OrganisationSeat.user_id == user_id,
        OrganisationSeat.ended_at.is_(None),
    )
    return session().scalar(query.execution_options(populate_existing=True))


def seat_in(organisation: Organisation, seat_id: int) -> OrganisationSeat:
    """A seat of this organisation that is not over."""
    seat = session().get(OrganisationSeat, seat_id, populate_existing=True)
    if seat is None or seat.organisation_id != organisation.id:
        raise NotFoundError
    if seat.ended_at is not None:
        raise ConflictError(_("Somebody decided on this already."))
    return seat


def last_outcome(organisation_id: int, user_id: int) -> str:
    """How somebody's last seat there ended."""
    query = select(OrganisationSeat.outcome).where(
        OrganisationSeat.organisation_id == organisation_id, OrganisationSeat.user_id == user_id
    )
    ended = query.where(OrganisationSeat.ended_at.is_not(None))
    return session().scalar(ended.order_by(OrganisationSeat.id.desc()).limit(1)) or ""


def walks_in(organisation: Organisation, user: User) -> bool:
    """By the address alone; not whom its admins refused or removed, and who therefore ask."""
    return reads_mail_at(user, organisation.mail_domain) and last_outcome(organisation.id, user.id) not in {
        "refused",
        "removed",
    }


def person_named(handle: str) -> User:
    """Somebody who can hold a seat, by their handle."""
    try:
        person = person_by_handle(clean_line(handle).lstrip("@"))
    except NotFoundError:
        person = None
    if person is None or person.email_confirmed_at is None:
        raise InvalidError(errors={"handle": _("Nobody here has this handle.")})
    return person


def why_not(seat: OrganisationSeat) -> str:
    """Why this person cannot be given another seat."""
    if seat.state == SeatState.ACTIVE:
        return _("This person has a seat already.")
    if seat.state == SeatState.ASKED:
        return _("This person has asked for a seat; decide on that.")
    return _("This person is invited already.")


def known_role(role: str) -> str:
    """The role, if there is such a one."""
    if role not in set(SeatRole):
        raise InvalidError(errors={"role": _("This choice is not known here.")})
    return str(role)


def clean_title(title: str) -> str:
    """A position in one line."""
    title = clean_line(title)
    if len(title) > LONGEST_TITLE:
        raise InvalidError(errors={"title": _("This may have at most %(count)s characters.", count=LONGEST_TITLE)})
    return title


def clean_words(text: str, field: str, *, needed: bool = False) -> str:
    """A message in one line; where it is needed, not an empty one."""
    text = clean_line(text)
    if needed and not text:
        raise InvalidError(errors={field: _("Please say why, in a sentence.")})
    if len(text) > LONGEST_MESSAGE:
        raise InvalidError(errors={field: _("This may have at most %(count)s characters.", count=LONGEST_MESSAGE)})
    return text


def has_admin(organisation_id: int, *, but: int | None = None) -> bool:
    """Whether anybody acts for it who is not shut out."""
    query = (
        select(OrganisationSeat.id)
        .join(User, User.id == OrganisationSeat.user_id)
        .where(
            OrganisationSeat.organisation_id == organisation_id,
            OrganisationSeat.state == SeatState.ACTIVE,
            OrganisationSeat.role == SeatRole.ADMIN,
            User.suspended_at.is_(None),
            User.id != (but or 0),
        )
    )
    return session().scalar(query.limit(1)) is not None
