"""How the directory of alliances is narrowed, and what a viewer finds then."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from alliances.here import visible_alliances
from alliances.models import ENDED, Admission, Alliance, AllianceSector, State
from kernel.clock import now
from kernel.viewer import Viewer

PROVINCE = 2  # digits of its code; a city has more
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the directory is narrowed. Without a state it shows what has not ended."""

    sector: str = ""
    region: str = ""
    state: str = ""
    template: str = ""
    seats: str = ""
    activity: str = ""

    def without(self, name: str) -> "Wanted":
        """The same with one of them lifted."""
        return replace(self, **{name: ""})

    def asked(self) -> dict[str, str]:
        """Those that are set, for an address."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def is_listed(viewer: Viewer, wanted: Wanted, *, any_state: bool = False) -> ColumnElement[bool]:
    """What this viewer finds with these filters; without a state, what has not ended."""
    where = [visible_alliances(viewer), Alliance.state != State.DRAFT]
    if wanted.state:
        where.append(Alliance.state == wanted.state)
    elif not any_state:
        where.append(Alliance.state.not_in(ENDED))
    if wanted.region:
        is_city = len(wanted.region) > PROVINCE
        where.append(Alliance.region == wanted.region if is_city else Alliance.region.startswith(wanted.region[:2]))
    if wanted.template:
        where.append(Alliance.template == wanted.template)
    if wanted.sector:
        where.append(Alliance.id.in_(select(AllianceSector.alliance_id).where(AllianceSector.sector == wanted.sector)))
    if wanted.seats:
        where.append(takes_members())
    if wanted.activity:
        where.append(Alliance.active_at >= now() - RECENT)
    return and_(*where)


def takes_members() -> ColumnElement[bool]:
    """Whether one may ask to join: `AllianceRow.takes_members`, in SQL."""
    return and_(
        Alliance.state.in_((State.FORMING, State.ACTIVE)),
        Alliance.admission != Admission.INVITE,
        or_(Alliance.open_seats.is_(None), Alliance.open_seats > 0),
    )
