"""What was asked before in nearly these words: shown while a title is being typed, so that duplicates stop early."""

from dataclasses import replace

from kernel.viewer import Viewer
from search_index import analysis
from search_index.answering import Row, row_of
from search_index.engine import Filter, Word
from search_index.query import Parsed, any_of
from search_index.searching import Find, find

LOOKED_AT = 12
MOST = 4
SHORTEST = 4  # characters of a title that says anything
SHARE = 0.4  # of the title's words that another text has to share: below, the two are about different things
LEAST = 2


def similar(viewer: Viewer, title: str, *, kind: str = "thread") -> list[Row]:
    """Things of this kind that share a good part of the words of `title`, some of them in their own title."""
    query = any_of(title[:300])
    wanted = {clause.tokens[0] for clause in query.clauses if isinstance(clause, Word)}
    if len(title.strip()) < SHORTEST or len(wanted) < LEAST:
        return []
    query = replace(query, filters=(Filter("kind", frozenset({kind})),))
    found = find(viewer, query, limit=LOOKED_AT).finds
    close = [one for one in found if _is_close(one, wanted)][:MOST]
    return [row_of(one, Parsed(query, (title,))) for one in close]


def _is_close(one: Find, wanted: set[str]) -> bool:
    in_title = wanted.intersection(analysis.tokens(one.shown.title))
    in_all = in_title | wanted.intersection(analysis.tokens(one.shown.text[:2000]))
    return bool(in_title) and len(in_all) >= max(LEAST, SHARE * len(wanted))
