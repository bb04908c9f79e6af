"""A table between its sending and its import: kept, looked through, imported or forgotten."""

from collections.abc import Mapping
from datetime import timedelta
from typing import IO

from sqlalchemy import select

from accounts.blobs import hold_blobs, point_at_blobs
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError, TooLargeError
from kernel.files import BlobStore, clean_name
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.importing.checking import Report, check_table
from resources.importing.headings import check_headings
from resources.importing.tables import MOST_BYTES, TableError, read_table
from resources.importing.writing import prepare, write
from resources.models import ListingImport
from resources.policy import ListingRight
from resources.vocabulary import KINDS

KEPT_FOR = timedelta(days=7)
AT_ONCE = 100

point_at_blobs(ListingImport.sha256)


def received(stream: IO[bytes]) -> bytes:
    """The bytes of a table, given up when there are too many; raises `TooLargeError`."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        reason = _(
            "The table has more than %(count)s MB. Split it, or let the command line do it.",
            count=MOST_BYTES // 1_000_000,
        )
        raise TooLargeError(reason, errors={"file": reason})
    return data


def check_kind_of_file(data: bytes, *, kind: str) -> None:
    """Whether the bytes are a table of listings at all; raises `InvalidError` beside the file."""
    try:
        check_headings(read_table(data).headings, has_kind=kind in KINDS)
    except TableError as error:
        raise InvalidError(str(error), errors={"file": str(error)}) from None


def keep_table(viewer: Viewer, *, data: bytes, name: str, kind: str, store: BlobStore) -> ListingImport:
    """Keep a table that can be read, to be looked through."""
    authorise(viewer, ListingRight.IMPORT)
    hold_blobs(exclusive=False)
    kept = ListingImport(
        owner_id=viewer.me,
        name=clean_name(name, ending="csv"),
        kind=kind if kind in KINDS else "",
        sha256=store.put(data),
        size=len(data),
    )
    session().add(kept)
    session().flush()
    return kept


def kept_table(viewer: Viewer, import_id: int, *, hold: bool = False) -> ListingImport:
    """A table of mine that is not forgotten yet; raises `NotFoundError`."""
    query = select(ListingImport).where(ListingImport.id == import_id, ListingImport.owner_id == viewer.me)
    kept = session().scalars(query.with_for_update() if hold else query).first()
    if kept is None:
        raise NotFoundError
    return kept


def report_of(viewer: Viewer, kept: ListingImport, *, store: BlobStore, host: str) -> Report:
    """What it would do now."""
    return _report(viewer, _bytes(kept, store), kind=kept.kind, host=host)


def import_table(viewer: Viewer, *, import_id: int, publish: bool, store: BlobStore, host: str) -> Mapping[str, int]:
    """Do it: every row that is not refused, or none. Sent twice, it is done once."""
    authorise(viewer, ListingRight.IMPORT)
    kept = kept_table(viewer, import_id, hold=True)
    if kept.done_at is not None:
        return kept.counts
    report = _report(viewer, _bytes(kept, store), kind=kept.kind, host=host)
    done = write(viewer, prepare(viewer, report.entries), publish=publish, host=host)
    kept.counts = {**{str(fate): count for fate, count in done.items()}, "refused": report.refused_rows}
    kept.done_at = now()
    return kept.counts


def forget_old_tables() -> int:
    """Tables that nobody came back to."""
    old = (
        session().scalars(select(ListingImport).where(ListingImport.created_at < now() - KEPT_FOR).limit(AT_ONCE)).all()
    )
    for kept in old:
        session().delete(kept)
    if old:
        enqueue("resources.remove_blobs", hashes=sorted({kept.sha256 for kept in old}))
    return len(old)


def _bytes(kept: ListingImport, store: BlobStore) -> bytes:
    try:
        with store.open(kept.sha256) as file:
            return file.read()
    except FileNotFoundError:
        raise NotFoundError from None


def _report(viewer: Viewer, data: bytes, *, kind: str, host: str) -> Report:
    return check_table(viewer, read_table(data), kind=KINDS.get(kind), host=host)
