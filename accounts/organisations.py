"""Reads of organisations and of who belongs to them; the viewer first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select

from accounts.assertions import Assertion, asserted_of_people
from accounts.kinds.organisations import led_by
from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User
from accounts.organisation_rows import OrganisationRow, row_of
from accounts.policy import visible_organisations
from accounts.queries import PersonFacts, persons
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

PAGE, HISTORY = 40, 30


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Somebody's seat, with what was checked of them."""

    id: int
    person: PersonFacts
    role: str
    state: str
    title: str
    message: str
    since: datetime
    checked: list[Assertion]


@dataclass(frozen=True, slots=True)
class PastSeat:
    """How somebody's seat, or their request for one, ended; `by` ended it."""

    person: PersonFacts
    outcome: str
    message: str
    answer: str
    by: PersonFacts | None
    asked_at: datetime
    ended_at: datetime


def organisation_at(viewer: Viewer, slug: str, *, hold: bool = False) -> Organisation:
    """The one of this address; with `hold`, as it is now, and it and its seats stay so until the transaction ends."""
    found = select(Organisation).where(Organisation.slug == slug, visible_organisations(viewer))
    if hold:
        found = found.with_for_update(of=Organisation).execution_options(populate_existing=True)
    organisation = session().scalar(found)
    if organisation is None:
        raise NotFoundError
    return organisation


def organisations_of(viewer: Viewer) -> list[Organisation]:
    """Where the viewer has a seat, by name."""
    return _by_tokens({token.split(":")[1] for token in viewer.audience if token.startswith("organisation:")})


def organisations_led_by(viewer: Viewer) -> list[Organisation]:
    """Those the viewer acts for, by name."""
    return _by_tokens({str(number) for number in led_by(viewer)})


def _by_tokens(numbers: set[str]) -> list[Organisation]:
    if not numbers:
        return []
    query = select(Organisation).where(Organisation.id.in_([int(n) for n in numbers]), Organisation.closed_at.is_(None))
    return list(session().scalars(query.order_by(Organisation.name, Organisation.id)))


def my_seat(viewer: Viewer, organisation_id: int) -> OrganisationSeat | None:
    """The viewer's own latest seat, which may be over; whoever has an open one has it as the latest."""
    if not viewer.signed_in:
        return None
    mine = select(OrganisationSeat).where(
        OrganisationSeat.organisation_id == organisation_id, OrganisationSeat.user_id == viewer.me
    )
    return session().scalar(mine.order_by(OrganisationSeat.id.desc()).limit(1))


def people_of(
    viewer: Viewer,
    organisation_id: int,
    *,
    states: Iterable[SeatState] = (SeatState.ACTIVE,),
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[SeatRow]:
    """Who belongs to it, admins first, then those of longest standing. Who asked or is invited, its admins see."""
    wanted = set(states)
    if organisation_id not in led_by(viewer):
        wanted &= {SeatState.ACTIVE}
    place = case((OrganisationSeat.role == SeatRole.ADMIN, 0), (OrganisationSeat.role == SeatRole.EDITOR, 1), else_=2)
    query = (
        select(OrganisationSeat)
        .add_columns(User)
        .join(User, User.id == OrganisationSeat.user_id)
        .join(Organisation, Organisation.id == OrganisationSeat.organisation_id)
        .where(
            OrganisationSeat.organisation_id == organisation_id,
            OrganisationSeat.state.in_(wanted),
            User.suspended_at.is_(None),
            visible_organisations(viewer),
        )
    )
    page = keyset_page(query, keys=[place, OrganisationSeat.id], limit=limit, cursor=cursor, descending=False)
    checked, people = asserted_of_people([row.User for row in page.items]), persons({row.User.id for row in page.items})
    return page.map(
        lambda row: SeatRow(
            id=row.OrganisationSeat.id,
            person=people[row.User.id],
            role=row.OrganisationSeat.role,
            state=row.OrganisationSeat.state,
            title=row.OrganisationSeat.title,
            message=row.OrganisationSeat.message,
            since=row.OrganisationSeat.decided_at or row.OrganisationSeat.created_at,
            checked=checked[row.User.id],
        )
    )


def people_with_role(organisation_id: int, role: SeatRole = SeatRole.ADMIN) -> list[User]:
    """Who holds a seat of this role now, and is not shut out."""
    query = (
        select(User)
        .join(OrganisationSeat, OrganisationSeat.user_id == User.id)
        .where(
            OrganisationSeat.organisation_id == organisation_id,
            OrganisationSeat.state == SeatState.ACTIVE,
            OrganisationSeat.role == role,
            User.suspended_at.is_(None),
        )
    )
    return list(session().scalars(query.order_by(OrganisationSeat.id)))


def seat_history(viewer: Viewer, organisation_id: int, *, limit: int = HISTORY) -> list[PastSeat]:
    """The seats and requests that ended, the latest first: for those who decide on them."""
    if organisation_id not in led_by(viewer):
        return []
    query = select(OrganisationSeat).where(
        OrganisationSeat.organisation_id == organisation_id, OrganisationSeat.state == SeatState.ENDED
    )
    seats = session().scalars(query.order_by(OrganisationSeat.id.desc()).limit(limit)).all()
    people = persons({number for seat in seats for number in (seat.user_id, seat.decided_by_id) if number})
    return [
        PastSeat(
            person=people[seat.user_id],
            outcome=seat.outcome,
            message=seat.message,
            answer=seat.answer,
            by=people.get(seat.decided_by_id or 0),
            asked_at=seat.created_at,
            ended_at=seat.ended_at or seat.created_at,
        )
        for seat in seats
    ]


def reads_mail_at(user: User, domain: str | None) -> bool:
    """Whether somebody's confirmed address is at that domain."""
    return bool(domain) and user.email_confirmed_at is not None and user.email.rpartition("@")[2] == domain


def workplaces(viewer: Viewer, user_ids: Iterable[int]) -> dict[int, list[tuple[OrganisationRow, OrganisationSeat]]]:
    """Where each of these people has a seat; one query."""
    rows = (
        session()
        .execute(
            select(OrganisationSeat, Organisation)
            .join(Organisation, Organisation.id == OrganisationSeat.organisation_id)
            .where(
                OrganisationSeat.user_id.in_(set(user_ids)),
                OrganisationSeat.state == SeatState.ACTIVE,
                Organisation.closed_at.is_(None),
            )
            .order_by(OrganisationSeat.id)
        )
        .all()
    )
    found: dict[int, list[tuple[OrganisationRow, OrganisationSeat]]] = {}
    for row in rows:
        seat = row.OrganisationSeat
        found.setdefault(seat.user_id, []).append((row_of(row.Organisation, viewer.locale), seat))
    return found
