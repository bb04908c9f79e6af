"""Alliances for tests, made directly: organisations with an admin each, seats, offices and a charter in force."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from accounts.actions.grants import grant_by_rule
from accounts.models import Organisation, OrganisationSeat, User
from accounts.viewers import viewer_for
from alliances.here import Here, here_of
from alliances.joining import join
from alliances.models import (
    ENDED,
    Acceptance,
    Alliance,
    AllianceSector,
    CharterState,
    CharterVersion,
    Member,
    Office,
    PartyKind,
    Standing,
    State,
)
from alliances.parties import Party
from alliances.seating import reseat
from alliances.terms import begin_term
from kernel.clock import now
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.people import person

KINDS = ("firm", "institute", "firm", "university", "provider")
_number = count(1)


@dataclass
class MadeAlliance:
    """An alliance, its members in the order of joining, and the people who represent them."""

    alliance: Alliance
    members: list[Member] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)

    def viewer(self, number: int = 0) -> Viewer:
        """The representative of a member, as of now; 0 is the chair, 1 the secretary."""
        return viewer_for(self.people[number].id)

    def here(self, number: int = 0) -> Here:
        """The alliance as that representative stands in it."""
        return here_of(self.viewer(number), self.alliance.id)


def organisation(*, admin: User | None = None, kind: str = "firm", name: str = "", **facts: Any) -> Organisation:
    """An organisation with somebody who acts for it."""
    number = next(_number)
    with unit_of_work() as work:
        made = Organisation(
            slug=f"org-{number}", name=name or f"机构 {number}", name_en=f"Organisation {number}", kind=kind, **facts
        )
        work.add(made)
        work.flush()
        if admin is not None:
            work.add(
                OrganisationSeat(
                    organisation_id=made.id, user_id=admin.id, role="admin", state="active", decided_at=now()
                )
            )
            work.flush()
            for token in (f"organisation:{made.id}", f"organisation:{made.id}:editor", f"organisation:{made.id}:admin"):
                grant_by_rule(user_id=admin.id, token=token)
    return made


def alliance(
    *, state: State | str = State.ACTIVE, members: int = 3, standing: Standing = Standing.FULL, **facts: Any
) -> MadeAlliance:
    """An alliance of `members` organisations; the first one's representative is chair, the second one's secretary.

    As a draft it has only its founder. `facts` go into the columns.
    """
    state = State(state)
    number = next(_number)
    founder = person(handle=f"founder-{number}")
    with unit_of_work() as work:
        row = Alliance(
            slug=facts.pop("slug", f"alliance-{number}"),
            template="innovation",
            name=facts.pop("name", f"联盟 {number}"),
            name_en=facts.pop("name_en", f"Alliance {number}"),
            summary=facts.pop("summary", "共同攻关。"),
            sectors=facts.pop("sectors", ["materials"]),
            region=facts.pop("region", "33"),
            state=State.FORMING.value,
            founder_id=founder.id,
            charter_number=1,
            forming_until=now() + timedelta(days=60),
            opened_at=now(),
            **facts,
        )
        work.add(row)
        work.flush()
        row.audience = row.everybody if state is State.DRAFT else "public"
        work.add_all(AllianceSector(alliance_id=row.id, sector=sector) for sector in row.sectors)
        charter = CharterVersion(
            alliance_id=row.id,
            number=1,
            state=CharterState.IN_FORCE.value,
            sections={"mission": {"zh": "共同攻关。", "en": "To solve problems together."}},
            hash="0" * 64,
            written_by_id=founder.id,
            in_force_at=now(),
        )
        work.add(charter)
        work.flush()
    made = MadeAlliance(row)
    for place in range(1 if state is State.DRAFT else members):
        add_member(made, admin=founder if place == 0 else None, standing=standing if place else Standing.FULL)
    with unit_of_work() as work:
        for office, who in ((Office.CHAIR, 0), (Office.SECRETARY, 1)):
            if who < len(made.members):
                begin_term(
                    row,
                    office,
                    user_id=made.people[who].id,
                    member_id=made.members[who].id,
                    actor=None,
                )
        row.state = state.value
        if state is State.DRAFT:
            charter.state, charter.in_force_at, row.opened_at, row.forming_until = (
                CharterState.DRAFT.value,
                None,
                None,
                None,
            )
        elif state in (State.FORMING, State.LAPSED):
            charter.state, charter.in_force_at = CharterState.SIGNING.value, None
        else:
            row.activated_at = now()
        if state in ENDED:
            row.ended_at = now()
        work.flush()
    return made


def add_member(
    made: MadeAlliance, *, kind: str = "", admin: User | None = None, standing: Standing = Standing.FULL
) -> Member:
    """Another organisation joins, with a representative of its own."""
    place = len(made.members)
    who = admin or person()
    house = organisation(admin=who, kind=kind or KINDS[place % len(KINDS)])
    with unit_of_work() as work:
        member = join(
            made.alliance,
            Party(PartyKind.ORGANISATION, house.id),
            standing=standing,
            representative_id=who.id,
            is_founder=True,
            actor=None,
        )
        charter_id = work.scalars(
            select(CharterVersion.id).where(
                CharterVersion.alliance_id == made.alliance.id, CharterVersion.number == made.alliance.charter_number
            )
        ).one()
        work.add(Acceptance(charter_id=charter_id, member_id=member.id, user_id=who.id, hash="0" * 64))
        reseat(made.alliance.id, [who.id])
    made.members.append(member)
    made.people.append(who)
    made.organisations.append(house)
    return member
