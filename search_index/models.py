from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import BigInt, Model, PrimaryKey


class SearchChange(Model):
    """The document of `key` changed. `hides`: somebody may no longer see it, so searches leave it out until applied.

    `txid` is the transaction that wrote the row (PostgreSQL only): sequence numbers commit out of order there, so
    readers stop before the oldest transaction that is still open.
    """

    __tablename__ = "search_change"

    seq: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(60))
    hides: Mapped[bool] = mapped_column(default=False)
    txid: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_search_change_hides", "seq", sqlite_where=text("hides"), postgresql_where=text("hides")),
    )
