"""What is kept of members twice: their number, and what each person sees."""

from collections import defaultdict

from sqlalchemy import func, select

from accounts.models import Grant
from alliances.counters import count_members
from alliances.models import LIVING, Alliance, Group, GroupMember, Member, MemberState, Seat, Term
from alliances.powers import IN_COUNCIL, LEAST_HOLDERS, STEERING
from alliances.seating import OURS, reseat
from kernel.checks import check
from kernel.db import session


@check
def numbers_of_members(*, mend: bool) -> list[str]:
    """The number on the page is the number of active members."""
    active = select(func.count()).where(Member.alliance_id == Alliance.id, Member.state == MemberState.ACTIVE)
    counted = active.correlate(Alliance).scalar_subquery()
    faults = []
    for alliance, count in session().execute(select(Alliance, counted).where(Alliance.member_count != counted)).all():
        faults.append(f"alliance {alliance.slug} shows {alliance.member_count} members and has {count}")
        if mend:
            count_members(alliance)
    return faults


@check
def tokens_of_alliances(*, mend: bool) -> list[str]:
    """People hold exactly the tokens that their seats, offices and groups give them."""
    grants = select(Grant.user_id, Grant.token).where(Grant.token.startswith("alliance:"))
    held = {(row.user_id, row.token) for row in session().execute(grants) if OURS.fullmatch(row.token)}
    should = _should_be_held()
    wrong: dict[int, set[int]] = defaultdict(set)
    faults = []
    for user_id, token in sorted(held ^ should):
        verb = "holds" if (user_id, token) in held else "lacks"
        faults.append(f"person {user_id} {verb} {token}, against seats, offices and groups")
        wrong[int(token.split(":")[1])].add(user_id)
    if mend:
        for alliance_id, people in wrong.items():
            reseat(alliance_id, people)
    return faults


@check
def steering_of_alliances(*, mend: bool) -> list[str]:  # noqa: ARG001 - who should hold an office, people decide
    """No living alliance is without people who can give offices."""
    steering = select(func.count(Term.user_id.distinct())).where(
        Term.alliance_id == Alliance.id, Term.ended_at.is_(None), Term.office.in_(STEERING)
    )
    count = steering.correlate(Alliance).scalar_subquery()
    living = select(Alliance.slug, Alliance.member_count, count.label("count")).where(
        Alliance.state.in_(LIVING), count < LEAST_HOLDERS
    )
    return [
        f"alliance {row.slug} has {row.count} people who can give offices, and needs {LEAST_HOLDERS}"
        for row in session().execute(living.order_by(Alliance.id))
        if row.count < row.member_count
    ]


def _should_be_held() -> set[tuple[int, str]]:
    """The rule of `seating.tokens_by_person` for everybody at once: three queries, however many alliances there are."""
    seats = (
        select(Member.alliance_id, Seat.user_id)
        .join(Seat, Seat.member_id == Member.id)
        .where(Member.state == MemberState.ACTIVE, Seat.until.is_(None))
    )
    inside = {(row.alliance_id, row.user_id) for row in session().execute(seats)}
    terms = select(Term.alliance_id, Term.user_id).where(Term.ended_at.is_(None), Term.office.in_(IN_COUNCIL))
    council = {(row.alliance_id, row.user_id) for row in session().execute(terms)} & inside
    places = select(Group.alliance_id, Group.id, GroupMember.user_id).join(Group, Group.id == GroupMember.group_id)
    return {
        *((user_id, f"alliance:{alliance_id}") for alliance_id, user_id in inside),
        *((user_id, f"alliance:{alliance_id}:council") for alliance_id, user_id in council),
        *((row.user_id, f"alliance:{row.alliance_id}:group{row.id}") for row in session().execute(places)),
    }
