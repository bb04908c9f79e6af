"""Registrations that come at the same moment are accepted, placed, signed and committed in one transaction.

Whoever comes when nobody leads, leads: it takes all that wait in its process, and those who come meanwhile wait for
the next to lead. So a crowd costs the database one lock, one commit and one signature; a lonely registration waits for
nobody. The order is the one of `sequencing`: nothing leaves before it is committed and noted.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from threading import Condition, Lock

from ip_registry.actions.pending import admit_leaves
from ip_registry.actions.registering import Checked, register_checked
from ip_registry.logs import LogHead
from ip_registry.sequencing import Placed, placed, places_in, sequence
from ip_registry.storage import SqlStorage, address_of
from kernel.db import db
from kernel.viewer import Viewer
from kernel.work import unit_apart


@dataclass(eq=False, slots=True)
class _Guest:
    """A registration that waits to be led."""

    site: Hashable
    viewer: Viewer
    checked: Checked
    was_led: bool = False
    is_done: bool = False
    placed: Placed | None = None


LINGER = 0.02  # seconds

_guests: set[_Guest] = set()
_led: set[Hashable] = set()  # where somebody leads at this moment
_crowds: dict[Hashable, int] = {}  # how many were there last: who was led, and who came meanwhile
_door = Lock()
_came, _done = Condition(_door), Condition(_door)


def register_together(viewer: Viewer, checked: Checked) -> Placed:
    """Register a leaf and wait until it stands in a durable signed checkpoint. Never inside a unit.

    Raises what `register_checked` and `placed` raise. A fault of one registration undoes what it shared with others;
    then each goes on by itself, and finds out in its own words what is wrong, or that nothing is.
    """
    mine = _Guest(address_of(db.engine), viewer, checked)
    if _is_first(mine):
        _lead(mine)
    if mine.placed is not None:
        return mine.placed
    with unit_apart():
        register_checked(viewer, [checked])
    return placed(checked.leaf_hash)


def _is_first(mine: _Guest) -> bool:
    """Wait until somebody led this guest, or nobody leads: then it has to."""
    with _door:
        _guests.add(mine)
        _came.notify_all()
        try:
            _done.wait_for(lambda: mine.is_done or mine.site not in _led)
        except BaseException:
            _guests.discard(mine)
            raise
        if not mine.is_done:
            _led.add(mine.site)
        return not mine.is_done


def _lead(mine: _Guest) -> None:
    site, guests = mine.site, [mine]

    def accept(here: LogHead, storage: SqlStorage) -> None:
        with _door:  # who came while the leader waited for the log's lock is taken along
            guests[:] = _waiting(site)
            for guest in guests:
                guest.was_led = True
        _accept(guests, here, storage)

    places: dict[bytes, Placed] = {}
    try:
        _linger(site)
        if (batch := sequence(accept=accept)) is not None:
            places = places_in(batch)
    except Exception:  # noqa: BLE001, S110 - whose fault it is, each finds out for itself
        pass
    finally:
        with _door:
            for guest in guests:
                guest.placed, guest.is_done = places.get(guest.checked.leaf_hash), True
            _guests.difference_update(guests)
            _crowds[site] = len(guests) + len(_waiting(site))
            _led.discard(site)
            _done.notify_all()


def _linger(site: Hashable) -> None:
    """Wait for the rest of the last crowd: answered at one moment, it is about to send its next."""
    expected = _crowds.get(site, 1)
    with _door:
        _came.wait_for(lambda: len(_waiting(site)) >= expected, LINGER)


def _waiting(site: Hashable) -> list[_Guest]:
    return [one for one in _guests if one.site == site and not one.was_led]


def _accept(guests: list[_Guest], here: LogHead, storage: SqlStorage) -> None:
    by_viewer: dict[Viewer, list[Checked]] = {}
    for guest in guests:
        by_viewer.setdefault(guest.viewer, []).append(guest.checked)
    for viewer, checked in by_viewer.items():
        register_checked(viewer, checked, let_in=partial(admit_leaves, here=here, storage=storage))
