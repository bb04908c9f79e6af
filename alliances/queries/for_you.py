"""What of all alliances concerns this viewer: those they act in, with what waits for them, and those that may suit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, String, func, literal, or_, select, union_all

from accounts.models import Organisation, User
from accounts.places import place_name
from accounts.sectors import sector_name
from activity.models import Follow, Level
from alliances.here import VOICES, visible_alliances
from alliances.models import (
    Alliance,
    AllianceSector,
    Application,
    AskState,
    Member,
    MemberState,
    Proposal,
    ProposalState,
    Seat,
    Standing,
    State,
    Term,
)
from alliances.parties import CLASSES, organisations_led
from alliances.powers import POWERS, Power
from alliances.queries.directory import AllianceRow, rows_of
from alliances.queries.proposals import is_wanted
from alliances.sight import inside
from alliances.words import name_of
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST_MINE, MOST_LOOKED_AT, SOME = 50, 60, 4
WEIGHTS = {"seat": 3, "sector": 3, "person": 2, "region": 1}
ADMITTING = tuple(office for office, powers in POWERS.items() if Power.ADMIT in powers)


@dataclass(frozen=True, slots=True)
class Mine:
    """An alliance in which the viewer acts, with what waits for them: votes, a charter, applications."""

    row: AllianceRow
    votes: int = 0
    charters: int = 0
    applications: int = 0

    @property
    def waiting(self) -> int:
        """Everything together."""
        return self.votes + self.charters + self.applications


@dataclass(frozen=True, slots=True)
class _Interests:
    sectors: frozenset[str]
    regions: frozenset[str]
    sorts: dict[str, str]  # what counts as a kind, and the organisation that is of it
    people: dict[int, str]  # alliances in which somebody acts whom the viewer follows


def my_alliances(viewer: Viewer) -> list[Mine]:
    """Those that live or are being founded, where something waits first: three queries."""
    ids = inside(viewer)
    if not ids:
        return []
    states = (State.DRAFT, State.FORMING, State.ACTIVE, State.FROZEN, State.DISSOLVING)
    query = select(Alliance).where(Alliance.id.in_(ids), Alliance.state.in_(states))
    found = session().scalars(query.order_by(Alliance.active_at.desc(), Alliance.id.desc()).limit(MOST_MINE)).all()
    waits = _waiting(viewer, [alliance.id for alliance in found])
    mine = [Mine(row, **waits.get(row.id, {})) for row in rows_of(viewer, found)]
    return sorted(mine, key=lambda one: -one.waiting)


def alliances_for(viewer: Viewer) -> list[AllianceRow]:
    """Some that may suit the viewer or an organisation of theirs, each with the reasons."""
    if not viewer.signed_in:
        return []
    wishes = _interests(viewer)
    near = [Alliance.region.startswith(region) for region in sorted(wishes.regions)]
    shared = select(AllianceSector.alliance_id).where(AllianceSector.sector.in_(sorted(wishes.sectors)))
    query = (
        select(Alliance)
        .where(
            visible_alliances(viewer),
            Alliance.state.in_((State.FORMING, State.ACTIVE)),
            Alliance.id.not_in(inside(viewer)),
            or_(Alliance.id.in_(shared), Alliance.id.in_(sorted(wishes.people)), *near),
        )
        .order_by(Alliance.active_at.desc(), Alliance.id.desc())
        .limit(MOST_LOOKED_AT)
    )
    scored = []
    for row in rows_of(viewer, session().scalars(query).all()):
        reasons = _reasons(row, wishes, viewer.locale)
        if reasons and (row.takes_members or row.id in wishes.people):
            weight = sum(WEIGHTS[name] for name in reasons)
            scored.append((weight, replace(row, reasons=tuple(reasons.values()))))
    return [row for _weight, row in sorted(scored, key=lambda pair: -pair[0])[:SOME]]


def _waiting(viewer: Viewer, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Of each alliance, how much of what waits for the viewer; one statement."""
    if not ids:
        return {}
    mine = (
        select(Member.id)
        .join(Seat, Seat.member_id == Member.id)
        .where(
            Member.alliance_id.in_(ids),
            Member.state == MemberState.ACTIVE,
            Seat.user_id == viewer.me,
            Seat.until.is_(None),
            Seat.role.in_(VOICES),
        )
    )
    votes = _count("votes", Proposal.alliance_id).where(
        Proposal.alliance_id.in_(ids),
        Proposal.state == ProposalState.OPEN,
        Proposal.closes_at > now(),
        is_wanted(viewer),
    )
    charters = _count("charters", Member.alliance_id).where(
        Member.id.in_(mine),
        Member.asked_until.is_not(None),
        or_(Member.standing == Standing.FULL, Member.was_full.is_(True), Member.standing == Standing.ASSOCIATE),
    )
    admits = select(Term.alliance_id).where(
        Term.user_id == viewer.me, Term.ended_at.is_(None), Term.office.in_(ADMITTING), Term.group_id.is_(None)
    )
    applications = _count("applications", Application.alliance_id).where(
        Application.alliance_id.in_(ids), Application.state == AskState.OPEN, Application.alliance_id.in_(admits)
    )
    found: dict[int, dict[str, int]] = {}
    for what, alliance_id, number in session().execute(union_all(votes, charters, applications)):
        found.setdefault(alliance_id, {})[what] = int(number)
    return found


