"""Sent twice, done once: the result of a write is kept under the key that its sender chose."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, db, session
from kernel.errors import InvalidError
from kernel.jobs import job
from kernel.words import gettext as _

KEPT = timedelta(days=7)


class IdempotencyKey(Model):
    """One answered write. The primary key makes the second of two simultaneous sendings wait for the first."""

    __tablename__ = "idempotency_key"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    result: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)


def fingerprint(*parts: str) -> str:
    """What makes two sendings the same: the hash over all that was sent."""
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def claim(user_id: int, key: str, body_hash: str) -> str | None:
    """Take `key` for this unit of work, or answer the result kept under it.

    Returns None when the caller is the first and must call `keep` in the same unit; raises `InvalidError` when
    the key was used for another body. A concurrent first sender is waited for (row lock, or SQLite's write lock).
    """
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(IdempotencyKey)
    taken = session().execute(
        insert.values(user_id=user_id, key=key[:100], body_hash=body_hash, created_at=now())
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if taken.first() is not None:
        return None
    row = (
        session()
        .execute(
            select(IdempotencyKey.body_hash, IdempotencyKey.result).where(
                IdempotencyKey.user_id == user_id, IdempotencyKey.key == key[:100]
            )
        )
        .one()
    )
    if row.body_hash != body_hash:
        raise InvalidError(
            _("This was sent before with other content. Reload the page, and send it anew."),
            errors={"Idempotency-Key": _("The key was used for another request.")},
        )
    result: str = row.result
    return result


def keep(user_id: int, key: str, result: str) -> None:
    """Remember `result` for whoever sends the same again."""
    row = session().get(IdempotencyKey, (user_id, key[:100]))
    if row is not None:
        row.result = result


@job("idempotency.prune", every=timedelta(hours=6))
def prune() -> None:
    """Forget keys after a week."""
    session().execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEPT))
