"""Slots: places in a page of one room that a room above fills, without the lower one knowing it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from kernel.viewer import Viewer
from kernel.web import current_viewer

Fill = Callable[[Viewer, Any], Markup | None]

_fills: dict[str, list[Fill]] = defaultdict(list)


def fill(name: str) -> Callable[[Fill], Fill]:
    """Put what the function says into the slot of that name; None leaves it empty."""

    def register(function: Fill) -> Fill:
        _fills[name].append(function)
        return function

    return register


def slot(name: str, subject: Any) -> Markup:
    """For templates: what was put into this place of the page of `subject`, which the viewer sees."""
    viewer = current_viewer()
    pieces = (function(viewer, subject) for function in _fills[name])
    return Markup("").join(piece for piece in pieces if piece is not None)
