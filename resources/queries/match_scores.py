"""How well words of one side are found in what the others say: BM25 by id, of what a viewer may find."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from kernel.viewer import Viewer
from resources.models import Need
from search_index.clauses import Synonyms
from search_index.engine import Filter, Hit, Query
from search_index.meanings import meanings, query_of
from search_index.query import any_of
from search_index.searching import ranked

BY_WORDS = 40
MOST_CLAUSES = 12
SAID_OTHERWISE = 20  # candidates that say the same in other words
OTHERWISE = 0.7  # what their score counts


def words_of(need: Need | Row[Any]) -> str:
    """The public words of a need beside its title."""
    return "\n".join([need.title, need.teaser, *(row["quantity"] for row in need.targets)])


def scores(
    viewer: Viewer,
    title: str,
    text: str,
    *,
    kind: str,
    also: Synonyms,
    more: tuple[Filter, ...] = (),
    without: frozenset[str] = frozenset(),
) -> tuple[dict[int, float], dict[int, float]]:
    """BM25 by id: of the title against titles, and of the text against texts, from what this viewer may find.

    What says the same by the names of `also`, as in the other language, counts a little less.
    """
    in_title = meanings(title, also)
    asked = [(any_of(title, field_scored="title"), True)]
    asked += [(query_of(in_title, field_scored="title"), False)] if in_title else []
    asked += _of_text(title, text, also)
    narrowed = [replace(_narrowed(query, kind, *more), without_labels=without) for query, _is_same in asked]
    scored: dict[str, dict[int, float]] = {"title": {}, "text": {}}
    for (query, is_same), hits in zip(asked, ranked(viewer, *narrowed, limit=BY_WORDS), strict=True):
        _keep(scored[query.scored_field], hits, is_same=is_same)
    return scored["title"], scored["text"]


def text_scores(viewer: Viewer, need: Need, *kinds: str, also: Synonyms) -> dict[str, dict[int, float]]:
    """BM25 by kind and id, of a need's words against texts: for what has no title that says what it is about.

    Several kinds are asked for at once, so that what this viewer may find is looked up only once.
    """
    of_text = _of_text(need.title, words_of(need), also)
    asked = [(kind, _narrowed(query, kind), is_same) for kind in kinds for query, is_same in of_text]
    found: dict[str, dict[int, float]] = {kind: {} for kind in kinds}
    hits_of = ranked(viewer, *(query for _kind, query, _is_same in asked), limit=BY_WORDS)
    for (kind, _query, is_same), hits in zip(asked, hits_of, strict=True):
        _keep(found[kind], hits, is_same=is_same)
    return found


def _of_text(title: str, text: str, also: Synonyms) -> list[tuple[Query, bool]]:
    """What to ask about a text, each with whether it asks in the same words."""
    rest = text.removeprefix(title).strip()
    otherwise = meanings(f"{title}\n{rest}", also)
    return [
        *((any_of(words), True) for words in (title, rest) if words),
        *([(query_of(otherwise), False)] if otherwise else []),
    ]


def _narrowed(query: Query, kind: str, *more: Filter) -> Query:
    return replace(query, clauses=query.clauses[:MOST_CLAUSES], filters=(Filter("kind", frozenset({kind})), *more))


def _keep(held: dict[int, float], hits: list[Hit], *, is_same: bool) -> None:
    """The best score of each."""
    for hit in hits if is_same else hits[:SAID_OTHERWISE]:
        number = int(hit.key.rpartition(":")[2])
        held[number] = max(held.get(number, 0.0), hit.score if is_same else OTHERWISE * hit.score)
