"""An alliance as this viewer stands in it: loaded through what they may see, so that the invisible is Not Found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, or_, select

from alliances.models import (
    ENDED,
    LIVING,
    Alliance,
    Member,
    MemberState,
    Office,
    Role,
    Seat,
    Standing,
    State,
    Term,
)
from alliances.powers import POWERS, Power
from kernel.db import session
from kernel.errors import ForbiddenError, NotFoundError
from kernel.viewer import Viewer
from kernel.words import gettext as _

OF_ALLIANCE = re.compile(r"alliance:(\d+)(?::|$)")
VOICES = (Role.REPRESENTATIVE, Role.ALTERNATE)


def visible_alliances(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: the alliance's audience is among the viewer's tokens, or they work in it.

    An expert who works in a group, and in nothing else of it, still comes through its page when it is out of sight.
    """
    return seen_by(viewer, Alliance)


def seen_by(viewer: Viewer, alliance: type[Alliance]) -> ColumnElement[bool]:
    """The same for an alias, where a statement knows alliances already."""
    seen: ColumnElement[bool] = alliance.audience.in_(sorted(viewer.audience))
    return or_(seen, alliance.id.in_(mine)) if (mine := working_in(viewer)) else seen


def working_in(viewer: Viewer) -> list[int]:
    """The alliances of which the viewer holds any token: a seat, or a place in a working group."""
    return sorted({int(found[1]) for token in viewer.audience if (found := OF_ALLIANCE.match(token))})


@dataclass(frozen=True, slots=True)
class Acting:
    """For which member the viewer acts here, and how."""

    member: Member
    role: str


