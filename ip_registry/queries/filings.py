"""Filings as they are shown: what was put into the log, where it stands, and which times outsiders prove."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.models import Filing
from ip_registry.queries.proofs import EntryRow, entry_of, proof_text
from ip_registry.queries.times import Interval, proven_interval
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.refs import Ref
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class FilingView:
    """A filing; `entry` is None while it waits for its place, `interval` while no outsider vouched for a time."""

    id: int
    ref: Ref
    facts: dict[str, Any]
    statement: str
    salt: str
    entry: EntryRow | None
    interval: Interval | None

    @property
    def url(self) -> str:
        """Its page."""
        return f"/registry/filings/{self.id}"


def visible_filings(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: that of what was filed."""
    return Filing.audience.in_(sorted(viewer.audience))


def filing_of(viewer: Viewer, ref: Ref) -> FilingView | None:
    """What was filed of this thing, if anything was and the viewer may see it."""
    row = session().scalar(
        select(Filing).where(Filing.kind == ref.kind, Filing.ref_id == ref.id, visible_filings(viewer))
    )
    return None if row is None else _view(row)


def filing_at(viewer: Viewer, filing_id: int) -> FilingView:
    """A filing by its number."""
    row = session().scalar(select(Filing).where(Filing.id == filing_id, visible_filings(viewer)))
    if row is None:
        raise NotFoundError
    return _view(row)


def evidence_of(filing: FilingView) -> dict[str, Any]:
    """All that a stranger needs to check it with stock tools (docs/alliances.md says how)."""
    if filing.entry is None:
        raise NotFoundError
    return {
        "statement": filing.statement,
        "salt": filing.salt,
        "leaf": filing.entry.leaf.decode(),
        "proof": proof_text(filing.entry.index, label=filing.entry.label),
    }


def _view(row: Filing) -> FilingView:
    entry = entry_of(row.leaf_hash) if row.leaf_hash is not None else None
    interval = None
    if entry is not None:
        after_size = parse_leaf(entry.leaf).after_size
        interval = proven_interval(entry.log_id, index=entry.index, after_size=after_size)
    return FilingView(
        row.id, Ref(row.kind, row.ref_id), json.loads(row.statement), row.statement, row.salt, entry, interval
    )
