"""The one door to search for every outlet: pages, API, feeds, notices, matching. Nothing above touches an engine."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from kernel.errors import InvalidError
from kernel.paging import decode_cursor, encode_cursor
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index import feed
from search_index.documents import SOURCES, Shown, tokens_of
from search_index.engine import Engine, EngineError, Hit, Query, Results
from search_index.indexing import reader
from search_index.indexing.reader import BuildingError

log = structlog.get_logger("guildhall.search")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Find:
    """A hit, and how it reads for whoever looked."""

    hit: Hit
    shown: Shown


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found; counts are of what this viewer may see. `next` is the cursor of the next page.

    While there is no index to ask (on the first start, after an upgrade, after damage) `is_building` is true and
    nothing is found: a state to show, not an error.
    """

    finds: list[Find] = field(default_factory=list)
    total: int = 0
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    next: str | None = None
    is_building: bool = False


def find(
    viewer: Viewer,
    query: Query,
    *,
    limit: int = 20,
    cursor: str | None = None,
    facets: Sequence[str] = (),
) -> Found:
    """One page of what of `query` this viewer may see, ready to be shown.

    The engine answers by the audience that it was told; what it finds is then loaded as the database shows it to
    this viewer now. `cursor` is the `next` of the page before; anything else raises `InvalidError`.
    """
    start = _start(cursor)
    results = _ask(viewer, query, limit=limit, cursor=start, facets=facets)
    if results is None:
        return Found(is_building=True)
    return Found(
        finds=_show(viewer, results.hits),
        total=results.total,
        facets=results.facets,
        next=encode_cursor([results.next[0].hex(), results.next[1]]) if results.next else None,
    )


def ranked(viewer: Viewer, *queries: Query, limit: int = 20) -> list[list[Hit]]:
    """The best hits of each query without loading them: for whoever ranks further, and shows only what it loads itself.

    What the viewer may see is asked once for all of them.
    """
    audience = tokens_of(viewer)

    def search(engine: Engine) -> list[list[Hit]]:
        hidden = feed.hidden_keys(engine.stats().position)
        return [engine.search(query, audience=audience, limit=limit, hidden=hidden).hits for query in queries]

    found = _with_engine(search)
    return found if found is not None else [[] for _query in queries]


def shown(viewer: Viewer, keys: Iterable[str]) -> dict[str, Shown]:
    """What the rooms show this viewer of these keys, read from the database: the second wall behind the engine."""
    by_kind: dict[str, list[int]] = {}
    for key in keys:
        kind, _colon, number = key.rpartition(":")
        by_kind.setdefault(kind, []).append(int(number))
    return {
        f"{kind}:{number}": card
        for kind, ids in by_kind.items()
        if kind in SOURCES
        for number, card in SOURCES[kind].show(viewer, ids).items()
    }


def count(viewer: Viewer, query: Query) -> int:
    """How many documents of `query` this viewer may see."""
    results = _ask(viewer, query, limit=0)
    return results.total if results is not None else 0


def spellings(token: str, *, limit: int = 5) -> list[str]:
    """Tokens that `token` may have been meant for. They come from all documents: show only what `count` finds."""
    return _with_engine(lambda engine: engine.spellings(token, limit=limit)) or []


def is_building() -> bool:
    """Whether there is no index to ask yet."""
    return _with_engine(lambda _engine: True) is None


def _ask(
    viewer: Viewer,
    query: Query,
    *,
    limit: int,
    cursor: tuple[float, str] | None = None,
    facets: Sequence[str] = (),
) -> Results | None:
    audience = tokens_of(viewer)

    def search(engine: Engine) -> Results:
        hidden = feed.hidden_keys(engine.stats().position)
        return engine.search(query, audience=audience, limit=limit, cursor=cursor, facets=facets, hidden=hidden)

    return _with_engine(search)


def _with_engine(ask: Callable[[Engine], T]) -> T | None:
    """What the index answers; opened anew once if it was swapped or closed under us. None while there is none."""
    with suppress(BuildingError):
        try:
            with reader.current() as engine:
                return ask(engine)
        except EngineError as first:
            log.warning("search index opened anew", error=str(first))
        try:
            with reader.current() as engine:
                return ask(engine)
        except EngineError as error:
            log.warning("search index damaged", error=str(error))
            reader.report_damage()
    return None


def _show(viewer: Viewer, hits: Sequence[Hit]) -> list[Find]:
    """What is shown of the hits, in their order."""
    cards = shown(viewer, (hit.key for hit in hits))
    invisible = [hit.key for hit in hits if hit.key not in cards]
    if invisible:
        log.warning("search hits dropped", keys=invisible, viewer=viewer.user_id)
    return [Find(hit, cards[hit.key]) for hit in hits if hit.key in cards]


def _start(cursor: str | None) -> tuple[float, str] | None:
    if cursor is None:
        return None
    score, key = decode_cursor(cursor, length=2)
    try:
        start = float.fromhex(score), str(key)
    except (TypeError, ValueError, OverflowError):
        start = math.nan, ""
    if not math.isfinite(start[0]) or "\x00" in start[1]:
        raise InvalidError(
            _("The list cannot be continued from here."), errors={"cursor": _("Begin with the first page again.")}
        )
    return start
