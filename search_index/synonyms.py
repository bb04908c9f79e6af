"""Words that mean the same: kept by the staff, read by every search."""

import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from sqlalchemy import func, select

from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index.analysis import fold
from search_index.clauses import term_key
from search_index.forms import sounds_of
from search_index.policy import SearchRight
from search_index.tables import SearchSynonym

SEEDS = Path(__file__).resolve().parent / "data" / "synonyms.toml"
LONGEST_TERM = 60
MOST_TERMS = 12

Words = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Kept:
    version: tuple[int, datetime | None] = (0, None)
    words: Words = field(default_factory=dict)
    sounds: list[tuple[str, str]] = field(default_factory=list)


_kept = _Kept()


def synonyms() -> Words:
    """Every term, by its key, with the others of its groups; read anew when the table has changed."""
    return _read().words


def begun(typed: str) -> list[str]:
    """Terms that begin so, Chinese ones by their pinyin or its initials; the shortest first."""
    sounds = _read().sounds
    start = bisect_left(sounds, (typed, ""))
    end = bisect_left(sounds, (typed + "\U0010ffff", ""))
    return sorted(dict.fromkeys(term for _sound, term in sounds[start:end]), key=len)


def sounding(pinyin: str) -> list[str]:
    """Chinese terms that sound exactly so."""
    sounds = _read().sounds
    same = takewhile(lambda entry: entry[0] == pinyin, sounds[bisect_left(sounds, (pinyin, "")) :])
    return [term for _sound, term in same if not term.isascii()]


def plain_terms() -> list[str]:
    """The terms of one English word, folded."""
    return list(dict.fromkeys(sound for sound, term in _read().sounds if term.isascii() and term.isalpha()))


def _read() -> _Kept:
    row = session().execute(select(func.count(), func.max(SearchSynonym.changed_at))).one()
    version = (row[0], row[1])
    if _kept.version != version:
        groups = session().scalars(select(SearchSynonym.terms).order_by(SearchSynonym.id)).all()
        _kept.version, _kept.words = version, _others(groups)
        _kept.sounds = sorted({(sound, term) for group in groups for term in group for sound in _begins(term)})
    return _kept


def ensure_synonyms() -> None:
    """Fill an empty table with the terms of the sectors; one that the staff have made their own is left alone."""
    if session().scalar(select(SearchSynonym.id).limit(1)) is None:
        sections = tomllib.loads(SEEDS.read_text(encoding="utf-8")).values()
        session().add_all(SearchSynonym(terms=group) for section in sections for group in section["groups"])


def all_groups() -> list[SearchSynonym]:
    """For the editor, in the order in which they were made."""
    return list(session().scalars(select(SearchSynonym).order_by(SearchSynonym.id)))


def add_group(viewer: Viewer, *, terms: str) -> SearchSynonym:
    """From now on these mean the same."""
    authorise(viewer, SearchRight.TEND)
    group = SearchSynonym(terms=_split(terms))
    session().add(group)
    return group


def change_group(viewer: Viewer, *, group_id: int, terms: str) -> None:
    """Set the words of a group; without any, the group is gone."""
    authorise(viewer, SearchRight.TEND)
    group = session().get(SearchSynonym, group_id)
    if group is None:
        raise NotFoundError
    if not terms.strip():
        session().delete(group)
        return
    group.terms = _split(terms)
    group.changed_at = now()


def _begins(term: str) -> tuple[str, ...]:
    return (fold(term),) if term.isascii() else sounds_of(term)


def _others(groups: Iterable[list[str]]) -> Words:
    words: dict[str, dict[str, None]] = {}
    for terms in groups:
        keys = {term: term_key(term) for term in terms}
        for key in keys.values():
            words.setdefault(key, {}).update((other, None) for other in terms if keys[other] != key)
    return {key: tuple(others) for key, others in words.items() if others}


def _split(text: str) -> list[str]:
    terms = list(
        dict.fromkeys(" ".join(part.split()) for part in text.replace("，", ",").replace("、", ",").split(","))
    )
    terms = [term for term in terms if term]
    if not 1 < len(terms) <= MOST_TERMS or any(len(term) > LONGEST_TERM for term in terms):
        wanted = _("Two to twelve terms, separated by commas, each of at most 60 characters.")
        raise InvalidError(wanted, errors={"terms": wanted})
    return terms
