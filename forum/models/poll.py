from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Poll(Model):
    """A question to the readers of one thread: a temperature taken, not a decision (those belong to alliances)."""

    __tablename__ = "poll"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), unique=True)
    question: Mapped[str] = mapped_column(String(200))
    max_choices: Mapped[int] = mapped_column(default=1)
    closes_at: Mapped[datetime | None]
    voter_count: Mapped[int] = mapped_column(default=0)


class PollOption(Model):
    """One answer; `vote_count` is derived from the votes in the transaction that changes them."""

    __tablename__ = "poll_option"

    id: Mapped[PrimaryKey]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(120))
    vote_count: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("poll_id", "position"),)


class PollVote(Model):
    """Who chose what; nobody but the voter is shown it."""

    __tablename__ = "poll_vote"

    option_id: Mapped[int] = mapped_column(ForeignKey("poll_option.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
