"""The bytes of files, which several rooms point at: kept once, and removed when no room points at them any more."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from accounts.models import User
from kernel.db import db, session
from kernel.files import BlobStore

BLOBS_LOCK = 0x626C6F62

_columns: list[InstrumentedAttribute[Any]] = [User.avatar_hash]


def blob_store() -> BlobStore:
    """Where the site keeps its files, by their hash."""
    return BlobStore(current_app.config["DATA"] / "files")


def point_at_blobs(*columns: InstrumentedAttribute[Any]) -> None:
    """Say that these columns hold hashes of bytes that must stay; each room that keeps files does this once."""
    _columns.extend(columns)


def blob_columns() -> Sequence[InstrumentedAttribute[Any]]:
    """Where hashes of bytes stand that must be there."""
    return tuple(_columns)


def remove_blobs(hashes: Iterable[str], *, store: BlobStore) -> None:
    """Remove bytes that nothing points at any more; nobody adds the same ones at this moment."""
    hold_blobs(exclusive=True)
    wanted = set(hashes)
    for column in _columns:
        wanted -= set(session().scalars(select(column).where(column.in_(sorted(wanted)))))
    for sha256 in wanted:
        store.remove(sha256)


def hold_blobs(*, exclusive: bool) -> None:
    """Keep adding bytes and removing them apart until the transaction ends; SQLite has one writer at a time anyway."""
    if db.engine.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock if exclusive else func.pg_advisory_xact_lock_shared
        session().execute(select(lock(BLOBS_LOCK)))
