"""Registrations that come at the same moment are accepted, placed, signed and committed in one transaction.

Whoever comes when nobody leads, leads: it takes all that wait in its process, and those who come meanwhile wait for
the next to lead. So a crowd costs the database one lock, one commit and one signature; a lonely registration waits for
nobody. The order is the one of `sequencing`: nothing leaves before it is committed and noted.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock

from ip_registry.actions.pending import admit_leaves
from ip_registry.actions.registering import Checked, register_checked
from ip_registry.logs import LogHead
from ip_registry.sequencing import Placed, placed, places_in, sequence
from ip_registry.storage import SqlStorage, address_of
from kernel.db import db
from kernel.viewer import Viewer
from kernel.work import unit_apart


def _closed() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Guest:
    """A registration that waits to be led, or to lead; then its lock opens, and wakes nobody else."""

    viewer: Viewer
    checked: Checked
    called: Lock = field(default_factory=_closed)
    has_to_lead: bool = False
    placed: Placed | None = None


@dataclass(eq=False, slots=True)
class _Hall:
    """Where the registrations of one site meet in this process. As long as somebody waits in it, somebody leads."""

    door: Lock = field(default_factory=Lock)
    is_led: bool = False
    waiting: list[_Guest] = field(default_factory=list)
    expected: int = 1  # how many were there last: who was led, and who came meanwhile
    is_complete: Event = field(default_factory=Event)


LINGER = 0.02  # seconds

_halls: dict[Hashable, _Hall] = {}


def register_together(viewer: Viewer, checked: Checked) -> Placed:
    """Register a leaf and wait until it stands in a durable signed checkpoint. Never inside a unit.

    Raises what `register_checked` and `placed` raise. A fault of one registration undoes what it shared with others;
    then each goes on by itself, and finds out in its own words what is wrong, or that nothing is.
    """
    hall = _halls.setdefault(address_of(db.engine), _Hall())
    mine = _Guest(viewer, checked)
    if _has_to_lead(hall, mine):
        _lead(hall, mine)
    if mine.placed is not None:
        return mine.placed
    with unit_apart():
        register_checked(viewer, [checked])
    return placed(checked.leaf_hash)


def _has_to_lead(hall: _Hall, mine: _Guest) -> bool:
    """Wait until somebody led this guest, or nobody else leads."""
    with hall.door:
        hall.waiting.append(mine)
        if not hall.is_led:
            hall.is_led = True
            return True
        if len(hall.waiting) >= hall.expected:
            hall.is_complete.set()
    try:
        mine.called.acquire()
    except BaseException:
        with hall.door:
            if mine in hall.waiting:
                hall.waiting.remove(mine)
            if mine.has_to_lead:
                _next_one(hall)
        raise
    return mine.has_to_lead


def _lead(hall: _Hall, mine: _Guest) -> None:
    guests = [mine]

    def accept(here: LogHead, storage: SqlStorage) -> None:
        with hall.door:  # who came while the leader waited for the log's lock is taken along
            guests[:], hall.waiting = hall.waiting, []
        _accept(guests, here, storage)

    places: dict[bytes, Placed] = {}
    try:
        _linger(hall)
        if (batch := sequence(accept=accept)) is not None:
            places = places_in(batch)
    except Exception:  # noqa: BLE001, S110 - whose fault it is, each finds out for itself
        pass
    finally:
        for guest in guests:
            guest.placed = places.get(guest.checked.leaf_hash)
        with hall.door:
            if mine in hall.waiting:
                hall.waiting.remove(mine)
            hall.expected = len(guests) + len(hall.waiting)
            _next_one(hall)
        for guest in guests:
            guest.called.release()


def _next_one(hall: _Hall) -> None:
    """Call whoever has waited longest to lead, or leave the hall to whoever comes."""
    hall.is_led = bool(hall.waiting)
    if hall.waiting:
        hall.waiting[0].has_to_lead = True
        hall.waiting[0].called.release()


def _linger(hall: _Hall) -> None:
    """Wait for the rest of the last crowd: answered at one moment, it is about to send its next."""
    with hall.door:
        if len(hall.waiting) >= hall.expected:
            return
        hall.is_complete.clear()
    hall.is_complete.wait(LINGER)


def _accept(guests: list[_Guest], here: LogHead, storage: SqlStorage) -> None:
    by_viewer: dict[Viewer, list[Checked]] = {}
    for guest in guests:
        by_viewer.setdefault(guest.viewer, []).append(guest.checked)
    for viewer, checked in by_viewer.items():
        register_checked(viewer, checked, let_in=partial(admit_leaves, here=here, storage=storage))
