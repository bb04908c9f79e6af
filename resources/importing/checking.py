"""What would happen to each row of a table: new, changed, the same as before, or refused, and why."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select

from kernel.db import session
from kernel.errors import InvalidError
from kernel.rooms import id_of
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.importing.headings import check_headings, heading_of, kind_of, typed_row
from resources.importing.tables import TableFile
from resources.in_name_of import by_address_and_name, check_name, with_number
from resources.models import Listing
from resources.offers import Offer, read_offer, typed_of
from resources.vocabulary import ListingKind

LONGEST_KEY = 120
SOME = 400


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be taken: what it offers, under which key, and where it comes from."""

    number: int
    offer: Offer
    key: str
    source_name: str = ""
    source_url: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken: the column at fault, if it is one, and a sentence."""

    number: int
    column: str
    reason: str


@dataclass(slots=True)
class Report:
    """What a table would do."""

    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    fates: dict[str, Fate] = field(default_factory=dict)
    encoding: str = ""

    @property
    def refused_rows(self) -> int:
        """How many rows are refused; one row may have several faults."""
        return len({refusal.number for refusal in self.refusals})

    def count(self, fate: str) -> int:
        """How many rows have this fate."""
        return sum(one == fate for one in self.fates.values())

    @property
    def to_do(self) -> int:
        """How many rows would change something."""
        return self.count(Fate.NEW) + self.count(Fate.CHANGED)


def check_table(viewer: Viewer, table: TableFile, *, kind: ListingKind | None = None, host: str = "") -> Report:
    """Read every row; raises `TableError` when the headings say that this is another kind of table."""
    report = Report(unknown=check_headings(table.headings, has_kind=kind is not None), encoding=table.encoding)
    seen: dict[str, int] = {}
    names = by_address_and_name(viewer)
    for line in table.lines:
        if line.fault:
            report.refusals.append(Refusal(line.number, "", line.fault))
            continue
        row_kind = kind_of(line.cells, kind)
        typed = typed_row(line.cells, row_kind)
        if row_kind is not None:
            typed["kind"] = row_kind.code
        try:
            entry = entry_of(line.number, with_number(typed, names))
            check_name(viewer, entry.offer.organisation_id)
        except InvalidError as error:
            report.refusals += [
                Refusal(line.number, heading_of(column, line.cells, row_kind), reason)
                for column, reason in error.errors.items()
            ]
            continue
        _take(report, entry, seen)
    report.fates = fates_of(viewer, report.entries, host=host)
    return report


def check_entries(viewer: Viewer, rows: Iterable[tuple[int, Mapping[str, str]]]) -> Report:
    """The same for rows that stand under our own names already."""
    report, seen = Report(), dict[str, int]()
    for number, typed in rows:
        try:
            entry = entry_of(number, typed)
            check_name(viewer, entry.offer.organisation_id)
        except InvalidError as error:
            report.refusals += [Refusal(number, column, reason) for column, reason in error.errors.items()]
            continue
        _take(report, entry, seen)
    report.fates = fates_of(viewer, report.entries)
    return report


def entry_of(number: int, typed: Mapping[str, str]) -> Entry:
    """A row as an entry; raises `InvalidError` by column."""
    offer = read_offer(typed)
    own = clean_line(typed.get("id", ""))
    if len(own) > LONGEST_KEY:
        raise InvalidError(errors={"id": _("This may have at most %(count)s characters.", count=LONGEST_KEY)})
    source_url = clean_line(typed.get("source_url", ""))[:500]
    if source_url and not source_url.startswith(("https://", "http://")):
        raise InvalidError(errors={"source_url": _("This is not a web address; it begins with https://.")})
    return Entry(
        number,
        offer,
        own or content_key(offer),
        source_name=clean_line(typed.get("source_name", ""))[:120],
        source_url=source_url,
        licence=clean_line(typed.get("source_licence", ""))[:60],
    )


def content_key(offer: Offer) -> str:
    """The key of a row without a number of its own: what it says."""
    said = "\x00".join(f"{name}={value}" for name, value in sorted(typed_of(offer).items()) if value)
    return f"row:{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def own_listings(viewer: Viewer, keys: Sequence[str], *, host: str = "") -> dict[str, Listing]:
    """My listings by the keys of a table: by the number of their source, or by their own address here."""
    found: dict[str, Listing] = {}
    here = {number: key for key in keys if host and (number := _number_here(key, host)) is not None}
    for start in range(0, len(keys), SOME):
        some = keys[start : start + SOME]
        mine = select(Listing).where(Listing.owner_id == viewer.me)
        for listing in session().scalars(mine.where(Listing.source_id.in_(some))):
            found[listing.source_id or ""] = listing
        numbers = [number for number, key in here.items() if key in some]
        for listing in session().scalars(mine.where(Listing.id.in_(numbers))) if numbers else ():
            found[here[listing.id]] = listing
    return found


def _number_here(key: str, host: str) -> int | None:
    """The number of a listing of this very site, by which its export knows it."""
    return id_of(key.removeprefix(f"{host}/listings/")) if key.startswith(f"{host}/listings/") else None


def fates_of(viewer: Viewer, entries: Sequence[Entry], *, host: str = "") -> dict[str, Fate]:
    """What would become of each entry, by its key."""
    known = own_listings(viewer, [entry.key for entry in entries], host=host)
    return {
        entry.key: Fate.NEW
        if entry.key not in known
        else Fate.SAME
        if typed_of(known[entry.key]) == typed_of(entry.offer)
        else Fate.CHANGED
        for entry in entries
    }


def _take(report: Report, entry: Entry, seen: dict[str, int]) -> None:
    if entry.key in seen:
        reason = _("The same as row %(number)s.", number=seen[entry.key])
        report.refusals.append(Refusal(entry.number, "", reason))
        return
    seen[entry.key] = entry.number
    report.entries.append(entry)
