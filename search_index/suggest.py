"""What is offered while somebody types: tags, people, titles, and words of the field by their pinyin."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote_plus

from sqlalchemy import Select, func, literal, select, union_all

from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from search_index.analysis import fold
from search_index.asking import Asked
from search_index.documents import SOURCES, Shown, tokens_of
from search_index.engine import Query
from search_index.feed import hidden_keys
from search_index.forms import typed_as
from search_index.query import parse
from search_index.searching import count, find
from search_index.suggestions import position_of_suggestions
from search_index.synonyms import begun
from search_index.tables import SearchSuggestion, SearchTag, SearchTitle

LOOKED_AT = 200
WORDS_LOOKED_AT = 2_000
PUNCTUATION = ".,:;!?()[]\"'，。：；！？（）《》“”"
TRIED = 6
MOST = {"tag": 3, "name": 2, "title": 6, "word": 2}
AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line under the field: `kind` is a document's, or `tag` or `word`."""

    kind: str
    label: str
    url: str
    lang: str = ""


def offers(viewer: Viewer, text: str) -> list[Offer]:
    """What this viewer may mean by what they have typed so far; never what they may not see."""
    typed = typed_as(text)
    if not typed:
        return []
    tokens, hidden = sorted(tokens_of(viewer)), hidden_keys(position_of_suggestions() or 0)
    shelves = _shelves(typed, tokens)
    people, titles = (
        _seen(viewer, [key for key in shelves.get(shelf, ()) if key not in hidden], MOST[shelf])
        for shelf in ("name", "title")
    )
    if len(titles) < MOST["title"]:
        within = _within_titles(viewer, typed, known={shown.ref for shown in (*people, *titles)})
        titles = [*titles, *within][: MOST["title"]]
    return [
        *(Offer("word", word, f"/search?q={quote_plus(word)}") for word in _words(viewer, typed)),
        *(Offer("tag", tag, f"/search?q={quote_plus(_tag_query(tag))}") for tag in _tags(typed, tokens, hidden)),
        *(Offer(shown.kind, shown.title, shown.url, shown.lang) for shown in (*people, *titles)),
    ]


def _shelves(typed: str, tokens: Sequence[str]) -> dict[str, list[str]]:
    """Keys by shelf, the weightiest first: of as many as a range scan may look at."""
    rows = session().execute(union_all(*(_range(shelf, typed, tokens) for shelf in ("name", "title"))))
    best: dict[str, dict[str, float]] = {}
    for row in rows:
        shelf = best.setdefault(row.shelf, {})
        begins = 1.5 if row.form == typed else 1.0
        shelf[row.key] = max(shelf.get(row.key, 0.0), row.weight * begins)
    return {shelf: sorted(keys, key=lambda key: (-keys[key], key)) for shelf, keys in best.items()}


def _range(
    shelf: str, typed: str, tokens: Sequence[str], *, most: int = LOOKED_AT
) -> Select[tuple[str, str, str, float]]:
    some = (
        select(SearchSuggestion.key, SearchSuggestion.form, SearchSuggestion.weight)
        .where(
            SearchSuggestion.shelf == shelf,
            SearchSuggestion.form >= typed,
            SearchSuggestion.form < typed + AFTER_ALL,
            SearchSuggestion.audience.in_(tokens),
        )
        .order_by(SearchSuggestion.form)
        .limit(most)
        .subquery()
    )
    return select(literal(shelf).label("shelf"), some.c.key, some.c.form, some.c.weight)


def words_of_titles(viewer: Viewer, beginning: str) -> list[str]:
    """Words that begin so in titles that this viewer may see, as they were written."""
    rows = session().execute(_range("title", beginning, sorted(tokens_of(viewer)), most=WORDS_LOOKED_AT))
    hidden = hidden_keys(position_of_suggestions() or 0)
    return list(dict.fromkeys(row.form.split(" ")[0].strip(PUNCTUATION) for row in rows if row.key not in hidden))


def _seen(viewer: Viewer, keys: Sequence[str], limit: int) -> list[Shown]:
    """The first of `keys` that the rooms show this viewer: their titles and addresses as they are now."""
    some = keys[: limit * 2]
    by_kind: dict[str, list[int]] = {}
    for key in some:
        kind, _colon, number = key.rpartition(":")
        by_kind.setdefault(kind, []).append(int(number))
    shown = {
        f"{kind}:{number}": card
        for kind, ids in by_kind.items()
        if kind in SOURCES
        for number, card in SOURCES[kind].show(viewer, ids).items()
    }
    return [shown[key] for key in some if key in shown][:limit]


def _within_titles(viewer: Viewer, typed: str, *, known: Collection[Ref]) -> list[Shown]:
    """Chinese that stands inside a title, where no word begins that could be told: the index finds it anywhere."""
    clauses = parse(typed).query.clauses
    if typed.isascii() or not clauses or len(typed) < 2:  # noqa: PLR2004 - a single character stands everywhere
        return []
    found = find(viewer, Query(clauses=clauses, scored_field="title"), limit=MOST["title"]).finds
    return [one.shown for one in found if one.shown.ref not in known]


def _tags(typed: str, tokens: Sequence[str], hidden: Collection[str]) -> list[str]:
    """Tags that documents in sight bear, the commonest first."""
    documents = func.sum(SearchTag.documents)
    rows = session().execute(
        select(SearchTag.tag, documents.label("documents"))
        .where(SearchTag.form >= typed, SearchTag.form < typed + AFTER_ALL, SearchTag.audience.in_(tokens))
        .group_by(SearchTag.tag)
        .order_by(documents.desc(), SearchTag.tag)
        .limit(MOST["tag"] * 3)
    )
    counts = Counter({row.tag: row.documents for row in rows})
    if counts and hidden:
        going = select(SearchTitle.tags).where(SearchTitle.key.in_(hidden), SearchTitle.audience.in_(tokens))
        for tags in session().scalars(going):
            counts.subtract(tag for tag in tags if tag in counts)
    return [tag for tag, count in counts.most_common(MOST["tag"]) if count > 0]


def _tag_query(tag: str) -> str:
    return f'tag:"{tag}"' if " " in tag else f"tag:{tag}"


def _words(viewer: Viewer, typed: str) -> list[str]:
    """Words of the field that begin so, by pinyin for whoever types without an input method; each finds something."""
    if not typed.isascii() or len(typed) < 2:  # noqa: PLR2004 - one letter begins everything
        return []
    others = (word for word in begun(typed)[:TRIED] if fold(word) != typed)
    found = (word for word in others if count(viewer, Asked(text=word).parsed().query))
    return list(islice(found, MOST["word"]))
