"""Clauses from words: a run of Han, a stem, a compound, a phrase, a beginning, and what else a word may be called."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from search_index import analysis
from search_index.engine import AnyOf, Clause, Phrase, Prefix, Word

MOST_RUNS = 128  # of one query
MOST_TOKENS = 48  # of one phrase
NOTHING = AnyOf(())  # holds for no document
Synonyms = Mapping[str, Sequence[str]]
_ENDINGS = ("", "t", "e", "g", "ng", "ing", "ion", "tion", "ment", "al", "ty", "ly")


def phrase(text: str) -> Clause | None:
    """What must stand as it stands here."""
    stream = tuple(analysis.tokens(text[:1000]))[:MOST_TOKENS]
    if not stream:
        return None
    return Word(stream) if len(stream) == 1 else Phrase(stream)


def one_clause(text: str) -> Clause | None:
    """A word that was typed in one piece, as one clause: its runs then stand side by side."""
    if text.endswith("*"):
        return _prefix(text.rstrip("*"))
    found = analysis.runs(text)
    return run_clause(found[0]) if len(found) == 1 else phrase(text)


def run_clause(run: str) -> Clause:
    """A folded run: the pairs of Han, a stem, or a compound, which may also stand in parts."""
    if analysis.is_han(run):
        return Word(tuple(dict.fromkeys(map("".join, itertools.pairwise(run)))) or (run,))
    whole, *parts = analysis.expand(run)
    if len(parts) < 2:  # noqa: PLR2004 - one part alone, as of C++, is another word
        return Word((whole,))
    return AnyOf((Word((whole,)), Phrase(tuple(parts[:MOST_TOKENS]))))


def _prefix(text: str) -> Clause | None:
    found = analysis.runs(text)
    if len(found) != 1 or analysis.is_han(found[0]) or len(found[0]) < 2:  # noqa: PLR2004 - one letter begins too much
        return one_clause(text) if found else None
    beginning = found[0]
    if not beginning.isascii() or not beginning.isalpha():
        return Prefix(beginning)
    # The index holds stems: `experimen*` means `experi` too, the stem of what it begins.
    stems = {analysis.stem(beginning + ending) for ending in _ENDINGS} if len(beginning) > 3 else set()  # noqa: PLR2004
    shorter = sorted(stem for stem in stems if not stem.startswith(beginning) and len(stem) > 2)  # noqa: PLR2004
    return AnyOf((Prefix(beginning), *(Word((stem,)) for stem in shorter))) if shorter else Prefix(beginning)


def term_key(text: str) -> str:
    """How a term is looked up among synonyms: folded and stemmed."""
    return " ".join(run if analysis.is_han(run) else analysis.expand(run)[0] for run in analysis.runs(text))


def with_synonyms(words: Iterable[str], synonyms: Synonyms, also: list[str]) -> list[Clause]:
    """A clause for each run, together with what the longest term that begins there is also called; see `also`."""
    runs = [run for word in words for run in analysis.runs(word)][:MOST_RUNS]
    if not synonyms:
        return [run_clause(run) for run in runs]
    clauses: list[Clause] = []
    at = 0
    while at < len(runs):
        for length in range(min(5, len(runs) - at), 0, -1):
            part = runs[at : at + length]
            key = " ".join(run if analysis.is_han(run) else analysis.expand(run)[0] for run in part)
            if others := synonyms.get(key):
                typed = run_clause(part[0]) if length == 1 else phrase(" ".join(part))
                clauses.append(_any_of_these(typed, others, also))
                break
        else:
            length = 1
            clauses += _han_terms(runs[at], synonyms, also) if analysis.is_han(runs[at]) else [run_clause(runs[at])]
        at += length
    return clauses


def _han_terms(run: str, synonyms: Synonyms, also: list[str]) -> list[Clause]:
    """The same inside a run of Han, where words are not set apart."""
    clauses: list[Clause] = []
    begin = at = 0
    while at < len(run):
        for end in range(min(len(run), at + 12), at + 1, -1):
            if others := synonyms.get(run[at:end]):
                if at > begin:
                    clauses.append(run_clause(run[begin:at]))
                clauses.append(_any_of_these(run_clause(run[at:end]), others, also))
                begin = at = end
                break
        else:
            at += 1
    if begin < len(run):
        clauses.append(run_clause(run[begin:]))
    return clauses


def _any_of_these(typed: Clause | None, others: Sequence[str], also: list[str]) -> Clause:
    also += others
    choices = [choice for clause in (typed, *map(one_clause, others)) if clause for choice in choices_of(clause)]
    return AnyOf(tuple(dict.fromkeys(choices)))


def choices_of(clause: Clause) -> tuple[Clause, ...]:
    """Those of an AnyOf, or the clause alone."""
    return clause.choices if isinstance(clause, AnyOf) else (clause,)
