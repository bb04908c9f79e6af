from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class HouseRule(Model):
    """A rule of the house in both languages: what a flag names, what an outcome quotes. Never deleted, only retired."""

    __tablename__ = "house_rule"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    title_zh: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(80))
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]

    def title(self, locale: str) -> str:
        """What it is called, in this language."""
        return self.title_zh if locale.startswith("zh") else self.title_en

    def text(self, locale: str) -> str:
        """What it says, in this language."""
        return self.text_zh if locale.startswith("zh") else self.text_en


class WatchAction(StrEnum):
    """What a watched word brings about."""

    HOLD = "hold"
    FLAG = "flag"
    REFUSE = "refuse"


class WatchedWord(Model):
    """A word (`*` stands for any letters) that holds, flags or refuses what contains it."""

    __tablename__ = "watched_word"

    id: Mapped[PrimaryKey]
    pattern: Mapped[str] = mapped_column(String(100), unique=True)
    action: Mapped[str] = mapped_column(String(10), default=WatchAction.HOLD.value)
    note: Mapped[str] = mapped_column(String(200), default="")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    hits: Mapped[int] = mapped_column(default=0)
