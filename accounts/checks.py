"""What is kept of organisations and people twice, and what must hold of seats."""

from collections import defaultdict

from sqlalchemy import delete, or_, select

from accounts.actions.seat_tokens import keep_tokens, tokens_of
from accounts.actions.vouching import assert_by_rule, withdraw_all
from accounts.assertions import CODE, MAIL_DOMAIN, ORCID
from accounts.models import Grant, Organisation, OrganisationSeat, OrganisationSector, SeatState, User, Vouch
from kernel.checks import check
from kernel.db import session


@check
def tokens_of_seats(*, mend: bool) -> list[str]:
    """Whoever holds a seat holds its tokens, and nobody else does."""
    due: dict[tuple[int, int], set[str]] = defaultdict(set)
    held: dict[tuple[int, int], set[str]] = defaultdict(set)
    seats = select(OrganisationSeat.organisation_id, OrganisationSeat.user_id, OrganisationSeat.role)
    for organisation_id, user_id, role in session().execute(seats.where(OrganisationSeat.state == SeatState.ACTIVE)):
        due[organisation_id, user_id] = tokens_of(organisation_id, role)
    grants = select(Grant.user_id, Grant.token).where(Grant.token.startswith("organisation:"))
    for user_id, token in session().execute(grants):
        held[int(token.split(":")[1]), user_id].add(token)
    faults = []
    for organisation_id, user_id in sorted(due.keys() | held.keys()):
        key = (organisation_id, user_id)
        if due[key] != held[key]:
            whose = f"person {user_id} in organisation {organisation_id}"
            faults.append(f"{whose} holds {sorted(held[key])}, and should hold {sorted(due[key])}")
            if mend:
                keep_tokens(user_id=user_id, organisation_id=organisation_id)
    return faults


@check
def sectors_of_organisations(*, mend: bool) -> list[str]:
    """The sectors by which lists are filtered are those that are shown."""
    kept: dict[int, set[str]] = defaultdict(set)
    for number, sector in session().execute(select(OrganisationSector.organisation_id, OrganisationSector.sector)):
        kept[number].add(sector)
    faults = []
    for number, sectors in (
        session().execute(select(Organisation.id, Organisation.sectors).order_by(Organisation.id)).all()
    ):
        if kept[number] != set(sectors):
            faults.append(f"organisation {number} is listed under {sorted(kept[number])} and shows {sorted(sectors)}")
            if mend:
                session().execute(delete(OrganisationSector).where(OrganisationSector.organisation_id == number))
                session().add_all(OrganisationSector(organisation_id=number, sector=sector) for sector in set(sectors))
    return faults


@check
def states_of_seats(*, mend: bool) -> list[str]:  # noqa: ARG001 - how a seat ended, nobody can make up afterwards
    """A seat that is over says how and when; one that is not says neither."""
    is_over = OrganisationSeat.state == SeatState.ENDED
    wrong = or_(
        is_over & or_(OrganisationSeat.ended_at.is_(None), OrganisationSeat.outcome == ""),
        ~is_over & or_(OrganisationSeat.ended_at.is_not(None), OrganisationSeat.outcome != ""),
    )
    rows = session().execute(
        select(OrganisationSeat.id, OrganisationSeat.state).where(wrong).order_by(OrganisationSeat.id)
    )
    return [f"seat {number} is {state}, and its end does not fit" for number, state in rows]


@check
def assertions_by_rule(*, mend: bool) -> list[str]:
    """What is said of a code, a domain or an ORCID iD is said of the one that stands on the page."""
    faults = []
    for kind, column, subject in (
        (CODE, Organisation.code, "organisation_id"),
        (MAIL_DOMAIN, Organisation.mail_domain, "organisation_id"),
        (ORCID, User.orcid, "user_id"),
    ):
        table = column.class_
        standing = select(getattr(Vouch, subject), Vouch.what).where(Vouch.kind == kind, Vouch.withdrawn_at.is_(None))
        shown: dict[int, str] = dict(session().execute(select(table.id, column).where(column.is_not(None))).all())
        said: dict[int, str] = dict(session().execute(standing).all())
        for number in sorted(shown.keys() | said.keys()):
            if shown.get(number) == said.get(number):
                continue
            faults.append(
                f"{kind} of {table.__tablename__} {number} is {shown.get(number)}, and asserted is {said.get(number)}"
            )
            if mend:
                withdraw_all(kind, **{subject: number})
                if shown.get(number) and kind != MAIL_DOMAIN:
                    assert_by_rule(kind, shown[number], **{subject: number})
    return faults
