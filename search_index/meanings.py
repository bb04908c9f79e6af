"""What a text says that may be called otherwise, in the other language above all: for whoever compares texts."""

from collections.abc import Iterator, Mapping

from search_index import analysis
from search_index.clauses import Synonyms, choices_of, one_clause
from search_index.engine import AnyOf, Query

MOST = 6  # terms that are looked for: a sixth of so many is one
LONGEST_HAN, LONGEST_WORDS = 12, 5

Meanings = Mapping[str, tuple[str, ...]]


def meanings(text: str, synonyms: Synonyms) -> dict[str, tuple[str, ...]]:
    """The terms of `synonyms` that stand in the text, the longest at each place, with what else they are called."""
    return {term: tuple(synonyms[key]) for term, key in _terms(text, synonyms)}


def query_of(found: Meanings, *, field_scored: str = "text") -> Query:
    """What says any of the same by its other names. Only for meanings that were found."""
    clauses = []
    for others in list(found.values())[:MOST]:
        choices = [choice for other in others if (clause := one_clause(other)) for choice in choices_of(clause)]
        clauses.append(AnyOf(tuple(dict.fromkeys(choices))))
    return Query(clauses=tuple(clauses), match="any", scored_field="title" if field_scored == "title" else "text")


def said_otherwise(found: Meanings, theirs: str) -> dict[str, str]:
    """Of these terms, those that stand in `theirs` by another name alone, with that name."""
    runs = analysis.runs(theirs)
    han = "\n".join(run for run in runs if analysis.is_han(run))
    stems = " ".join("\n" if analysis.is_han(run) else analysis.expand(run)[0] for run in runs)

    def stands(term: str) -> bool:
        parts = analysis.runs(term)
        if any(analysis.is_han(part) for part in parts):
            return all((part in han) if analysis.is_han(part) else (part in runs) for part in parts)
        return f" {' '.join(analysis.expand(part)[0] for part in parts)} " in f" {stems} "

    named = {
        term: next((other for other in others if stands(other)), "")
        for term, others in found.items()
        if not stands(term)
    }
    return {term: other for term, other in named.items() if other}


def _terms(text: str, synonyms: Synonyms) -> Iterator[tuple[str, str]]:
    """Each term as it is folded, and its key."""
    runs, at = analysis.runs(text), 0
    while at < len(runs):
        if analysis.is_han(runs[at]):
            yield from _han_terms(runs[at], synonyms)
            at += 1
            continue
        for length in range(min(LONGEST_WORDS, len(runs) - at), 0, -1):
            part = runs[at : at + length]
            key = " ".join(run if analysis.is_han(run) else analysis.expand(run)[0] for run in part)
            if key in synonyms:
                yield " ".join(part), key
                break
        else:
            length = 1
        at += length


def _han_terms(run: str, synonyms: Synonyms) -> Iterator[tuple[str, str]]:
    """Inside a run of Han words are not set apart."""
    at = 0
    while at < len(run) - 1:
        for end in range(min(len(run), at + LONGEST_HAN), at + 1, -1):
            if run[at:end] in synonyms:
                yield run[at:end], run[at:end]
                at = end
                break
        else:
            at += 1
