"""The log in the database: one lock row a log, what waits, what stands, and what outsiders said about it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DDL, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey

DIGEST = LargeBinary(32)


class LedgerLog(Model):
    """One row a log: the lock of whoever sequences, and what compare-and-swap compares. A frozen one signs no more.

    `label` (its year, and a letter where a year saw more than one) is the first part of its records' numbers.
    """

    __tablename__ = "ledger_log"

    id: Mapped[PrimaryKey]
    origin: Mapped[str] = mapped_column(String(120), unique=True)
    label: Mapped[str] = mapped_column(String(12), unique=True)
    size: Mapped[int] = mapped_column(default=0)
    root: Mapped[bytes] = mapped_column(DIGEST)
    is_frozen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PendingLeaf(Model):
    """A leaf that was accepted and waits for its place, in order of `id`; the transaction that places it removes it."""

    __tablename__ = "ledger_pending"

    id: Mapped[PrimaryKey]
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), index=True)
    leaf_hash: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(default=now)


class LedgerEntry(Model):
    """A leaf in its place. Never changed, never deleted: the database itself refuses it."""

    __tablename__ = "ledger_entry"

    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    leaf_hash: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerTile(Model):
    """A tile of the tree: up to 256 hashes of one level. It only grows, so every partial tile is a prefix of it."""

    __tablename__ = "ledger_tile"

    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(Model):
    """A signed checkpoint: there are never two roots for one size. Never changed, never deleted.

    `created_at` is our own clock: shown as a hint, never as proof.
    """

    __tablename__ = "ledger_checkpoint"

    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[bytes] = mapped_column(DIGEST)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Cosignature(Model):
    """A witness's signature line under a checkpoint, with the time that it states.

    `asked_at` is our own clock when we asked: it only tells by how much two outsiders were asked apart.
    """

    __tablename__ = "ledger_cosignature"

    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    vkey: Mapped[str] = mapped_column(String(2000), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    line: Mapped[str] = mapped_column(Text)
    stated_at: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(default=now)


class TokenState(StrEnum):
    """An asked-for token waits until its authority answered; a good one was verified with its chain.

    A contested one was verified too, but other outsiders state another time. A refused one is asked for no more.
    """

    WAITING = "waiting"
    GOOD = "good"
    REFUSED = "refused"
    CONTESTED = "contested"


class TimeToken(Model):
    """An RFC 3161 token of an outside authority: over the body of a checkpoint, or over the file hash of one record.

    `anchor_hash` is the leaf that puts the token's own hash into the log, so that a later token covers this one.
    `is_pinned` says that the operator laid down its chain; else it is the one that the authority delivered itself.
    """

    __tablename__ = "time_token"

    id: Mapped[PrimaryKey]
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"))
    size: Mapped[int | None]
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    imprint: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(500))
    authority: Mapped[str] = mapped_column(String(200), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default=TokenState.WAITING)
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    chain_pem: Mapped[bytes | None] = mapped_column(LargeBinary)
    stated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    anchor_hash: Mapped[bytes | None] = mapped_column(DIGEST)
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("time_token.id"), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_time_token_log_id_size", "log_id", "size"),
        Index("ix_time_token_state_asked_at", "state", "asked_at"),
        Index("ix_time_token_log_id_state_is_demo_size", "log_id", "state", "is_demo", "size"),
        UniqueConstraint("log_id", "size", "url"),
        UniqueConstraint("record_id", "imprint", "url"),
    )


APPEND_ONLY = ("ledger_entry", "ledger_checkpoint")


def _guard(table: str) -> None:
    """Let the database refuse what the code never does: an UPDATE or DELETE of what was signed."""
    for deed in ("UPDATE", "DELETE"):
        name = f"{table}_refuses_{deed.lower()}"
        refusal = f"'{table} is append-only'"
        on_sqlite = f"CREATE TRIGGER {name} BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, {refusal}); END"
        on_postgres = (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION {refusal}; END $$; "
            f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
        for dialect, statement in (("sqlite", on_sqlite), ("postgresql", on_postgres)):
            made: DDL = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(Model.metadata.tables[table], "after_create", made)


for _table in APPEND_ONLY:
    _guard(_table)
