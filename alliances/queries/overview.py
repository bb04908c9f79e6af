"""An alliance in one glance, in few queries however large it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from accounts.models import Organisation, User
from activity.models import Follow, Level
from alliances.here import Here, visible_alliances
from alliances.kinds.alliances import ALLIANCE
from alliances.models import (
    Acceptance,
    Alliance,
    AskState,
    CharterVersion,
    Invitation,
    Member,
    MemberState,
    Office,
    PartyKind,
    State,
    Term,
)
from alliances.parties import CLASSES, PartyFacts
from alliances.powers import IN_COUNCIL
from alliances.queries.parties import party_of, with_party
from alliances.quorum import Progress, progress_of
from alliances.rules import number_for
from kernel.clock import now
from kernel.db import session

FIRST = 12
MOST_SIGNERS = 200
MOST_OFFICERS = 60
MONTHS = 24
SMALL_COUNCIL = 3  # below this many, a share says nothing

Signer = aliased(User)


@dataclass(frozen=True, slots=True)
class MemberFace:
    """A member as the overview names it."""

    party: PartyFacts
    standing: str
    is_founder: bool
    signed_at: datetime | None = None
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class OfficerFace:
    """Somebody who holds an office of the whole alliance."""

    office: str
    name: str
    url: str
    is_interim: bool
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Capture:
    """One kind of member, or one member, holds more of the council than the charter allows."""

    what: str  # "kind" or "member"
    kind: str
    held: int
    council: int
    cap: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Members by sort, and how many there were at the end of each month."""

    sorts: Mapping[str, int]
    history: Sequence[tuple[str, int]]
    capture: Sequence[Capture]
    level: str


@dataclass(frozen=True, slots=True)
class Forming:
    """The signatures so far."""

    progress: Progress
    days_left: int
    signed: list[MemberFace]
    asked: list[PartyFacts]


@dataclass(frozen=True, slots=True)
class Faces:
    """The members that have belonged to it longest, and who holds which office, in the order of the offices."""

    members: list[MemberFace]
    officers: list[OfficerFace]


def faces(alliance: Alliance, *, with_members: bool = True) -> Faces:
    """Both in one query."""
    parts = [_some_officers(alliance), *([_some_members(alliance)] if with_members else [])]
    both = union_all(*parts).subquery()
    query = select(both.c.what, both.c.number, both.c.code, both.c.is_so, both.c.ends_at).order_by(both.c.number)
    members, officers = [], []
    for row in session().execute(with_party(query, both.c.party_kind, both.c.party_id)):
        party = party_of(row)
        if row.what == "member":
            members.append(MemberFace(party, row.code, row.is_so))
        else:
            officers.append(OfficerFace(row.code, party.name, party.url, row.is_so, row.ends_at))
    order = {office: place for place, office in enumerate(Office)}
    return Faces(members, sorted(officers, key=lambda face: order[Office(face.office)]))


def _some_members(alliance: Alliance) -> Select[*tuple[Any, ...]]:
    some = (
        select(
            literal("member", String).label("what"),
            Member.id.label("number"),
            Member.standing.label("code"),
            Member.is_founder.label("is_so"),
            cast(null(), Term.ends_at.type).label("ends_at"),
            Member.party_kind.label("party_kind"),
            Member.party_id.label("party_id"),
        )
        .where(Member.alliance_id == alliance.id, Member.state == MemberState.ACTIVE)
        .order_by(Member.id)
        .limit(FIRST)
        .subquery()
    )
    return select(some)


def _some_officers(alliance: Alliance) -> Select[*tuple[Any, ...]]:
    some = (
        select(
            literal("officer", String).label("what"),
            Term.id.label("number"),
            Term.office.label("code"),
            Term.is_interim.label("is_so"),
            Term.ends_at.label("ends_at"),
            literal(PartyKind.PERSON.value, String).label("party_kind"),
            Term.user_id.label("party_id"),
        )
        .where(
            Term.alliance_id == alliance.id,
            Term.ended_at.is_(None),
            Term.group_id.is_(None),
            Term.office.in_(IN_COUNCIL),
        )
        .order_by(Term.id)
        .limit(MOST_OFFICERS)
        .subquery()
    )
    return select(some)


def figures(here: Here) -> Figures:
    """Everything that is counted of its members, and how closely the viewer follows it: one statement."""
    alliance = here.alliance
    of_it = Member.alliance_id == alliance.id
    active = Member.state == MemberState.ACTIVE
    kind = func.coalesce(Organisation.kind, Member.party_kind)
    parts: list[Select[*tuple[Any, ...]]] = [
        _count("kind", kind, Member).where(of_it, active),
        _count("joined", _month(Member.joined_at), Member).where(of_it),
        _count("ended", _month(Member.ended_at), Member).where(of_it, Member.ended_at.is_not(None)),
        _council("council", kind, alliance),
        _council("seat", cast(Member.id, String), alliance),
    ]
    if here.viewer.user_id is not None:
        parts.append(
            select(literal("level", String), Follow.level, literal(1)).where(
                Follow.user_id == here.viewer.user_id, Follow.kind == ALLIANCE, Follow.ref_id == alliance.id
            )
        )
    found: dict[str, dict[str, int]] = {}
    level = Level.NORMAL.value
    for what, value, number in session().execute(union_all(*parts)):
        if what == "level":
            level = value
        else:
            found.setdefault(what, {})[value] = int(number)
    return Figures(
        sorts=_by_sort(found.get("kind", {})),
        history=_history(found.get("joined", {}), found.get("ended", {})),
        capture=_capture(alliance, _by_sort(found.get("council", {})), found.get("seat", {})),
        level=level,
    )


