"""From the bytes of a table to its rows: whatever is wrong with the file as a whole is said in one sentence."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from kernel.words import gettext as _
from resources.importing.cells import is_formula, unguarded

MOST_BYTES = 5_000_000
MOST_ROWS = 2_000
MOST_COLUMNS = 200
LONGEST_CELL = 40_000

_OTHER_KINDS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class TableError(ValueError):
    """The file is no table that can be read; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row, by the number of its line in the file; `fault` where its cells do not fit the headings."""

    number: int
    cells: dict[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TableFile:
    """The headings as they stand, and the rows."""

    headings: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    encoding: str = "utf-8"


def read_table(data: bytes, *, most_rows: int = MOST_ROWS) -> TableFile:
    """The table in these bytes: UTF-8 or GB18030, commas, semicolons or tabs; raises `TableError`."""
    text, encoding = _decoded(data)
    rows = _rows(text)
    headings = _headings(rows)
    lines: list[Line] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) == most_rows:
            raise TableError(
                _(
                    "The table has more than %(count)s rows. Split it, or let the command line import it.",
                    count=most_rows,
                )
            )
        lines.append(_line(number, headings, cells))
    if not lines:
        raise TableError(_("There is no row under the headings."))
    return TableFile(headings, lines, encoding)


def _decoded(data: bytes) -> tuple[str, str]:
    if not data.strip():
        raise TableError(_("The file is empty."))
    if data.startswith(_OTHER_KINDS):
        raise TableError(_("This is not a table in text form. In Excel or WPS, save it as “CSV UTF-8”."))
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "")
    for name in [encoding] if encoding else ["utf-8", "gb18030"]:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, name
    raise TableError(_("The file is neither UTF-8 nor GB18030 text. In Excel or WPS, save it as “CSV UTF-8”."))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line where it ends."""
    start = text[:20_000].partition("\n")[0]
    delimiter = max(",;\t", key=start.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise TableError(
                _("The quotation marks do not fit each other near line %(number)s.", number=reader.line_num)
            ) from None
        yield reader.line_num, cells


def _headings(rows: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
    headings = next((cells for _line_number, cells in rows if any(cell.strip() for cell in cells)), [])
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    names = [name.strip() for name in headings]
    if len(names) > MOST_COLUMNS:
        raise TableError(_("The table has more than %(count)s columns.", count=MOST_COLUMNS))
    folded = [name.casefold() for name in names if name]
    double = next((name for name in names if name and folded.count(name.casefold()) > 1), None)
    if double is not None:
        raise TableError(_("Two columns are headed “%(name)s”.", name=double[:40]))
    return tuple(names)


def _line(number: int, headings: tuple[str, ...], cells: list[str]) -> Line:
    while len(cells) > len(headings) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(headings):
        fault = _(
            "The row has %(cells)s cells, the headings are %(headings)s.", cells=len(cells), headings=len(headings)
        )
        return Line(number, {}, fault)
    named = {name: cell for name, cell in zip(headings, cells, strict=True) if name}
    if any(len(cell) > LONGEST_CELL for cell in named.values()):
        return Line(number, {}, _("A cell has more than %(count)s characters.", count=LONGEST_CELL))
    formula = next((name for name, cell in named.items() if is_formula(cell)), None)
    if formula is not None:
        return Line(
            number, {}, _("The cell under “%(name)s” is a formula; only its value is taken.", name=formula[:40])
        )
    return Line(number, {name: unguarded(cell) for name, cell in named.items()})
