"""What the worker does for the life of alliances: formings lapse, late members become observers, many are told."""

from datetime import timedelta

from alliances.actions.charters import observe_overdue, overdue_alliances
from alliances.actions.states import lapse_overdue, overdue_formings
from alliances.notices.life import tell_everybody
from kernel.jobs import enqueue, job


@job("alliances.lapse_formings", every=timedelta(minutes=10))
def lapse_formings() -> None:
    """Each in a transaction of its own, so that one alliance never keeps another waiting."""
    for alliance_id in overdue_formings():
        enqueue("alliances.lapse_forming", alliance_id=alliance_id)


@job("alliances.lapse_forming")
def lapse_forming(alliance_id: int) -> None:
    """One whose time for signatures is over."""
    lapse_overdue(alliance_id)


@job("alliances.observe_late", every=timedelta(minutes=30))
def observe_late() -> None:
    """Where members did not accept the charter in time."""
    for alliance_id in overdue_alliances():
        enqueue("alliances.observe_late_in", alliance_id=alliance_id)


@job("alliances.observe_late_in")
def observe_late_in(alliance_id: int) -> None:
    """The late members of one alliance."""
    observe_overdue(alliance_id)


@job("alliances.tell_everybody")
def tell(event: str, alliance_id: int, charter_id: int | None = None, actor_id: int | None = None) -> None:
    """Everybody who acts for a member."""
    tell_everybody(event, alliance_id=alliance_id, charter_id=charter_id, actor_id=actor_id)
