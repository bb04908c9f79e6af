"""Pages of hits out of tantivy, which orders by score or time alone and by nothing where these are equal."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from tantivy import Order

from search_index.engine import MOST_HITS, Hit
from search_index.engines.tantivy_query import moment_of
from search_index.ranking import DIGITS

SCALE = 16.0  # what a document's weight is kept times: so none below 1/16 is, or above 60
MOST_TIES = 50_000  # hits of one score or time that are put in order of their keys


class Ranked:
    """The hits of a query from the first on; equal ones in order of their keys, which the library does not do."""

    def __init__(self, searcher: Any, whole: Any, *, by_time: bool) -> None:
        self._searcher, self._whole, self._by_time = searcher, whole, by_time
        self.total = 0

    def page(self, limit: int, cursor: tuple[float, str] | None) -> tuple[list[Hit], tuple[float, str] | None]:
        """One page, and where the next one begins."""
        wanted = limit if cursor is None else MOST_HITS
        fetched = wanted + 8
        while True:
            values, addresses = self._best(fetched)
            if len(values) < fetched or fetched >= MOST_TIES:
                break
            complete = bisect_left(values, -values[-1], key=lambda value: -value)
            if complete >= wanted:
                break
            fetched = min(fetched * 8, MOST_TIES)
        start = 0 if cursor is None else bisect_left(values, -cursor[0], key=lambda value: -value)
        found: list[tuple[float, str, Any]] = []
        at = start
        while at < len(values) and len(found) <= limit:
            end = at
            while end < len(values) and values[end] == values[at]:
                end += 1
            same = sorted((self._key(addresses[place]), place) for place in range(at, end))
            for key, place in same:
                if cursor is not None and (-values[at], key) <= (-cursor[0], cursor[1]):
                    start += 1
                else:
                    found.append((values[at], key, addresses[place]))
            at = end
        page = found[: max(min(limit, MOST_HITS - start), 0)]
        is_more = bool(page) and start + len(page) < min(self.total, MOST_HITS)
        return self._hits(page), page[-1][:2] if is_more else None

    def _best(self, fetched: int) -> tuple[list[float], list[Any]]:
        if self._by_time:
            result = self._searcher.search(self._whole, fetched, order_by_field="at", order=Order.Desc)
            pairs = [(value / 1_000_000, address) for value, address in result.hits]
        else:
            result = self._searcher.search(self._whole, fetched, weight_by_field="weight")
            pairs = [(round(value / SCALE, DIGITS), address) for value, address in result.hits]
        self.total = result.count
        return [value for value, _ in pairs], [address for _, address in pairs]

    def _key(self, address: Any) -> str:
        key: str = self._searcher.doc(address).get_first("key")
        return key

    def _hits(self, page: Sequence[tuple[float, str, Any]]) -> list[Hit]:
        times = self._searcher.fast_field_values("at", [address for _, _, address in page])
        return [
            Hit(key, 0.0 if self._by_time else value, moment_of(time))
            for (value, key, _), time in zip(page, times, strict=True)
        ]
