from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ip_registry.models.log import DIGEST
from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Filing(Model):
    """What an alliance decided, put into the log: a charter, the count of a vote, an adopted document.

    The leaf commits to `statement` (canonical JSON that names hashes, no words) under `salt`, so that whoever may not
    see the decision learns nothing from the log. `leaf_hash` is there once the leaf waits for its place or stands.
    """

    __tablename__ = "registry_filing"

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[int]
    audience: Mapped[str] = mapped_column(String(80))
    statement: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(64))
    leaf_hash: Mapped[bytes | None] = mapped_column(DIGEST, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_registry_filing_kind_ref_id", "kind", "ref_id", unique=True),)