def forming(alliance: Alliance) -> Forming | None:
    """Who signed, who was asked, and what is missing; None unless it gathers signatures."""
    if alliance.state != State.FORMING or alliance.forming_until is None:
        return None
    query = (
        select(Member.standing, Member.is_founder, Acceptance.at, Signer.display_name.label("signer"))
        .join(Acceptance, Acceptance.member_id == Member.id)
        .join(CharterVersion, (CharterVersion.id == Acceptance.charter_id) & (CharterVersion.number == 1))
        .join(Signer, Signer.id == Acceptance.user_id)
        .where(Member.alliance_id == alliance.id, Member.state == MemberState.ACTIVE)
        .order_by(Acceptance.at, Member.id)
        .limit(MOST_SIGNERS)
    )
    signed = session().execute(with_party(query, Member.party_kind, Member.party_id))
    invited = (
        select(Invitation.id)
        .where(Invitation.alliance_id == alliance.id, Invitation.state == AskState.OPEN)
        .order_by(Invitation.id)
        .limit(MOST_SIGNERS)
    )
    asked = session().execute(with_party(invited, Invitation.party_kind, Invitation.party_id))
    return Forming(
        progress=progress_of([alliance])[alliance.id],
        days_left=max(ceil((alliance.forming_until - now()) / timedelta(days=1)), 0),
        signed=[MemberFace(party_of(row), row.standing, row.is_founder, row.at, row.signer) for row in signed],
        asked=[party_of(row) for row in asked],
    )


def _count(name: str, value: ColumnElement[Any], model: type[Member]) -> Select[Any]:
    query = select(literal(name, String).label("what"), value.label("value"), func.count().label("number"))
    query = query.select_from(model)
    if name == "kind":
        query = query.outerjoin(Organisation, _is_party())
    return query.group_by(value)


def _council(name: str, value: ColumnElement[Any], alliance: Alliance) -> Select[Any]:
    """People of the council, each once, by what the member is for which they hold it."""
    people = func.count(Term.user_id.distinct()).label("number")
    return (
        select(literal(name, String), value, people)
        .select_from(Term)
        .join(Member, Member.id == Term.member_id)
        .outerjoin(Organisation, _is_party())
        .where(Term.alliance_id == alliance.id, Term.ended_at.is_(None), Term.office.in_(IN_COUNCIL))
        .group_by(value)
    )


def _is_party() -> ColumnElement[bool]:
    return (Member.party_kind == PartyKind.ORGANISATION) & (Organisation.id == Member.party_id)


def _month(moment: Any) -> ColumnElement[str]:
    """`2026-11`: both databases write an instant with its year and month first."""
    return func.substr(cast(moment, String), 1, 7)


def _by_sort(kinds: Mapping[str, int]) -> dict[str, int]:
    sorts: dict[str, int] = {}
    for kind, number in sorted(kinds.items(), key=lambda pair: -pair[1]):
        sort = CLASSES.get(kind, kind)
        sorts[sort] = sorts.get(sort, 0) + number
    return sorts


def _history(joined: Mapping[str, int], ended: Mapping[str, int]) -> list[tuple[str, int]]:
    """How many members there were at the end of each month, from the first that joined until now."""
    if not joined:
        return []
    month, last = min(joined), f"{now():%Y-%m}"
    count, found = 0, []
    while month <= last:
        count += joined.get(month, 0) - ended.get(month, 0)
        found.append((month, count))
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + number // 12:04}-{number % 12 + 1:02}"
    return found[-MONTHS:]


def _capture(alliance: Alliance, sorts: Mapping[str, int], seats: Mapping[str, int]) -> list[Capture]:
    council, cap = sum(sorts.values()), number_for(alliance, "council_cap")
    if council < SMALL_COUNCIL:
        return []
    found = [Capture("kind", sort, held, council, cap) for sort, held in sorts.items() if held * 100 > council * cap]
    if len(sorts) == 1 and len(seats) > 1 and alliance.founding_kinds == 1:
        found = []  # an alliance of one kind cannot be balanced between kinds
    largest = max(seats.values(), default=0)
    if largest > 1 and largest * 100 > council * cap:
        found.append(Capture("member", "", largest, council, cap))
    return found


def successor(here: Here) -> Alliance | None:
    """Which alliance replaces it, or was asked to; no query where none does."""
    number = here.alliance.replaced_by_id
    if number is None or not (here.is_inside or here.alliance.state == State.REPLACED):
        return None
    return session().scalar(select(Alliance).where(Alliance.id == number, visible_alliances(here.viewer)))


def predecessors(here: Here) -> list[Alliance]:
    """Alliances that have ended and wait for this one to take their place."""
    query = select(Alliance).where(
        Alliance.replaced_by_id == here.alliance.id,
        Alliance.state != State.REPLACED,
        visible_alliances(here.viewer),
    )
    return list(session().scalars(query.order_by(Alliance.id).limit(FIRST)))
