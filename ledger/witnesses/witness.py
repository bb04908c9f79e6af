"""A witness: it remembers the newest checkpoint of each log it knows, and cosigns only what continues it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from ledger.checkpoints import Checkpoint, OpenedCheckpoint, open_checkpoint, read_checkpoint
from ledger.cosignatures import add_signatures, cosign
from ledger.errors import FormatError, LedgerError, ProofError, WitnessError
from ledger.keys import Signer
from ledger.log import EMPTY, LogState
from ledger.merkle import verify_consistency
from ledger.notes import Note
from ledger.policies import Policy
from ledger.witnesses.calls import SIZE_TYPE, AddCheckpoint, Reply, parse_add_checkpoint

_SCHEMA = """
CREATE TABLE head (
  origin_hash TEXT PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
) STRICT
"""
_FIND = "SELECT size, root, note FROM head WHERE origin_hash = ?"
_SAVE = """
INSERT INTO head (origin_hash, origin, size, root, note) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin_hash) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
"""
_PATIENCE = 10.0


def create_memory(path: Path) -> None:
    """Make the file in which a witness remembers, once in its life.

    A witness that lost its memory could cosign a second history, so that starting without the file is an error.
    """
    if path.exists():
        raise WitnessError(f"{path} exists: it is the memory of a witness")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(_SCHEMA)


class Witness:
    """Answers the two calls of a witness. The logs it knows are those of its policy; the clock tells seconds."""

    def __init__(self, path: Path, *, policy: Policy, signers: Sequence[Signer], clock: Callable[[], int]) -> None:
        if not path.is_file():
            raise WitnessError(f"{path} does not exist: make the memory of a new witness first, or find the lost one")
        if not signers or not all(signer.kind.is_timestamped for signer in signers):
            raise FormatError("a witness signs with keys of the types 0x04 and 0x06")
        self._path = path.resolve()
        self._policy = policy
        self._signers = tuple(signers)
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Reply:
        """Cosign a checkpoint that continues the one that is remembered, and remember it before anybody hears of it."""
        try:
            asked = parse_add_checkpoint(body)
            origin = read_checkpoint(asked.note).origin
        except FormatError as wrong:
            return _refusal(400, str(wrong))
        keys = self._policy.log_keys(origin)
        if not keys:
            return _refusal(404, "This witness does not know this log.")
        try:
            opened = open_checkpoint(asked.note, keys, origin=origin)
        except LedgerError as wrong:
            return _refusal(403, str(wrong))
        if asked.old > opened.checkpoint.size:
            return _refusal(400, "The old size is larger than the new one.")
        try:
            return self._cosign_next(asked, opened)
        except sqlite3.OperationalError as wrong:
            return _refusal(503, f"The witness cannot remember anything now: {wrong}.")

    def checkpoint(self, origin_hash: str) -> Reply:
        """The newest checkpoint that was cosigned for a log, for those who compare what witnesses see."""
        with self._open() as connection:
            found = connection.execute(_FIND, (origin_hash,)).fetchone()
        return Reply(200, found[2].encode()) if found else _refusal(404, "This witness has seen no such log.")

    def _cosign_next(self, asked: AddCheckpoint, opened: OpenedCheckpoint) -> Reply:
        head, origin = opened.checkpoint, opened.checkpoint.origin
        with self._alone() as connection:
            refusal = _reason_against(asked, head, _known(connection, origin))
            if refusal:
                return refusal
            signed, time = str(Note(head.text, tuple(one.signature for one in opened.verified))), self._clock()
            lines = [cosign(signed, signer, time=time) for signer in self._signers]
            note = add_signatures(signed, lines)
            connection.execute(_SAVE, (_hashed(origin), origin, head.size, head.root, note))
        return Reply(200, "".join([one.line for one in lines]).encode())

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else's check can slip into; it is on the disk when it ends."""
        with self._open() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _open(self) -> closing[sqlite3.Connection]:
        """The file that is there; one that vanished is not made anew."""
        return closing(
            sqlite3.connect(f"{self._path.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)
        )


def _known(connection: sqlite3.Connection, origin: str) -> LogState:
    found = connection.execute(_FIND, (_hashed(origin),)).fetchone()
    return LogState(found[0], found[1]) if found else EMPTY


def _reason_against(asked: AddCheckpoint, head: Checkpoint, known: LogState) -> Reply | None:
    """Why this checkpoint is not cosigned after the known one, in the order that the protocol gives."""
    if asked.old != known.size:
        return Reply(409, f"{known.size}\n".encode(), SIZE_TYPE)
    if head.size == known.size and head.root != known.root:
        return _refusal(409, "Another root was cosigned for this size.")
    try:
        if known.size:
            verify_consistency(
                old_size=known.size, old_root=known.root, new_size=head.size, new_root=head.root, proof=asked.proof
            )
        elif asked.proof:
            return _refusal(422, "From size 0 no proof is needed.")
    except ProofError as wrong:
        return _refusal(422, str(wrong))
    return None


def _refusal(status: int, reason: str) -> Reply:
    return Reply(status, f"{reason}\n".encode())


def _hashed(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
