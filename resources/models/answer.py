from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class AnswerState(StrEnum):
    """Proposed and shortlisted answers wait; the other four are ends, each with a message."""

    PROPOSED = "proposed"
    SHORTLISTED = "shortlisted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


WAITING = (AnswerState.PROPOSED, AnswerState.SHORTLISTED)


class Answer(Model):
    """What somebody proposes to whoever has a need: one a person. What the two write is in the conversation.

    `opened_at`: the owner opened the full text for this person. `ended_at` stands exactly when the state is an end.
    """

    __tablename__ = "answer"

    id: Mapped[PrimaryKey]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id", ondelete="SET NULL"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    message: Mapped[str] = mapped_column(Text)
    price: Mapped[str] = mapped_column(String(80), default="")
    time_needed: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[str] = mapped_column(String(12), default=AnswerState.PROPOSED.value)
    reason: Mapped[str] = mapped_column(String(20), default="")
    ending_message: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("need_id", "author_id"),
        Index("ix_answer_need_id_state", "need_id", "state"),
    )
