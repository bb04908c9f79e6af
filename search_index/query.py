"""What people type, understood as a small tree. Nothing that is typed is an error: what is malformed is words.

Words · "phrases" · -without · OR and 或 · begin* · author: in: tag: kind: sector: region: year: after: before: is: has:
An unquoted run of Han asks for all its pairs, wherever they stand; in quotes it is asked for as it stands.
"""

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from search_index import analysis
from search_index.clauses import NOTHING, choices_of, one_clause, phrase, run_clause, with_synonyms
from search_index.documents import fold_label
from search_index.engine import AnyOf, Clause, Filter, Query, Word
from search_index.moments import moment_of

LONGEST = 10_000  # characters that are looked at
MOST = 64  # clauses, exclusions and filters, each
MARKS = frozenset({"unanswered", "answered", "record"})

FIELDS = {
    "author": "author", "作者": "author", "by": "author",
    "in": "community", "community": "community", "社区": "community",
    "tag": "tag", "标签": "tag",
    "kind": "kind", "类型": "kind",
    "sector": "sector", "行业": "sector", "领域": "sector",
    "region": "region", "地区": "region",
    "year": "year", "年份": "year",
    "is": "is", "has": "is",
    "after": "after", "since": "after", "晚于": "after",
    "before": "before", "早于": "before",
}  # fmt: skip
MANY_VALUED = frozenset({"tag", "is", "sector", "region"})  # said twice, both must hold; of the others either

_QUOTES = str.maketrans("“”„‟〝〞「」『』＂＊：－｜　", '"""""""""""*:-| ')
_ITEM = re.compile(
    r"""(?P<minus>(?:(?<=\s)|^)-)?
    (?: (?P<field>[^\W\d_]{2,10}):(?P<value>(?:"[^"]*"?|[^\s"])+)
      | "(?P<phrase>[^"]*)"?
      | (?P<word>[^\s"]+) )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was understood.

    `words`: what was looked for, as it was typed, for highlights and spellings; `also`: the synonyms that were added.
    `understood`: the filters, as (field, value) pairs, in the order in which they were typed.
    """

    query: Query
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    synonyms: Mapping[str, Sequence[str]]
    clauses: list[Clause] = field(default_factory=list)
    without: list[Clause] = field(default_factory=list)
    filters: list[tuple[str, set[str]]] = field(default_factory=list)
    without_labels: set[str] = field(default_factory=set)
    after: datetime | None = None
    before: datetime | None = None
    words: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    understood: list[tuple[str, str]] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)  # words in a row that wait to be searched for synonyms


def parse(text: str, *, synonyms: Mapping[str, Sequence[str]] = {}) -> Parsed:
    """Understand what was typed. The keys of `synonyms` are as `term_key` makes them."""
    reading = _Reading(synonyms)
    either = False
    for item in _ITEM.finditer(text[:LONGEST].translate(_QUOTES)):
        if item["word"] in ("OR", "或", "|", "||") and not item["minus"]:
            either = True
            continue
        _read(reading, item, either=either)
        either = False
        if len(reading.words) >= MOST * 2:
            break
    _flush(reading)
    if text.strip() and not (reading.clauses or reading.without or reading.understood):
        reading.clauses.append(NOTHING)
    return Parsed(
        Query(
            clauses=tuple(dict.fromkeys(reading.clauses))[:MOST],
            without=tuple(dict.fromkeys(reading.without))[:MOST],
            filters=tuple(Filter(name, frozenset(values)) for name, values in reading.filters[:MOST]),
            without_labels=frozenset(sorted(reading.without_labels)[:MOST]),
            after=reading.after,
            before=reading.before,
        ),
        tuple(dict.fromkeys(reading.words)),
        tuple(dict.fromkeys(reading.also)),
        tuple(dict.fromkeys(reading.understood)),
    )


