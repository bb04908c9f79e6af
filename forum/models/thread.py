from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class ThreadKind(StrEnum):
    """What a thread is for."""

    DISCUSSION = "discussion"
    QUESTION = "question"
    ANNOUNCEMENT = "announcement"
    ACHIEVEMENT = "achievement"
    SUGGESTION = "suggestion"


class Lens(StrEnum):
    """A way to look across all sectors: 专家社区, 成果发明社区, 企业社区."""

    EXPERTS = "experts"
    ACHIEVEMENTS = "achievements"
    ENTERPRISES = "enterprises"


class Thread(Model):
    """A discussion and all that its list row needs.

    `post_count` is the highest number given so far: posts are never renumbered by deleting, so it only grows.
    `version` grows with every change that anybody could see on the thread's page; caches hang on it.
    `community_id` and `alliance_id` repeat the board's: a community's list is one index scan, and who looks after a
    thread is known from it alone. Imported threads have no
    author account but a name, an address and the source with its licence.
    """

    __tablename__ = "thread"

    id: Mapped[PrimaryKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    alliance_id: Mapped[int | None] = mapped_column(ForeignKey("alliance.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    lens: Mapped[str | None] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80))
    lang: Mapped[str] = mapped_column(String(10), default="")
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str] = mapped_column(String(120), default="")
    author_url: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_post_at: Mapped[datetime] = mapped_column(default=now)
    last_author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    last_author_name: Mapped[str] = mapped_column(String(120), default="")
    post_count: Mapped[int] = mapped_column(default=0)
    live_post_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    accepted_number: Mapped[int | None]
    has_poll: Mapped[bool] = mapped_column(default=False)
    has_math: Mapped[bool] = mapped_column(default=False)
    pinned_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    source_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    source_name: Mapped[str] = mapped_column(String(200), default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    licence: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        Index("ix_thread_last_post_at_id", "last_post_at", "id"),
        Index("ix_thread_community_id_last_post_at_id", "community_id", "last_post_at", "id"),
        Index("ix_thread_board_id_last_post_at_id", "board_id", "last_post_at", "id"),
        Index("ix_thread_lens_last_post_at_id", "lens", "last_post_at", "id"),
        Index("ix_thread_author_id_id", "author_id", "id"),
        Index(
            "ix_thread_open_questions",
            "community_id",
            "last_post_at",
            "id",
            sqlite_where=text("kind = 'question' AND accepted_number IS NULL AND deleted_at IS NULL"),
            postgresql_where=text("kind = 'question' AND accepted_number IS NULL AND deleted_at IS NULL"),
        ),
        Index(
            "ix_thread_pinned",
            "community_id",
            sqlite_where=text("pinned_at IS NOT NULL"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
    )


class Tag(Model):
    """A word that threads share across boards. The counter counts live threads on public boards only."""

    __tablename__ = "tag"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    public_thread_count: Mapped[int] = mapped_column(default=0, index=True)
    follower_count: Mapped[int] = mapped_column(default=0)


class ThreadTag(Model):
    """Which threads bear a tag; `Thread.tags` repeats the names, and `forum.actions.tags` writes both."""

    __tablename__ = "thread_tag"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True, index=True)
