"""What the headings of a table mean, in codes and in both languages, and the headings of the tables we write."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from flask_babel import get_locale

from kernel.words import gettext as _
from resources.facts import plain
from resources.importing.tables import TableError
from resources.offers import FACT, kind_named
from resources.vocabulary import COLUMNS, KINDS, FactField, ListingKind, Words

SOURCE = {
    "source_name": Words("来源", "Source"),
    "source_url": Words("来源地址", "Source address"),
    "source_licence": Words("来源许可", "Licence of the source"),
}


def check_headings(headings: Iterable[str], *, has_kind: bool) -> list[str]:
    """The headings that mean nothing here; raises `TableError` when the needed ones are not among them."""
    known = _columns()
    found = {known.get(plain(heading)) for heading in headings}
    if "title" not in found:
        raise TableError(_("No column is headed “%(title)s”: the first line must hold the headings.", title=_title()))
    if "kind" not in found and not has_kind:
        raise TableError(_("No column says the kind of listing. Choose the kind of all rows above, or add the column."))
    facts = {name for kind in KINDS.values() for field in kind.fields for name in _names(field)}
    return [heading for heading in headings if plain(heading) and plain(heading) not in {*known, *facts}]


def typed_row(cells: Mapping[str, str], kind: ListingKind | None) -> dict[str, str]:
    """The cells of a row under the names of our columns; facts as those of the row's kind."""
    columns = _columns()
    typed: dict[str, str] = {}
    for heading, cell in cells.items():
        name = plain(heading)
        column = columns.get(name)
        if column is not None:
            typed[column] = cell
        elif kind is not None and (fact := _facts(kind.code).get(name)) is not None:
            typed[FACT + fact] = cell
    return typed


def kind_of(cells: Mapping[str, str], chosen: ListingKind | None) -> ListingKind | None:
    """The kind that a row names, else the one chosen for the whole table."""
    columns = _columns()
    named = next((cell for heading, cell in cells.items() if columns.get(plain(heading)) == "kind"), "")
    return kind_named(named) if named.strip() else chosen


def heading_of(column: str, cells: Mapping[str, str], kind: ListingKind | None) -> str:
    """How the table itself heads one of our columns; a missing one by its name."""
    known = dict(_columns())
    if kind is not None:
        known |= {name: FACT + fact for name, fact in _facts(kind.code).items()}
    return next((heading for heading in cells if known.get(plain(heading)) == column), "") or _named(column, kind)


def headings_for(kinds: Sequence[ListingKind], locale: str) -> list[str]:
    """The first line of a table of these kinds."""
    common = [column.label.of(locale) for column in COLUMNS.values()]
    facts = dict.fromkeys(field.label.of(locale) for kind in kinds for field in kind.fields)
    return [*common, *facts, *(words.of(locale) for words in SOURCE.values())]


def _named(column: str, kind: ListingKind | None) -> str:
    field = kind.field(column.removeprefix(FACT)) if kind and column.startswith(FACT) else COLUMNS.get(column)
    return field.label.of(_locale()) if field else column


def _locale() -> str:
    return str(get_locale() or "en")


def _title() -> str:
    return COLUMNS["title"].label.of(_locale())


@cache
def _columns() -> Mapping[str, str]:
    found = {name: column.name for column in COLUMNS.values() for name in _names(column)}
    for column, words in SOURCE.items():
        found |= {plain(name): column for name in (column, words.zh, words.en)}
    return found


@cache
def _facts(code: str) -> Mapping[str, str]:
    return {name: field.name for field in KINDS[code].fields for name in _names(field)}


def _names(field: FactField) -> list[str]:
    return [plain(name) for name in (field.name, field.label.zh, field.label.en)]
