from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import BigInt, Model, PrimaryKey
from kernel.refs import Ref


class Notice(Model):
    """Something that one person should hear: shown only while `audience` is among the tokens they hold.

    `reason` names why they are told (`mention`, `quote`, `reply`, `watching:forum.tag`, …), `topic` the class of events
    that it belongs to. `source` is what they follow where that is the reason, else the place: notices of one source
    are read as one line.
    """

    __tablename__ = "notice"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str] = mapped_column(String(20), server_default="addressed")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    place_kind: Mapped[str] = mapped_column(String(30))
    place_id: Mapped[int]
    source_kind: Mapped[str] = mapped_column(String(30), server_default="")
    source_id: Mapped[int] = mapped_column(BigInt, server_default="0")
    audience: Mapped[str] = mapped_column(String(80))
    on_bell: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_notice_user_id_id", "user_id", "id"),
        Index("uq_notice_ref", "kind", "ref_id", "user_id", "event", unique=True),
        Index(
            "ix_notice_unread",
            "user_id",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notice_place_kind_place_id_user_id", "place_kind", "place_id", "user_id"),
    )

    @property
    def ref(self) -> Ref:
        """What it is about."""
        return Ref(self.kind, self.ref_id)

    @property
    def place(self) -> Ref:
        """Where it happened; reading the place reads the notice."""
        return Ref(self.place_kind, self.place_id)

    @property
    def source(self) -> Ref:
        """Under what it is gathered."""
        return Ref(self.source_kind, self.source_id)


class NoticeSetting(Model):
    """How somebody wants to hear of a topic; no row means as usual (`activity.topics.USUAL`)."""

    __tablename__ = "notice_setting"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    bell: Mapped[bool]
    mail: Mapped[str] = mapped_column(String(10))
    push: Mapped[bool]


class Delivery(Model):
    """Unread notices of one source are to be carried to somebody through a channel once `due_at` has come.

    One row however many notices there are: what comes until then goes along.
    """

    __tablename__ = "delivery"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    source_kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]

    __table_args__ = (Index("ix_delivery_due_at", "due_at"),)

    @property
    def source(self) -> Ref:
        """Whose notices."""
        return Ref(self.source_kind, self.source_id)
