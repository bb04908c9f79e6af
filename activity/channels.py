"""The ways out of the house: each carries somebody's unread notices of one source, a while after the first of them.

A room, or a later part of this one, adds a way by registering what composes:

    @channel("push", wanted=push_wanted, after=timedelta(seconds=10))
    def push(person: Person, group: Group) -> Handover | None: ...

The worker calls it with what the person may see and has not read when the time has come. It composes without any lock
and returns what hands the message over, which is called in the unit of work that also notes the delivery as done: it
writes rows (a mail, a job), and so happens exactly once. None: there is nothing to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement

from activity.gathering import Group
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Person:
    """To whom something is carried: as they stand now."""

    viewer: Viewer
    email: str


Handover = Callable[[], object]
Compose = Callable[[Person, Group], Handover | None]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out: `wanted` says in SQL, over the joins of `activity.wishes`, whether a notice goes this way."""

    name: str
    wanted: Callable[[], ColumnElement[bool]]
    after: timedelta
    compose: Compose


_channels: dict[str, Channel] = {}


def channel(name: str, *, wanted: Callable[[], ColumnElement[bool]], after: timedelta) -> Callable[[Compose], Compose]:
    """Register a way out; only those that are registered are offered in the settings."""

    def register(compose: Compose) -> Compose:
        _channels[name] = Channel(name, wanted, after, compose)
        return compose

    return register


def channels() -> Mapping[str, Channel]:
    """All ways out that there are."""
    return _channels
