"""What people type, understood as a small tree. Nothing that is typed is an error: what is malformed is words.

Words · "phrases" · -without · OR and 或 · begin* · author: in: tag: kind: sector: region: year: after: before: is: has:
An unquoted run of Han asks for all its pairs, wherever they stand; in quotes it is asked for as it stands.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kernel.clock import now
from search_index import analysis
from search_index.documents import fold_label
from search_index.engine import AnyOf, Clause, Filter, Phrase, Prefix, Query, Word

LONGEST = 10_000  # characters that are looked at
MOST = 64  # clauses, exclusions and filters, each
MOST_TOKENS = 48  # of one phrase
NOTHING = AnyOf(())  # holds for no document
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
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")
_AGE = re.compile(r"(\d{1,4})([hdwmy时天日周月年])")
_AGES = {
    "h": 1 / 24,
    "时": 1 / 24,
    "d": 1,
    "天": 1,
    "日": 1,
    "w": 7,
    "周": 7,
    "m": 30.44,
    "月": 30.44,
    "y": 365.25,
    "年": 365.25,
}
_ENDINGS = ("", "t", "e", "g", "ng", "ing", "ion", "tion", "ment", "al", "ty", "ly")


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
        reading.clauses.append(AnyOf((*choices, *_choices(clause))))
    else:
        reading.clauses.append(clause)


def _choices(clause: Clause) -> tuple[Clause, ...]:
    return clause.choices if isinstance(clause, AnyOf) else (clause,)


def _flush(reading: _Reading, *, keep_last: bool = False) -> None:
    """Make clauses of the words that waited; with `keep_last` the last word becomes one clause, for an OR."""
    if not reading.plain:
        return
    plain, reading.plain = reading.plain, []
    last = plain.pop() if keep_last else None
    reading.words += [*plain, last] if last else plain
    reading.clauses += _with_synonyms(plain, reading)
    clause = one_clause(last) if last else None
    if clause is not None:
        reading.clauses.append(clause)


def _filter(reading: _Reading, name: str, value: str, *, without: bool, either: bool) -> bool:
    """Take `name:value` as a filter; False when it is not one, and so words."""
    known = FIELDS.get(name.casefold())
    values = [fold_label(unicodedata.normalize("NFKC", part)) for part in re.split("[,，、]", value)]
    values = [part for part in values if part][:MOST]
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


def moment_of(value: str) -> datetime | None:
    """The beginning of a year, month or day, or what is this old: `2024`, `2024-05`, `2024年5月1日`, `7d`, `3周`."""
    try:
        if date := _DATE.fullmatch(value):
            year, month, day = (int(part) if part else 1 for part in date.groups())
            return datetime(year, month, day, tzinfo=UTC)
        if age := _AGE.fullmatch(value):
            return now() - timedelta(days=int(age[1]) * _AGES[age[2]])
    except (ValueError, OverflowError):
        pass
    return None


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


def _with_synonyms(words: Iterable[str], reading: _Reading) -> list[Clause]:
    """A clause for each run; the longest term of the table that begins there goes with what it also means."""
    runs = [run for word in words for run in analysis.runs(word)][: MOST * 2]
    if not reading.synonyms:
        return [run_clause(run) for run in runs]
    clauses: list[Clause] = []
    at = 0
    while at < len(runs):
        for length in range(min(5, len(runs) - at), 0, -1):
            part = runs[at : at + length]
            key = " ".join(run if analysis.is_han(run) else analysis.expand(run)[0] for run in part)
            if others := reading.synonyms.get(key):
                typed = run_clause(part[0]) if length == 1 else phrase(" ".join(part))
                clauses.append(_any_of_these(typed, others, reading))
                break
        else:
            length = 1
            clauses += _han_terms(runs[at], reading) if analysis.is_han(runs[at]) else [run_clause(runs[at])]
        at += length
    return clauses


def _han_terms(run: str, reading: _Reading) -> list[Clause]:
    """The same inside a run of Han, where words are not set apart."""
    clauses: list[Clause] = []
    begin = at = 0
    while at < len(run):
        for end in range(min(len(run), at + 12), at + 1, -1):
            if others := reading.synonyms.get(run[at:end]):
                if at > begin:
                    clauses.append(run_clause(run[begin:at]))
                clauses.append(_any_of_these(run_clause(run[at:end]), others, reading))
                begin = at = end
                break
        else:
            at += 1
    if begin < len(run):
        clauses.append(run_clause(run[begin:]))
    return clauses


def _any_of_these(typed: Clause | None, others: Sequence[str], reading: _Reading) -> Clause:
    reading.also += others
    choices = [choice for clause in (typed, *map(one_clause, others)) if clause for choice in _choices(clause)]
    return AnyOf(tuple(dict.fromkeys(choices)))


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
