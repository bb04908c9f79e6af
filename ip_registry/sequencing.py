"""From accepted to proven: what waits gets its place in a signed checkpoint, many at once, in one transaction.

Whoever asks for a leaf that still waits takes the log's lock, and with it all that waits: the others, who waited for
the lock, find theirs placed. So a crowd is served by one signature, and a lonely registration does not wait at all.

The order, which is never another: one transaction places, signs and commits; then the high-water file learns how far
the log was signed; then, and only then, anything of it may leave this machine.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import cast

import structlog
from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, select

from ip_registry.highwater import NotRememberedError, high_water_path, remember
from ip_registry.keys import KeyMissingError, log_of
from ip_registry.logs import LogHead, carry_over, current_log, lock_log
from ip_registry.models import LedgerCheckpoint, LedgerEntry, LedgerLog, PendingLeaf
from ip_registry.storage import SqlArchive, SqlStorage, address_of
from ip_registry.time.watching import witness_states
from ip_registry.witnesses import configured_witnesses
from kernel.db import db, session
from kernel.errors import GuildhallError
from kernel.work import reading, unit_apart
from ledger import highwater
from ledger.checkpoints import open_checkpoint, read_checkpoint
from ledger.errors import LedgerError, LostRaceError, RefusesToSignError
from ledger.log import Batch, LogState
from ledger.startup import check_before_signing
from ledger.tree import TileCache

log = structlog.get_logger("guildhall.registry")

TRIES = 5
_entry, _log = (cast("Table", model.__table__) for model in (LedgerEntry, LedgerLog))
PLACE = (
    select(_log.c.label, _entry.c.index)
    .join_from(_entry, _log, _log.c.id == _entry.c.log_id)
    .where(_entry.c.leaf_hash == bindparam("leaf"))
)
SAFE_COMMITS = {"2", "3", "on", "remote_apply"}

_leading = Lock()
_started: set[tuple[Hashable, int]] = set()
_nodes: dict[tuple[Hashable, int], TileCache] = {}  # of the last batch of each log, so that the next hashes little


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a leaf stands, in the log of this label; with the batch when this process placed it just now."""

    log: str
    index: int
    batch: Batch | None = None


@dataclass(eq=False, slots=True)
class _Wish:
    """Somebody in this process who waits for a leaf; whoever sequences fulfils it."""

    leaf_hash: bytes
    placed: Placed | None = None


_wishes: set[_Wish] = set()


class NotSigningError(GuildhallError):
    """The log does not sign at the moment; what was sent is kept and gets its place when it does."""

    status = 503
    code = "not-signing"


def sequenced(leaf_hash: bytes) -> int:
    """The place of an accepted leaf in a durable signed checkpoint; see `placed`."""
    return placed(leaf_hash).index


def placed(leaf_hash: bytes) -> Placed:
    """Where an accepted leaf stands in a durable signed checkpoint; waits until it does.

    Raises `NotSigningError` when the log refuses to sign or the database is in trouble. The leaf stays accepted.
    """
    wish = _Wish(leaf_hash)
    _wishes.add(wish)
    try:
        for is_first in (True, *[False] * (TRIES - 1)):
            with _leading:
                # At first it most probably waits; where another process placed it meanwhile, nothing of ours waits.
                found = wish.placed or (None if is_first else _place_of(leaf_hash))
                if found is None:
                    sequence()
            if (found := found or wish.placed) is not None:
                return found
    finally:
        _wishes.discard(wish)
    raise NotSigningError(_("The log is very busy. What you sent is kept, and gets its place in a moment."))


