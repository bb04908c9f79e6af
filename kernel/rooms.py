"""A room of the house: a blueprint whose every page names who may knock."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from kernel.errors import NotFoundError
from kernel.policy import DOORS, Door, check_door
from kernel.web import current_viewer, is_api

LARGEST_ID = 2**63 - 1
LONGEST_NUMBER = 18

View = Callable[..., ResponseReturnValue]

ENDPOINT_RIGHTS: dict[str, Door | StrEnum] = {}
WITHOUT_FORM_TOKEN: set[str] = set()


class Room(Blueprint):
    """Registers URL and right together; a house test fails any endpoint without one."""

    def page(
        self,
        rule: str,
        *,
        may: Door | StrEnum,
        methods: tuple[str, ...] = ("GET",),
        endpoint: str | None = None,
        form_token: bool = True,
    ) -> Callable[[View], View]:
        """Route `rule` to the view. `may` is a door, or a right: its door is checked here, its rule in the action.

        `form_token=False` is for the few harmless forms of pages that set no cookie for strangers.
        """

        def register(view: View) -> View:
            name = endpoint or view.__name__
            ENDPOINT_RIGHTS[f"{self.name}.{name}"] = may

            @wraps(view)
            def guarded(**values: Any) -> ResponseReturnValue:
                check_path(values)
                check_query()
                check_door(current_viewer(), may if isinstance(may, Door) else DOORS[may])
                return view(**values)

            if not form_token:
                WITHOUT_FORM_TOKEN.add(f"{view.__module__}.{view.__name__}")
            self.add_url_rule(rule, name, guarded, methods=list(methods))
            return view

        return register


def check_path(values: Mapping[str, Any]) -> None:
    """Nothing has a number that no database holds, or a name with U+0000: both would fail in the driver."""
    for value in values.values():
        if value > LARGEST_ID if isinstance(value, int) else "\x00" in str(value):
            raise NotFoundError


def check_query() -> None:
    """The same for what stands after the question mark of a page; the API says which field is at fault."""
    if not is_api() and any("\x00" in value for values in request.args.listvalues() for value in values):
        raise NotFoundError


def id_of(text: str | None) -> int | None:
    """The number that a form names, if it is one that a row could have."""
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def is_fragment() -> bool:
    """Whether htmx asked for a piece of the page and not for the page."""
    return request.headers.get("HX-Request") == "true"
