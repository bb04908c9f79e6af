"""Whether enough have signed to found an alliance, and what is still missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select

from accounts.models import Organisation
from alliances.models import Acceptance, Alliance, CharterVersion, Member, MemberState, PartyKind
from alliances.parties import CLASSES
from kernel.db import session

SIGNERS = 2  # an alliance that lives has two people who may give offices


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the signatures are: `missing` are kinds of members that must be among them and are not yet."""

    signed: int
    members: int
    kinds: int
    kinds_needed: int
    missing: tuple[str, ...]
    people: int

    @property
    def is_enough(self) -> bool:
        """Whether it may live."""
        return (
            self.signed >= self.members
            and self.kinds >= self.kinds_needed
            and not self.missing
            and self.people >= SIGNERS
        )

    @property
    def kinds_short(self) -> int:
        """How many more kinds are needed beside those that are named."""
        return max(self.kinds_needed - self.kinds - len(self.missing), 0)


def progress_of(alliances: Sequence[Alliance]) -> dict[int, Progress]:
    """For each alliance that gathers signatures; one query for all."""
    kind = case((Member.party_kind == PartyKind.ORGANISATION, Organisation.kind), else_=Member.party_kind)
    rows = session().execute(
        select(
            Member.alliance_id,
            kind.label("kind"),
            func.count(Member.id.distinct()).label("members"),
            func.min(Acceptance.user_id).label("least"),
            func.max(Acceptance.user_id).label("most"),
        )
        .join(CharterVersion, CharterVersion.alliance_id == Member.alliance_id)
        .join(Acceptance, (Acceptance.member_id == Member.id) & (Acceptance.charter_id == CharterVersion.id))
        .outerjoin(Organisation, (Member.party_kind == PartyKind.ORGANISATION) & (Organisation.id == Member.party_id))
        .where(
            Member.alliance_id.in_([alliance.id for alliance in alliances]),
            Member.state == MemberState.ACTIVE,
            CharterVersion.number == 1,
        )
        .group_by(Member.alliance_id, kind)
    )
    signed: dict[int, dict[str, int]] = {}
    people: dict[int, set[int]] = {}
    for row in rows:
        sort = CLASSES.get(row.kind, row.kind)
        of_alliance = signed.setdefault(row.alliance_id, {})
        of_alliance[sort] = of_alliance.get(sort, 0) + row.members
        people.setdefault(row.alliance_id, set()).update((row.least, row.most))
    return {
        alliance.id: _progress(alliance, signed.get(alliance.id, {}), people.get(alliance.id, ()))
        for alliance in alliances
    }


def _progress(alliance: Alliance, sorts: dict[str, int], people: Iterable[int]) -> Progress:
    return Progress(
        signed=sum(sorts.values()),
        members=alliance.founding_members,
        kinds=len(sorts),
        kinds_needed=alliance.founding_kinds,
        missing=tuple(need for need in alliance.founding_needs if need not in sorts),
        people=len(set(people)),
    )
