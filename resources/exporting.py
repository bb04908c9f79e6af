"""Listings as a table that spreadsheets open and our import reads again."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from accounts.models import User
from kernel.db import session
from kernel.viewer import Viewer
from resources.importing.cells import guarded
from resources.importing.headings import SOURCE, headings_for
from resources.in_name_of import slugs_of
from resources.models import Listing
from resources.offers import FACT, typed_of
from resources.queries.listings import Filters, is_listed
from resources.vocabulary import COLUMNS, KINDS, ListingKind

AT_ONCE = 200
BOM = "\ufeff"  # without it, Excel takes UTF-8 for the local encoding
MOST_ROWS = 50_000


def shelf_query(viewer: Viewer, filters: Filters) -> Select[Any]:
    """What the list shows, all of it."""
    return select(Listing.id).join(User, User.id == Listing.owner_id).where(is_listed(viewer, filters))


def own_query(viewer: Viewer) -> Select[Any]:
    """Everything of one's own."""
    return select(Listing.id).where(Listing.owner_id == viewer.me)


def kinds_in(query: Select[Any]) -> list[ListingKind]:
    """The kinds among these listings, in the order of the declaration."""
    found = set(session().scalars(query.with_only_columns(Listing.kind).distinct()))
    return [kind for code, kind in KINDS.items() if code in found]


def csv_lines(query: Select[Any], kinds: Sequence[ListingKind], *, locale: str, host: str) -> Iterator[str]:
    """The table, line by line; the rows are fetched as it goes."""
    headings = headings_for(kinds, locale)
    yield BOM + _line(headings)
    after, count = 0, 0
    while count < MOST_ROWS:
        page = query.with_only_columns(Listing).where(Listing.id > after).order_by(Listing.id).limit(AT_ONCE)
        rows = session().scalars(page).all()
        slugs = slugs_of({one.organisation_id for one in rows if one.organisation_id is not None})
        for listing in rows:
            cells = _cells(listing, locale=locale, host=host)
            cells[COLUMNS["organisation"].label.of(locale)] = slugs.get(listing.organisation_id or 0, "")
            yield _line([cells.get(heading, "") for heading in headings])
        session().expunge_all()
        if len(rows) < AT_ONCE:
            return
        after, count = rows[-1].id, count + len(rows)


def template_lines(kind: ListingKind, *, locale: str) -> Iterator[str]:
    """The empty table of a kind, with the kind filled in."""
    headings = headings_for([kind], locale)
    label = COLUMNS["kind"].label.of(locale)
    yield BOM + _line(headings)
    yield _line([kind.name.of(locale) if heading == label else "" for heading in headings])


def _cells(listing: Listing, *, locale: str, host: str) -> dict[str, str]:
    typed = typed_of(listing, locale)
    kind = KINDS[listing.kind]
    source = {"source_name": listing.source_name, "source_url": listing.source_url, "source_licence": listing.licence}
    return {
        **{column.label.of(locale): typed.get(name, "") for name, column in COLUMNS.items()},
        COLUMNS["id"].label.of(locale): listing.source_id or f"{host}/listings/{listing.id}",
        **{field.label.of(locale): typed.get(FACT + field.name, "") for field in kind.fields},
        **{words.of(locale): source[name] for name, words in SOURCE.items()},
    }


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return out.getvalue()
