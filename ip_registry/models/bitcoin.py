"""What OpenTimestamps keeps for a checkpoint of the log."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model


class BitcoinStamp(Model):
    """A checkpoint that was given to OpenTimestamps calendars, and the proof (`.ots`) as far as it has come.

    Without a `block` it is pending. A block is what calendars say: only a reader with its header can check it. `ask_at`
    is when they are asked next.
    """

    __tablename__ = "bitcoin_stamp"

    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    block: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    ask_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_bitcoin_stamp_block_ask_at", "block", "ask_at"),)
