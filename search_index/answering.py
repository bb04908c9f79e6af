"""The page of an answer: hits with their excerpts, facets with counts, and what to try when little was found."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from markupsafe import Markup

from kernel.viewer import Viewer
from search_index import facets
from search_index.asking import CHOICES, Asked
from search_index.corrections import Correction, by_sound, correction
from search_index.documents import EPOCH
from search_index.engine import FACETS
from search_index.excerpts import excerpt, highlight
from search_index.facets import NextStep
from search_index.query import Parsed, any_of
from search_index.searching import Find, Found, find

PAGE = 20
LITTLE = 5
MOST_VALUES = 12
EXCERPT = 220
PROVINCE = 2  # digits of its code; a city has four


@dataclass(frozen=True, slots=True)
class Row:
    """A hit as it is read; `under` it the further hits of the same thread, or of whatever they are parts of."""

    key: str
    kind: str
    title: Markup
    url: str
    excerpt: Markup
    facts: tuple[str, ...]
    at: datetime | None
    lang: str
    whole: str
    under: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: pressed, it is chosen; pressed again, it is lifted."""

    label: str
    url: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A facet with its values."""

    name: str
    title: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the page shows.

    With a `correction` whose results are shown, `rows` are those of the corrected query; else it is an offer.
    `also` are results that have only some of the words.
    """

    asked: Asked
    rows: list[Row] = field(default_factory=list)
    total: int = 0
    tabs: list[Choice] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    next: str | None = None
    synonyms: tuple[str, ...] = ()
    correction: Correction | None = None
    also: list[Row] = field(default_factory=list)
    steps: list[NextStep] = field(default_factory=list)
    is_building: bool = False

    @property
    def kinds(self) -> set[str]:
        """The kinds of all that is shown."""
        return {part.kind for row in (*self.rows, *self.also) for part in (row, *row.under)}


def answer(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, literally: bool = False, is_unfinished: bool = False
) -> Answer:
    """What this viewer finds; `literally` even when nothing is found by these very words."""
    if asked.is_empty:
        return Answer(asked)
    parsed = asked.parsed(is_unfinished=is_unfinished)
    found = find(viewer, parsed.query, limit=PAGE, cursor=cursor, facets=FACETS)
    if found.is_building:
        return Answer(asked, is_building=True)
    if cursor is not None:
        return _answer(viewer, asked, parsed, found)
    if found.total == 0 and parsed.words and not is_unfinished:
        return _without_hits(viewer, asked, parsed, found, literally=literally)
    if found.total >= LITTLE:
        return _answer(viewer, asked, parsed, found)
    also = _some_of(viewer, asked, parsed, found)
    return _answer(viewer, asked, parsed, found, also=also, better=by_sound(viewer, asked))


def _without_hits(viewer: Viewer, asked: Asked, parsed: Parsed, found: Found, *, literally: bool) -> Answer:
    better = correction(viewer, asked, parsed)
    if better is not None and not literally:
        corrected = better.asked.parsed()
        found = find(viewer, corrected.query, limit=PAGE, facets=FACETS)
        return _answer(viewer, better.asked, corrected, found, better=better)
    also = _some_of(viewer, asked, parsed, found)
    return _answer(viewer, asked, parsed, found, also=also, better=better)


def _answer(
    viewer: Viewer,
    asked: Asked,
    parsed: Parsed,
    found: Found,
    *,
    also: Sequence[Row] = (),
    better: Correction | None = None,
) -> Answer:
    groups = [group for name in CHOICES[1:] if (group := _group(viewer, asked, name, found.facets.get(name, [])))]
    return Answer(
        asked=asked,
        rows=together([row_of(one, parsed) for one in found.finds], asked),
        total=found.total,
        tabs=_tabs(viewer, asked, found.facets.get("kind", [])),
        groups=groups,
        next=found.next,
        synonyms=parsed.also,
        correction=better,
        also=list(also),
        steps=facets.next_steps(viewer, " ".join(parsed.words)) if found.total < LITTLE and parsed.words else [],
    )


def row_of(one: Find, parsed: Parsed) -> Row:
    """A hit with what was looked for marked in it, cut from the text as the database has it now."""
    words = (*parsed.words, *parsed.also)
    shown = one.shown
    return Row(
        key=one.hit.key,
        kind=shown.kind,
        title=highlight(shown.title, words),
        url=shown.url,
        excerpt=excerpt(shown.text, words, EXCERPT),
        facts=shown.facts,
        at=shown.at if shown.at != EPOCH else None,
        lang=shown.lang,
        whole=str(shown.within or shown.ref),
    )


def together(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """In order of relevance, the hits of one thread stand under the best of them; by time, each where it belongs."""
    if asked.order == "newest":
        return list(rows)
    wholes: dict[str, list[Row]] = {}
    for row in rows:
        wholes.setdefault(row.whole, []).append(row)
    return [replace(best, under=tuple(others)) for best, *others in wholes.values()]


def _some_of(viewer: Viewer, asked: Asked, parsed: Parsed, found: Found) -> list[Row]:
    """When little has all of the words: what has a good part of them, under the same choices."""
    parts = any_of(" ".join(parsed.words))
    if len(parts.clauses) < 2:  # noqa: PLR2004 - of one word there is no part
        return []
    known = {one.hit.key for one in found.finds}
    some = find(viewer, asked.within(parts), limit=LITTLE + len(known))
    rows = [row_of(one, parsed) for one in some.finds if one.hit.key not in known]
    return together(rows[: LITTLE * 2], asked)


def _tabs(viewer: Viewer, asked: Asked, counts: Sequence[tuple[str, int]]) -> list[Choice]:
    """All kinds, then each that something was found of; the chosen one also when nothing was."""
    found = dict(counts)
    if asked.kind and asked.kind not in found:
        found[asked.kind] = 0
    labels = facets.labels_of(viewer, "kind", list(found))
    every = Choice("", asked.but(kind="").url, sum(found.values()), not asked.kind)
    return [
        every,
        *(
            Choice(labels[kind], asked.but(kind=kind).url, count, asked.kind == kind)
            for kind, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
    ]


def _group(viewer: Viewer, asked: Asked, name: str, counts: Sequence[tuple[str, int]]) -> Group | None:
    """The commonest values, years from the newest; none where there is nothing to choose."""
    chosen = asked.chosen.get(name, "")
    found = dict(sorted(counts, reverse=True) if name == "year" else counts)
    if name == "region":  # provinces, and the cities of the one that was chosen
        found = {
            code: count
            for code, count in found.items()
            if len(code) == PROVINCE or code[:PROVINCE] == chosen[:PROVINCE]
        }
    some = dict(list(found.items())[:MOST_VALUES])
    if chosen:
        some[chosen] = found.get(chosen, 0)
    if len(some) < 2 and not chosen:  # noqa: PLR2004 - one value is no choice
        return None
    labels = facets.labels_of(viewer, name, list(some))
    choices = [
        Choice(
            label=labels[value],
            url=asked.but(**{name: "" if value == chosen else value}).url,
            count=count,
            is_chosen=value == chosen,
        )
        for value, count in some.items()
    ]
    return Group(name, facets.title_of(name), choices)
