"""Did you mean: what may have been meant by words that nothing in sight contains."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kernel.ids import pinyin_of
from kernel.viewer import Viewer
from search_index import analysis
from search_index.asking import Asked
from search_index.clauses import run_clause
from search_index.engine import Query, Word
from search_index.engines.nearness import distance
from search_index.excerpts import Wanted, places
from search_index.query import Parsed
from search_index.searching import count, find, spellings
from search_index.suggest import words_of_titles
from search_index.synonyms import plain_terms, sounding

MOST_WORDS = 6
SHORTEST = 3  # letters of a word that is corrected; as many of a title's word have to be right
LONGEST = 40
REACH = 2  # letters that may be wrong


@dataclass(frozen=True, slots=True)
class Correction:
    """Another query, which finds `total` things that this viewer may see."""

    asked: Asked
    total: int


def correction(viewer: Viewer, asked: Asked, parsed: Parsed) -> Correction | None:
    """The query with each word that this viewer finds nowhere replaced by one that they do, or else left out."""
    text = asked.text
    runs = list(dict.fromkeys(run for word in parsed.words for run in analysis.runs(word)))[:MOST_WORDS]
    lost = [run for run in runs if not count(viewer, Query(clauses=(run_clause(run),)))]
    for run in lost:
        better = next(_meant(viewer, run), "") if SHORTEST <= len(run) + analysis.is_han(run) <= LONGEST else ""
        text = _replaced(text, run, better)
    if text == asked.text or not text.strip():
        return None
    other = asked.but(text=" ".join(text.split()))
    total = count(viewer, other.parsed().query)
    return Correction(other, total) if total else None


def by_sound(viewer: Viewer, asked: Asked) -> Correction | None:
    """The Chinese term whose pinyin or initials were typed: to be offered where the letters themselves find little."""
    word = asked.text.strip().lower()
    if not (word.isascii() and word.isalpha() and SHORTEST <= len(word) <= LONGEST):
        return None
    for term in sounding(word):
        other = asked.but(text=term)
        total = count(viewer, other.parsed().query)
        if total:
            return Correction(other, total)
    return None


def _meant(viewer: Viewer, run: str) -> Iterator[str]:
    """Words in sight that are spelt nearly so, or sound so; each found in a document that this viewer may see."""
    sound = run if run.isascii() else "".join(pinyin_of(run)) if analysis.is_han(run) else ""
    for term in sounding(sound) if sound else ():
        if term != run and count(viewer, Query(clauses=(run_clause(analysis.fold(term)),))):
            yield term
    if analysis.is_han(run):
        yield from (other for other in spellings(run) if count(viewer, Query(clauses=(run_clause(other),))))
        return
    tokens = (_as_written(viewer, token) for token in spellings(analysis.expand(run)[0]))
    words = [word for word in (*words_of_titles(viewer, run[:SHORTEST]), *plain_terms(), *tokens) if word != run]
    near = [(distance(run, word, REACH), place, word) for place, word in enumerate(words)]
    for away, _place, word in sorted(near):
        if away <= REACH and count(viewer, Query(clauses=(run_clause(word),))):
            yield word


def _as_written(viewer: Viewer, token: str) -> str:
    """A token is a stem; somebody wrote the word behind it in full, where this viewer can read it."""
    for found in find(viewer, Query(clauses=(Word((token,)),)), limit=1).finds:
        wanted = Wanted(())
        wanted.want(token)
        for text in (found.shown.title, found.shown.text):
            for start, end, _token in places(text, wanted):
                return text[start:end].lower()
    return ""


def _replaced(text: str, run: str, better: str) -> str:
    """`text` with the run replaced, however it was typed: folding keeps lengths where words can be mistyped."""
    folded = analysis.fold(text)
    if len(folded) != len(text):
        return text
    at = re.search(rf"(?<![^\W_]){re.escape(run)}(?![^\W_])" if run.isascii() else re.escape(run), folded)
    return f"{text[: at.start()]}{better}{text[at.end() :]}" if at else text
