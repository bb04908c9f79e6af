from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import BigInt, Json, Model, PrimaryKey

REACTIONS = ("like", "thanks", "insight", "agree", "funny")


class Post(Model):
    """A contribution with its place in the thread. `html` is the cooked `body`, and the only thing that is shown.

    `version` grows with every change of what the post shows, reactions included; rendered pieces hang on it.
    A deleted post keeps number and text for moderators; a purged one keeps only its number.
    """

    __tablename__ = "post"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    number: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str] = mapped_column(String(120), default="")
    author_url: Mapped[str] = mapped_column(String(300), default="")
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="SET NULL"), index=True)
    lang: Mapped[str] = mapped_column(String(10), default="")
    body: Mapped[str] = mapped_column(Text)
    body_format: Mapped[str] = mapped_column(String(10), default="markdown")
    html: Mapped[str] = mapped_column(Text)
    renderer: Mapped[int] = mapped_column(default=0)
    has_math: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    edit_count: Mapped[int] = mapped_column(default=0)
    last_editor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    last_edit_reason: Mapped[str] = mapped_column(String(200), default="")
    deleted_at: Mapped[datetime | None]
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    purged_at: Mapped[datetime | None]
    reactions: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    score: Mapped[int] = mapped_column(BigInt, default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        Index("ix_post_author_id_id", "author_id", "id"),
    )


class PostRevision(Model):
    """The text as it was before an edit. Number 1 is what was first posted."""

    __tablename__ = "post_revision"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Reaction(Model):
    """One person's reaction to a post; `Post.reactions` holds the counts."""

    __tablename__ = "reaction"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