def _read(reading: _Reading, item: re.Match[str], *, either: bool) -> None:
    without = bool(item["minus"])
    if item["field"] is not None:
        value = item["value"].replace('"', "")
        if _filter(reading, item["field"], value, without=without, either=either):
            return
    if item["phrase"] is not None:
        clause = phrase(item["phrase"])
        text = item["phrase"].strip()
    elif not without and not either and not item[0].endswith("*"):
        if analysis.runs(item[0]):
            reading.plain.append(item[0])  # the common case; synonyms may join several
        return
    else:
        text = item[0].removeprefix("-") if without else item[0]
        clause = one_clause(text)
    _flush(reading, keep_last=either)
    if clause is None:
        return
    if without:
        reading.without.append(clause)
        return
    reading.words.append(text)
    if either and reading.clauses:
        before = reading.clauses.pop()
        choices = before.choices if isinstance(before, AnyOf) else (before,)
        reading.clauses.append(AnyOf((*choices, *choices_of(clause))))
    else:
        reading.clauses.append(clause)


def _flush(reading: _Reading, *, keep_last: bool = False) -> None:
    """Make clauses of the words that waited; with `keep_last` the last word becomes one clause, for an OR."""
    if not reading.plain:
        return
    plain, reading.plain = reading.plain, []
    last = plain.pop() if keep_last else None
    reading.words += [*plain, last] if last else plain
    reading.clauses += with_synonyms(plain, reading.synonyms, reading.also)
    clause = one_clause(last) if last else None
    if clause is not None:
        reading.clauses.append(clause)


def _filter(reading: _Reading, name: str, value: str, *, without: bool, either: bool) -> bool:
    """Take `name:value` as a filter; False when it is not one, and so words."""
    known = FIELDS.get(name.casefold())
    values = [fold_label(unicodedata.normalize("NFKC", part)) for part in re.split("[,，、]", value)]
    values = [part.removeprefix("@") if known == "author" else part for part in values if part.strip("@")][:MOST]
    if known is None or not values:
        return False
    if known in ("after", "before"):
        return not without and _date(reading, known, values[0])
    if known == "is" and not MARKS.issuperset(values):
        return False
    _flush(reading)
    reading.understood += [(known, f"-{part}" if without else part) for part in values]
    if without:
        reading.without_labels.update(f"{known}={part}" for part in values)
        return True
    same = next((held for field_name, held in reversed(reading.filters) if field_name == known), None)
    if same is not None and (either or known not in MANY_VALUED):
        same.update(values)
    else:
        reading.filters.append((known, set(values)))
    return True


def _date(reading: _Reading, name: str, value: str) -> bool:
    moment = moment_of(value)
    if moment is None:
        return False
    _flush(reading)
    if name == "after":
        reading.after = max(moment, reading.after or moment)
    else:
        reading.before = min(moment, reading.before or moment)
    reading.understood.append((name, value))
    return True


def any_of(text: str, *, field_scored: str = "text") -> Query:
    """A question in natural language, or a title: what shares a good part of its words, the rarest counting most."""
    found: dict[Clause, None] = {}
    common: dict[Clause, None] = {}
    for run in analysis.runs(text[:LONGEST]):
        if analysis.is_han(run):
            for part in _PARTICLES.split(run):
                pairs = map("".join, itertools.pairwise(part))
                found |= dict.fromkeys(Word((pair,)) for pair in pairs)
        else:
            (common if run in _COMMON else found)[Word((analysis.expand(run)[0],))] = None
        if len(found) >= MOST:
            break
    clauses = tuple(found or common)[:MOST]
    if not clauses:
        clauses = tuple(run_clause(run) for run in analysis.runs(text[:200])) or (NOTHING,)
    return Query(clauses=clauses, match="any", scored_field="title" if field_scored == "title" else "text")


_PARTICLES = re.compile(
    "为什么|什么|怎么样|怎么|怎样|如何|哪些|哪里|哪个|请问|是否|可以|能否|有没有|[的了吗呢吧啊呀么]"
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can could do does did for from had has have how i if in into is it its me my"
        " no not of on or our should so than that the their them then there these they this to was we were what when"
        " where which who why will with would you your",
    )
)