def _count(what: str, column: Any) -> Select[str, int, int]:
    return select(literal(what, String).label("what"), column.label("of"), func.count().label("number")).group_by(
        column
    )


def _interests(viewer: Viewer) -> _Interests:
    """The viewer's profile, the organisations that they administer, and whom they follow: three queries."""
    person = session().execute(select(User.sectors, User.region).where(User.id == viewer.me)).one()
    led = organisations_led(viewer)
    houses = session().scalars(select(Organisation).where(Organisation.id.in_(led))).all() if led else []
    acting = session().execute(
        select(Member.alliance_id, User.display_name)
        .join(Seat, Seat.member_id == Member.id)
        .join(User, User.id == Seat.user_id)
        .join(Follow, (Follow.kind == "accounts.user") & (Follow.ref_id == Seat.user_id))
        .join(Alliance, Alliance.id == Member.alliance_id)
        .where(
            Follow.user_id == viewer.me,
            Follow.level.in_((Level.TRACKING, Level.WATCHING)),
            Member.state == MemberState.ACTIVE,
            Seat.until.is_(None),
            visible_alliances(viewer),
        )
        .limit(200)
    )
    regions = {region[:2] for region in (person.region, *(house.region for house in houses)) if region}
    return _Interests(
        sectors=frozenset(person.sectors).union(*(house.sectors for house in houses)),
        regions=frozenset(regions),
        sorts={CLASSES.get(house.kind, house.kind): house.name for house in houses},
        people={row.alliance_id: row.display_name for row in acting},
    )


def _reasons(row: AllianceRow, wishes: _Interests, locale: str) -> dict[str, str]:
    reasons: dict[str, str] = {}
    wanted = [sort for sort in row.progress.missing if sort in wishes.sorts] if row.progress else []
    if wanted:
        what = name_of("class", wanted[0], locale)
        reasons["seat"] = _("It still needs one %(what)s, such as %(name)s", what=what, name=wishes.sorts[wanted[0]])
    shared = [sector_name(slug, locale) for slug, _name in row.sectors if slug in wishes.sectors]
    if shared:
        reasons["sector"] = _("Your field: %(sectors)s", sectors=_(", ").join(shared))
    if row.id in wishes.people:
        reasons["person"] = _("%(name)s, whom you follow, takes part", name=wishes.people[row.id])
    if row.region and row.region[:2] in wishes.regions:
        reasons["region"] = _("In your region: %(place)s", place=place_name(row.region[:2], locale))
    return reasons
