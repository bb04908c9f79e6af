"""Cells that a spreadsheet would take for formulas: guarded on the way out, known on the way in."""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what begins like a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """The cell without the apostrophe that `guarded` put before it."""
    return text[1:] if _GUARDED.match(text) else text


def is_formula(text: str) -> bool:
    """What would be computed, and not merely look like a number: `=…`, `@…`."""
    return text.lstrip().startswith(("=", "@"))
