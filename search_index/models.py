from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import BigInt, Model, PrimaryKey


class SearchChange(Model):
    """The document of `key` changed. `hides`: somebody may no longer see it, so searches leave it out until applied.

    `txid` is the transaction that wrote the row (PostgreSQL only): sequence numbers commit out of order there, so
    readers go by transactions and stop before the oldest one that is still open.
    """

    __tablename__ = "search_change"

    seq: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(60))
    hides: Mapped[bool] = mapped_column(default=False)
    txid: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_search_change_hides", "seq", sqlite_where=text("hides"), postgresql_where=text("hides")),
        Index("ix_search_change_txid_seq", "txid", "seq"),
        {"sqlite_autoincrement": True},  # a number is never given twice, also when all rows were pruned
    )


class SearchReplica(Model):
    """An index that follows the feed, and up to where it is complete: one of each machine, or one that all share.

    While an index is being built it has a row of its own, so that the feed keeps what it will still need. The row
    called `pruned` (see `indexing.replicas`) is no index: its position says up to where rows of the feed are gone.
    """

    __tablename__ = "search_replica"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    engine: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(60), default="")
    version: Mapped[str] = mapped_column(String(40), default="")
    position: Mapped[int] = mapped_column(BigInt, default=0)
    documents: Mapped[int] = mapped_column(BigInt, default=0)
    state: Mapped[str] = mapped_column(String(20), default="ok")
    trouble: Mapped[str] = mapped_column(Text, default="")
    seen_at: Mapped[datetime] = mapped_column(default=now)
