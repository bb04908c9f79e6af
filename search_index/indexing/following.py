"""Applying the feed: the present documents of whatever changed, in batches, until nothing is left."""

from collections.abc import Iterator, Sequence
from itertools import islice

from kernel.work import reading
from search_index import feed
from search_index.documents import documents_of
from search_index.engine import Engine

APPLIED_AT_ONCE = 500


class PrunedError(Exception):
    """The feed no longer reaches back to this index, or is younger than it: only building anew helps."""


def apply_next(engine: Engine) -> bool:
    """Bring the index one batch further; whether it has come to the end of the feed.

    Documents are read after the changes and in any case newer than those, so that applying something twice, or a
    state that a later change made, does no harm. The position moves once all documents up to it are durable.
    """
    at = engine.stats().position
    with reading():
        changes = feed.changes_after(at)
    for some, is_last in _parts(changes.keys):
        with reading():
            present = documents_of(some)
        gone = [key for key in some if key not in present]
        engine.apply(present.values(), gone, position=changes.position if is_last else at)
    return changes.is_last


def _parts(keys: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """The keys, some at a time, each with whether they are the last."""
    rest = iter(keys)
    some = list(islice(rest, APPLIED_AT_ONCE))
    while some:
        following = list(islice(rest, APPLIED_AT_ONCE))
        yield some, not following
        some = following
