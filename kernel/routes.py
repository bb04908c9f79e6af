"""Addresses of pages, as few as possible of them prepared at the start."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule


class PageRule(Rule):
    """A rule whose code that makes addresses is compiled when the first is made: with hundreds of pages, few ever are.

    Werkzeug compiles two functions for each rule as it is added, which takes longer than all other wiring.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's signature
        compiled = cache(super()._compile_builder)

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build
