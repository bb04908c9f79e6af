from kernel.checks import check
from search_index import feed
from search_index.documents import SOURCES
from search_index.engine import EngineError
from search_index.indexing import reader
from search_index.indexing.reader import BuildingError

READ_AT_ONCE = 500
NAMED = 20


@check
def index_agrees(*, mend: bool) -> list[str]:
    """The index holds the documents that the rooms would make now; what still waits in the feed does not count."""
    try:
        with reader.current() as engine:
            held = dict(engine.fingerprints())
            position = engine.stats().position
    except BuildingError:
        return []
    except EngineError as error:
        if mend:
            reader.report_damage()
        return [f"The search index cannot be read: {error}."]
    waiting = feed.waiting_keys(position)
    missing: list[str] = []
    stale: list[str] = []
    for source in SOURCES.values():
        last = 0
        while ids := source.ids(last, READ_AT_ONCE):
            last = max(ids)
            for document in source.read(ids):
                print_held = held.pop(document.key, None)
                if print_held != document.fingerprint and document.key not in waiting:
                    (missing if print_held is None else stale).append(document.key)
    extra = sorted(held.keys() - waiting)
    if mend:
        feed.note([*missing, *stale])
        feed.note(extra, hides=True)
    return [
        *_sentences("is missing from the search index", missing),
        *_sentences("is out of date in the search index", stale),
        *_sentences("is in the search index, and should not be", extra),
    ]


def _sentences(what: str, keys: list[str]) -> list[str]:
    named = [f"{key} {what}." for key in keys[:NAMED]]
    return [*named, f"So it is with {len(keys) - NAMED} more documents."] if len(keys) > NAMED else named
