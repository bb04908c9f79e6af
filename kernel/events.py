"""Rooms on one floor never meet; they ring bells. Subscribers run in order, inside the transaction of the deed."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Subscriber = Callable[[Any], None]

_subscribers: dict[type, list[Subscriber]] = defaultdict(list)


def subscribe(*events: type) -> Callable[[Subscriber], Subscriber]:
    """Call the function whenever one of these events is emitted; an exception undoes the whole deed."""

    def register(function: Subscriber) -> Subscriber:
        for event in events:
            _subscribers[event].append(function)
        return function

    return register


def emit(event: object) -> None:
    """Tell everyone who subscribed to the type of `event`, in the order they subscribed."""
    for subscriber in _subscribers[type(event)]:
        subscriber(event)