def sequence(*, accept: Callable[[LogHead, SqlStorage], None] | None = None) -> Batch | None:
    """Place what waits, as far as it fits into one batch; None when nothing waits, or no log is open yet.

    `accept` may let in more before, in the same transaction and under the log's lock. Never inside a unit.
    """
    try:
        heard = _witnesses_at_start()
        with unit_apart() as work:
            here = lock_log(work)
            if here is None:
                return None
            if here.has_stranded:
                carry_over(work, here.id)
            storage = SqlStorage(work, here.id, here.state, has_waiting=here.has_waiting or here.has_stranded)
            if accept is not None:
                accept(here, storage)
            must_be_newest(storage, here.state, high_water_path(here.label), witnesses=heard)
            where = (address_of(db.engine), here.id)
            batch = log_of(here.origin).sequence(storage, nodes=_nodes.get(where))
        if batch is not None:
            _nodes[where] = batch.nodes
            remember(here.label, batch.new)
            _fulfil(batch)
    except LostRaceError:
        return None
    except (LedgerError, KeyMissingError, NotRememberedError, OSError) as refusal:
        log.exception("the log does not sign")
        raise NotSigningError(
            _("The log does not sign at the moment. What you sent is kept, and gets its place when it does.")
        ) from refusal
    return batch


def places_in(batch: Batch) -> dict[bytes, Placed]:
    """Where the leaves of a batch stand, by their hashes."""
    label = batch.origin.rpartition("/")[2]
    return {entry.leaf_hash: Placed(label, entry.index, batch) for entry in batch.entries}


def _fulfil(batch: Batch) -> None:
    """Called once the batch may be published."""
    places = places_in(batch) if _wishes else {}
    for wish in tuple(_wishes):
        wish.placed = wish.placed or places.get(wish.leaf_hash)


def must_be_newest(
    storage: SqlStorage, state: LogState, path: Path, *, witnesses: Mapping[str, LogState] | None = None
) -> None:
    """Refuse to sign a log that is older than what was signed before, or that this process has not looked over yet.

    Called under the log's lock, where nobody can have signed anything that the database does not know.
    """
    seen = highwater.read(path)
    where = (address_of(db.engine), storage.log_id)
    if where not in _started:
        check_before_signing(storage, state, high_water=seen, witnesses=witnesses)
        _must_sync()
        _must_be_our_key(storage, state)
        _started.add(where)
    elif seen is not None and seen.size > state.size:
        raise RefusesToSignError(
            f"The high-water file knows {seen.size} entries, the database has only {state.size}: it was restored from "
            "a backup under the running site. Nothing was signed. Bring back the newest database."
        )


def _witnesses_at_start() -> Mapping[str, LogState]:
    """How far the witnesses have seen the log, before this process first signs: they remember what a machine forgets.

    They are asked before the lock is taken, so that nobody waits for them but who comes first.
    """
    here_is = address_of(db.engine)
    if any(where == here_is for where, _log in _started):
        return {}
    with reading() as work:
        here = current_log(work)
        if here is None:
            return {}
        origin = here.origin
    keys = [signer.verifier for signer in log_of(origin).signers]
    return witness_states(origin, keys, configured_witnesses())


def _place_of(leaf_hash: bytes) -> Placed | None:
    with reading() as work:
        row = work.connection().execute(PLACE, {"leaf": leaf_hash}).first()
    return None if row is None else Placed(*row)


def is_waiting() -> bool:
    """Whether any leaf waits for its place."""
    with reading() as work:
        return work.scalar(select(PendingLeaf.id).limit(1)) is not None


def _must_sync() -> None:
    """A commit that a power cut can take back would be a fork of what was signed."""
    if db.engine.dialect.name == "postgresql":
        said = str(session().connection().exec_driver_sql("SHOW synchronous_commit").scalar())
    else:
        said = str(session().connection().exec_driver_sql("PRAGMA synchronous").scalar())
    if said not in SAFE_COMMITS:
        raise RefusesToSignError(
            f"The database does not wait for the disk when it commits ({said}). Nothing was signed."
        )


def _must_be_our_key(archive: SqlArchive, state: LogState) -> None:
    """A new secret must not go on where another one signed."""
    newest = session().execute(
        select(LedgerCheckpoint.note).where(
            LedgerCheckpoint.log_id == archive.log_id, LedgerCheckpoint.size == state.size
        )
    )
    note = newest.scalar_one_or_none()
    if note is not None:
        signers = log_of(read_checkpoint(note).origin).signers
        open_checkpoint(note, [signer.verifier for signer in signers])
