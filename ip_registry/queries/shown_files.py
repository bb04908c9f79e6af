"""The files of a record as its page lists them: the first of them, however many thousands there are."""

from dataclasses import dataclass

from sqlalchemy import select

from ip_registry.envelopes.canonical import parse_strict
from ip_registry.envelopes.manifests import FileRecord, parse_file_record
from ip_registry.models import Deposit
from ip_registry.queries.records import RecordView
from kernel.db import session


@dataclass(frozen=True, slots=True)
class ShownFiles:
    """Some files of a record: `count` may be known to the viewer, of `size` that it has."""

    size: int
    count: int
    files: list[FileRecord]


def shown_files(view: RecordView, *, at_most: int) -> ShownFiles | None:
    """What the viewer of this page may know of the files; None without a manifest here, or when nothing is theirs.

    Proofs are not made for a list: those of a hundred thousand files take longer than anybody looks at a page.
    """
    allowed = {*view.open_paths, *view.sight.paths}
    if not view.sight.sees_all and not allowed:
        return None
    texts: list[str] | None = session().scalar(select(Deposit.manifest).where(Deposit.record_id == view.record_id))
    if not texts:
        return None
    known = texts if view.sight.sees_all else [text for text in texts if parse_strict(text)["path"] in allowed]
    return ShownFiles(len(texts), len(known), [parse_file_record(text) for text in known[:at_most]])
