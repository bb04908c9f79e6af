"""Proofs of the log, read from a handful of tiles however large it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ip_registry.highwater import remember_shown
from ip_registry.models import LedgerEntry, LedgerLog
from ip_registry.queries.log import CheckpointRow, checkpoint_at, log_named
from ip_registry.storage import SqlArchive, tile_cache
from kernel.db import session
from kernel.errors import NotFoundError
from ledger.log import LogState
from ledger.proofs import format_proof
from ledger.tiles import ENTRIES, WIDTH, TileAddress, pack_entries
from ledger.tree import consistency_proof, inclusion_proof


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of a log."""

    log_id: int
    label: str
    index: int
    leaf_hash: bytes
    leaf: bytes

    @property
    def number(self) -> str:
        """By what people call the entry, and the record that it began."""
        return f"{self.label}-{self.index}"


def entry_at(label: str | None, index: int) -> EntryRow:
    """The entry at a place of a log."""
    here = log_named(label)
    row = session().get(LedgerEntry, (here.id, index))
    if row is None:
        raise NotFoundError
    return EntryRow(here.id, here.label, row.index, row.leaf_hash, row.leaf)


def entry_of(leaf_hash: bytes) -> EntryRow | None:
    """The entry with this leaf hash; None while it waits, or when there is none."""
    row = (
        session()
        .execute(
            select(LedgerEntry, LedgerLog.label)
            .join(LedgerLog, LedgerLog.id == LedgerEntry.log_id)
            .where(LedgerEntry.leaf_hash == leaf_hash)
        )
        .first()
    )
    if row is None:
        return None
    entry, label = row
    return EntryRow(entry.log_id, label, entry.index, entry.leaf_hash, entry.leaf)


def proof_text(index: int, size: int | None = None, *, label: str | None = None) -> str:
    """The tlog-proof of an entry under the checkpoint of `size`, or under the newest."""
    here = log_named(label)
    under = checkpoint_at(here, here.size if size is None else size)
    return format_proof(index, inclusion(under, index), under.note)


def inclusion(under: CheckpointRow, index: int) -> list[bytes]:
    """The path from an entry to the root of a checkpoint."""
    if index >= under.size:
        raise NotFoundError
    archive = SqlArchive(session(), under.log_id)
    return inclusion_proof(archive, index, under.size, cache=tile_cache(session(), under.log_id))


def consistency(log_id: int, old: int, new: int) -> list[bytes]:
    """That the log of `new` entries continues the one of `old`."""
    archive = SqlArchive(session(), log_id)
    return consistency_proof(archive, old, new, cache=tile_cache(session(), log_id))


def resource(label: str | None, address: TileAddress) -> bytes:
    """A tile or an entry bundle as tlog-tiles serves it: of any width that the log had or has."""
    here = log_named(label)
    remember_shown(here.label, LogState(here.size, here.root))  # mirrors keep what they get for good
    if address.level == ENTRIES:
        start = address.n * WIDTH
        end = start + address.width
        if end > here.size:
            raise NotFoundError
        return pack_entries([entry.leaf for entry in SqlArchive(session(), here.id).entries(start, end)])
    wanted = address.width * 32
    blob = SqlArchive(session(), here.id).tile(address.level, address.n)
    if len(blob) < wanted:
        raise NotFoundError
    return blob[:wanted]


def paths(under: CheckpointRow, indexes: Sequence[int]) -> list[list[bytes]]:
    """The paths of many entries to one root."""
    return [inclusion(under, index) for index in indexes]
