"""How deep and how entangled HTML may be before it is not parsed at all: parsers pay for both with time squared."""

import re

DEEPEST = 200
MOST_OPEN_FORMATTING = 40
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Elements a parser opens again in every paragraph until they are closed.
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
# Elements that never hold others, or that the next of their kind closes.
_FLAT = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "option",
    ]
)


class TooDeepError(Exception):
    """A text is nested or entangled more than any text needs; it is shown as it was typed."""


def is_beyond_reason(html: str) -> bool:
    """Whether more elements stand open at once than any text needs."""
    if html.count("<") < MOST_OPEN_FORMATTING:
        return False
    depth = formatting = 0
    for closing, name in _TAG.findall(html):
        lowered = name.lower()
        if lowered in _FLAT:
            continue
        step = -1 if closing else 1
        depth = max(depth + step, 0)
        if lowered in _FORMATTING:
            formatting = max(formatting + step, 0)
        if depth > DEEPEST or formatting > MOST_OPEN_FORMATTING:
            return True
    return False
