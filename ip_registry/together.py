"""Registrations that come at the same moment are accepted, placed, signed and committed in one transaction.

Whoever comes first leads: it takes all that wait in its process, and those who come meanwhile wait for the next to
lead. So a crowd costs the database one lock, one commit and one signature; a lonely registration waits for nobody. The
order is the one of `sequencing`: nothing leaves before it is committed and noted.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from ip_registry.actions.registering import Checked, register_checked
from ip_registry.sequencing import Placed, placed, places_in, sequence
from ip_registry.storage import address_of
from kernel.db import db, session
from kernel.viewer import Viewer
from kernel.work import unit_apart


@dataclass(eq=False, slots=True)
class _Guest:
    """A registration that waits to be led."""

    site: Hashable
    viewer: Viewer
    checked: Checked
    was_led: bool = False
    placed: Placed | None = None


LINGER = 0.002  # seconds

_leading = Lock()
_guests: set[_Guest] = set()
_crowds: dict[Hashable, int] = {}  # how many were led together last


def register_together(viewer: Viewer, checked: Checked) -> Placed:
    """Register a leaf and wait until it stands in a durable signed checkpoint. Never inside a unit.

    Raises what `register_checked` and `placed` raise. A fault of one registration undoes what it shared with others;
    then each goes on by itself, and finds out in its own words what is wrong, or that nothing is.
    """
    mine = _Guest(address_of(db.engine), viewer, checked)
    _guests.add(mine)
    try:
        with _leading:
            if not mine.was_led:
                _lead(mine.site)
    finally:
        _guests.discard(mine)
    if mine.placed is not None:
        return mine.placed
    with unit_apart():
        register_checked(viewer, [checked])
    return placed(checked.leaf_hash)


def _lead(site: Hashable) -> None:
    guests: list[_Guest] = []
    if _crowds.get(site, 1) > 1:
        time.sleep(LINGER)  # the rest of the last crowd, answered at one moment, is about to send its next

    def accept() -> None:
        session().connection()  # on SQLite this waits for the lock; who comes meanwhile is taken along
        guests.extend(one for one in tuple(_guests) if one.site == site and not one.was_led)
        for guest in guests:
            guest.was_led = True
        _crowds[site] = len(guests)
        _accept(guests)

    try:
        batch = sequence(accept=accept)
    except Exception:  # noqa: BLE001 - whose fault it is, each finds out for itself
        return
    places = places_in(batch) if batch is not None else {}
    for guest in guests:
        guest.placed = places.get(guest.checked.leaf_hash)


def _accept(guests: list[_Guest]) -> None:
    by_viewer: dict[Viewer, list[Checked]] = {}
    for guest in guests:
        by_viewer.setdefault(guest.viewer, []).append(guest.checked)
    for viewer, checked in by_viewer.items():
        register_checked(viewer, checked)