@dataclass(frozen=True, slots=True)
class Here:
    """An alliance, and all that decides what this viewer may do in it."""

    alliance: Alliance
    viewer: Viewer
    acting: tuple[Acting, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def is_inside(self) -> bool:
        """Whether the viewer sees what is for the members."""
        return self.alliance.everybody in self.viewer.audience

    @property
    def is_in_council(self) -> bool:
        """Whether the viewer sees what is for the council."""
        return self.alliance.council in self.viewer.audience

    @property
    def is_alive(self) -> bool:
        """Whether it decides, meets and writes."""
        return self.alliance.state in LIVING

    @property
    def is_open(self) -> bool:
        """Whether anything may change in it at all: not when it is frozen or has ended."""
        return self.alliance.state not in ENDED and self.alliance.state != State.FROZEN

    @property
    def offices(self) -> frozenset[str]:
        """What the viewer is, working groups aside."""
        return frozenset(term.office for term in self.terms if term.group_id is None)

    @property
    def members(self) -> tuple[Member, ...]:
        """For whom the viewer acts."""
        return tuple(acting.member for acting in self.acting)

    @property
    def voices(self) -> tuple[Member, ...]:
        """For which full members the viewer votes and proposes: as their representative or alternate."""
        return tuple(
            acting.member for acting in self.acting if acting.role in VOICES and acting.member.standing == Standing.FULL
        )

    def has(self, power: Power, *, group_id: int | None = None) -> bool:
        """Whether an office gives the viewer this power: in the whole alliance, or in this group as its lead."""
        if any(power in POWERS[Office(office)] for office in self.offices):
            return True
        return group_id is not None and self.leads(group_id) and power in POWERS[Office.LEAD]

    def leads(self, group_id: int) -> bool:
        """Whether the viewer leads this working group."""
        return any(term.group_id == group_id and term.office == Office.LEAD for term in self.terms)

    def holds(self, token: str) -> bool:
        """Whether the viewer sees what bears this token."""
        return token in self.viewer.audience


def hold_alliance(alliance_id: int) -> None:
    """Let nobody else change this alliance until the transaction ends. Whoever locks more locks this first."""
    session().execute(select(Alliance.id).where(Alliance.id == alliance_id).with_for_update())


def here_at(viewer: Viewer, slug: str, *, hold: bool = False) -> Here:
    """The alliance of this address; with `hold`, as it is now, and it stays so until the transaction ends."""
    return _here(viewer, Alliance.slug == slug, hold=hold)


def here_of(viewer: Viewer, alliance_id: int, *, hold: bool = False) -> Here:
    """The same by its number."""
    return _here(viewer, Alliance.id == alliance_id, hold=hold)


def again(here: Here, viewer: Viewer) -> Here:
    """The same alliance after seats or offices of the viewer changed."""
    return replace(
        here, viewer=viewer, acting=_acting(viewer, here.alliance.id), terms=_terms(viewer, here.alliance.id)
    )


def _here(viewer: Viewer, which: ColumnElement[bool], *, hold: bool) -> Here:
    if not hold:
        return _glance(viewer, which)
    query = select(Alliance).where(which, visible_alliances(viewer))
    alliance = session().scalar(query.with_for_update().execution_options(populate_existing=True))
    if alliance is None:
        raise NotFoundError
    if not viewer.signed_in or alliance.everybody not in viewer.audience:
        return Here(alliance, viewer)
    # asked after the lock was got: what the one before changed is seen
    return Here(alliance, viewer, _acting(viewer, alliance.id), _terms(viewer, alliance.id))


def _glance(viewer: Viewer, which: ColumnElement[bool]) -> Here:
    """The same for reading, in one query: every page of an alliance begins with it."""
    if not viewer.signed_in:
        alliance = session().scalar(select(Alliance).where(which, visible_alliances(viewer)))
        if alliance is None:
            raise NotFoundError
        return Here(alliance, viewer)
    mine = (Seat.user_id == viewer.me) & Seat.until.is_(None)
    rows = (
        session()
        .execute(
            select(Alliance, Member, Seat.role, Term)
            .select_from(Alliance)
            .outerjoin(
                Member,
                (Member.alliance_id == Alliance.id)
                & (Member.state == MemberState.ACTIVE)
                & Member.id.in_(select(Seat.member_id).where(mine)),
            )
            .outerjoin(Seat, (Seat.member_id == Member.id) & mine)
            .outerjoin(Term, (Term.alliance_id == Alliance.id) & (Term.user_id == viewer.me) & Term.ended_at.is_(None))
            .where(which, visible_alliances(viewer))
            .order_by(Member.id, Term.id)
        )
        .all()
    )
    if not rows:
        raise NotFoundError
    alliance = rows[0].Alliance
    if alliance.everybody not in viewer.audience:
        return Here(alliance, viewer)
    acting = {row.Member.id: Acting(row.Member, row.role) for row in rows if row.Member is not None}
    terms = {row.Term.id: row.Term for row in rows if row.Term is not None}
    return Here(alliance, viewer, tuple(acting.values()), tuple(terms.values()))


def _acting(viewer: Viewer, alliance_id: int) -> tuple[Acting, ...]:
    rows = session().execute(
        select(Member, Seat.role)
        .join(Seat, Seat.member_id == Member.id)
        .where(
            Member.alliance_id == alliance_id,
            Member.state == MemberState.ACTIVE,
            Seat.user_id == viewer.me,
            Seat.until.is_(None),
        )
        .order_by(Member.id)
    )
    return tuple(Acting(row.Member, row.role) for row in rows)


def _terms(viewer: Viewer, alliance_id: int) -> tuple[Term, ...]:
    held = select(Term).where(Term.alliance_id == alliance_id, Term.user_id == viewer.me, Term.ended_at.is_(None))
    return tuple(session().scalars(held.order_by(Term.id)))


def must_be_inside(here: Here) -> Here:
    """For members, and for experts in a working group, who see what is the group's; else `ForbiddenError`."""
    everybody = here.alliance.everybody
    if not any(token == everybody or token.startswith(f"{everybody}:") for token in here.viewer.audience):
        raise ForbiddenError(_("This is for the members of the alliance."))
    return here


def tokens_of(alliance_id: int, groups: Iterable[int] = ()) -> list[str]:
    """Every token that this alliance has."""
    return [
        f"alliance:{alliance_id}",
        f"alliance:{alliance_id}:council",
        *(f"alliance:{alliance_id}:group{g}" for g in groups),
    ]
