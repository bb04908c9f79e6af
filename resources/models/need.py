from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class NeedKind(StrEnum):
    """What somebody looks for."""

    RESEARCH = "research"
    TESTING = "testing"
    EQUIPMENT = "equipment"
    TALENT = "talent"
    JOINT = "joint"
    ADOPTION = "adoption"
    FUNDING = "funding"
    PILOT = "pilot"


class Visibility(StrEnum):
    """Who sees a need: everybody; everybody, but not whose it is; an alliance; those who were invited."""

    PUBLIC = "public"
    ANONYMOUS = "anonymous"
    ALLIANCE = "alliance"
    INVITED = "invited"


class NeedState(StrEnum):
    """A draft is its owner's alone; open needs take answers; the other three are ends."""

    DRAFT = "draft"
    OPEN = "open"
    MET = "met"
    CLOSED = "closed"
    LAPSED = "lapsed"


class Need(Model):
    """What somebody looks for, in parts that can be compared with what others offer.

    `audience` is the one token that shows it: of a draft `user:<owner>`, then `public`, `alliance:<id>`, or
    `need:<id>`, which is granted to the invited. Its owner sees it always. `alias` is what the owner of an anonymous
    need is called. The full text is `problem`, `constraints` and `tried`: for everybody who sees the need when
    `is_full_shown`, else for those for whom the owner opened it, and `full_changed_at` says since when it reads so.
    """

    __tablename__ = "need"

    id: Mapped[PrimaryKey]
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    alias: Mapped[str] = mapped_column(String(8))
    visibility: Mapped[str] = mapped_column(String(10))
    alliance: Mapped[str] = mapped_column(String(80), default="")
    audience: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default=NeedState.DRAFT.value)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80))
    lang: Mapped[str] = mapped_column(String(10), default="")
    teaser: Mapped[str] = mapped_column(Text, default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    constraints: Mapped[str] = mapped_column(Text, default="")
    tried: Mapped[str] = mapped_column(Text, default="")
    is_full_shown: Mapped[bool] = mapped_column(default=False)
    full_changed_at: Mapped[datetime] = mapped_column(default=now)
    targets: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    budget: Mapped[str] = mapped_column(String(20), default="")
    deadline: Mapped[date | None] = mapped_column(Date)
    ip_wish: Mapped[str] = mapped_column(String(20), default="")
    sectors: Mapped[list[str]] = mapped_column(Json, default=list)
    region: Mapped[str] = mapped_column(String(4), default="")
    trl: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending_message: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_need_owner_id_id", "owner_id", "id"),
        Index("ix_need_audience_state_id", "audience", "state", "id"),
        Index(
            "ix_need_deadline_open",
            "deadline",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    @property
    def is_anonymous(self) -> bool:
        """Whether its owner goes by the alias."""
        return self.visibility == Visibility.ANONYMOUS


class NeedSector(Model):
    """A need belongs to a sector: the same as `Need.sectors`, for lists."""

    __tablename__ = "need_sector"

    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(20), primary_key=True)

    __table_args__ = (Index("ix_need_sector_sector_need_id", "sector", "need_id"),)


class NeedReading(Model):
    """Somebody read the full text of a need; shown to its owner. It is shown to nobody without such a row."""

    __tablename__ = "need_reading"

    id: Mapped[PrimaryKey]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    read_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_need_reading_need_id_user_id_read_at", "need_id", "user_id", "read_at"),)
