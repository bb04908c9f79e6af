from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Json, Model, PrimaryKey

GENERAL = "general"
SITE, FEEDBACK = "site", "feedback"  # the community about the site itself, and its board of suggestions


class Community(Model):
    """A sector, with the codes of the classification it comes from; names and codes are data."""

    __tablename__ = "community"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    position: Mapped[int]
    taxonomy: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(10))
    hitech_fields: Mapped[list[str]] = mapped_column(Json)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    about_zh: Mapped[str] = mapped_column(Text)
    about_en: Mapped[str] = mapped_column(Text)
    follower_count: Mapped[int] = mapped_column(default=0)

    def name(self, locale: str) -> str:
        """The name in the language of the interface."""
        return self.name_zh if locale.startswith("zh") else self.name_en

    def about(self, locale: str) -> str:
        """One sentence on what is discussed here."""
        return self.about_zh if locale.startswith("zh") else self.about_en


class Board(Model):
    """A place for threads within a community. `audience` is the token that a viewer must hold to see anything in it.

    A board of an alliance (`alliance_id`) is looked after by that alliance's officers, and follows its life: from
    `closed_at` on nobody writes there.

    The counters count live threads and posts; each is kept by one function in `forum.counters`. `version` grows
    with every change that a list of the board's threads could show; rendered lists hang on it.
    """

    __tablename__ = "board"

    id: Mapped[PrimaryKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    slug: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(280))
    name_en: Mapped[str] = mapped_column(String(280))
    audience: Mapped[str] = mapped_column(String(80), default="public", index=True)
    alliance_id: Mapped[int | None] = mapped_column(ForeignKey("alliance.id"), index=True)
    closed_at: Mapped[datetime | None]
    thread_count: Mapped[int] = mapped_column(default=0)
    post_count: Mapped[int] = mapped_column(default=0)
    open_question_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("community_id", "slug"),)

    def name(self, locale: str) -> str:
        """The name in the language of the interface."""
        return self.name_zh if locale.startswith("zh") else self.name_en


class BoardDay(Model):
    """How many posts a board received on one day (UTC): what the sparklines are drawn from."""

    __tablename__ = "board_day"

    board_id: Mapped[int] = mapped_column(ForeignKey("board.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    posts: Mapped[int] = mapped_column(default=0)
