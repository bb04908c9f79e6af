from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class SuggestionState(StrEnum):
    """收到, 处理中, 已改, 不采纳: whoever suggested something sees where it stands."""

    RECEIVED = "received"
    STARTED = "started"
    DONE = "done"
    DECLINED = "declined"


class Suggestion(Model):
    """The state of a thread that suggests something. `note` and `link` are what the staff said last.

    `votes` counts the rows of `SuggestionVote`; one function keeps it, and a check compares.
    """

    __tablename__ = "suggestion"

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default=SuggestionState.RECEIVED.value)
    note: Mapped[str] = mapped_column(String(500), default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    votes: Mapped[int] = mapped_column(default=0)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_suggestion_state_votes_thread_id", "state", "votes", "thread_id"),
        Index("ix_suggestion_votes_thread_id", "votes", "thread_id"),
    )


class SuggestionVote(Model):
    """Somebody wants it too."""

    __tablename__ = "suggestion_vote"

    thread_id: Mapped[int] = mapped_column(ForeignKey("suggestion.thread_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Change(Model):
    """A line of "what changed": of a suggestion that was taken up (its title and note stand there), or by the staff."""

    __tablename__ = "change"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), unique=True)
    title_zh: Mapped[str] = mapped_column(String(120), default="")
    title_en: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_change_created_at_id", "created_at", "id"),)
