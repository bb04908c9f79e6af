"""Watched words: how a pattern is read, and what it finds however it is written."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select, update

from kernel.db import session
from kernel.markup import plain_text
from moderation.models import WatchAction, WatchedWord
from moderation.texts import seen
from search_index.analysis import FIRST_HAN

LONGEST_PATTERN, MOST_STARS = 100, 3
_LETTERS = r"[^\W_]{0,20}"
_BETWEEN = r"[\W_]{0,3}"  # what people put between Han characters so that nobody finds them


@dataclass(frozen=True, slots=True)
class Hit:
    """A watched word that stands in a text."""

    id: int
    pattern: str
    action: str


Stamp = tuple[int, datetime | None]


def hits_in(text: str, stamp: Stamp) -> list[Hit]:
    """Which watched words stand in a text that `seen_by_watch` made; `stamp` says which state of the list counts."""
    return [hit for hit, found in _words(stamp) if found.search(text)]


def seen_by_watch(title: str, html: str, links: tuple[str, ...] = ()) -> str:
    """All that readers get of it: title, words without markup, and where links lead."""
    return seen("\n".join((title, plain_text(html), *links)))


def count_hits(hits: list[Hit]) -> None:
    """Note how often a word was met, so that the staff see which are of use."""
    if hits:
        ids = [hit.id for hit in hits]
        session().execute(
            update(WatchedWord)
            .where(WatchedWord.id.in_(ids))
            .values(hits=WatchedWord.hits + 1)
            .execution_options(synchronize_session=False)
        )


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as it is looked for: `*` stands for any letters, words of Latin letters stand alone."""
    folded = seen(pattern).strip()
    parts = [_part(part) for part in re.split(r"\*+", folded)]
    expression = _LETTERS.join(parts)
    before = r"(?<![a-z0-9])" if folded[:1].isascii() and folded[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if folded[-1:].isascii() and folded[-1:].isalnum() else ""
    return re.compile(before + expression + after)


def _part(part: str) -> str:
    """The characters of a pattern between two stars."""
    made = ""
    for place, char in enumerate(part):
        if place and char >= FIRST_HAN and part[place - 1] >= FIRST_HAN:
            made += _BETWEEN
        made += r"\s+" if char.isspace() else re.escape(char)
    return made


@lru_cache(maxsize=4)
def _words(stamp: Stamp) -> list[tuple[Hit, re.Pattern[str]]]:  # noqa: ARG001 - the state of the list is its key
    rows = session().execute(select(WatchedWord.id, WatchedWord.pattern, WatchedWord.action).order_by(WatchedWord.id))
    return [(Hit(row.id, row.pattern, row.action), compiled(row.pattern)) for row in rows]


REFUSING, HOLDING, FLAGGING = (action.value for action in (WatchAction.REFUSE, WatchAction.HOLD, WatchAction.FLAG))
