"""An achievement's text as Markdown: the problem and the method under headings of their own, and whatever follows.

Pure text: what `compose` writes, `read` finds again, also after somebody edited the post around it.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

HEADINGS = MappingProxyType({"zh-Hans": ("要解决的问题", "方法", "更多"), "en": ("The problem", "The method", "More")})
HEADING = re.compile(r"^ {0,3}#{1,2}(?!#)[ \t]*(?P<name>[^\n]*?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of the text. `more` is Markdown without bounds; the others hold no headings of the first two levels."""

    problem: str
    method: str
    more: str


def has_headings(text: str) -> bool:
    """Whether the text would break out of its section."""
    return HEADING.search(text) is not None


def compose(parts: Sections, *, lang: str) -> str:
    """The whole text. What follows the method gets a heading unless it begins with one."""
    problem, method, more = HEADINGS.get(lang, HEADINGS["en"])
    pieces = [f"## {problem}", parts.problem.strip(), f"## {method}", parts.method.strip()]
    rest = parts.more.strip()
    if rest:
        pieces += [rest] if HEADING.match(rest) else [f"## {more}", rest]
    return "\n\n".join(pieces)


def read(text: str) -> Sections | None:
    """The parts of a text that begins with the two headings, of one language; None for any other text."""
    match list(HEADING.finditer(text)):
        case [problem, method, *others] if not text[: problem.start()].strip():
            begun = (problem["name"], method["name"])
        case _:
            return None
    more = next((last for first, second, last in HEADINGS.values() if (first, second) == begun), None)
    if more is None:
        return None
    following = others[0] if others else None
    end = following.start() if following else len(text)
    rest = text[following.end() :] if following and following["name"] == more else text[end:]
    return Sections(
        problem=text[problem.end() : method.start()].strip(),
        method=text[method.end() : end].strip(),
        more=rest.strip(),
    )
