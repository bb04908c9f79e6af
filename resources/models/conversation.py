from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey
from kernel.refs import Ref


class Conversation(Model):
    """Two people about one thing: the asker, and the owner of the thing. Nobody else ever reads it.

    `owner_alias` is what the owner is called while nobody may know whose the thing is. `waiting_since` is when the
    asker first wrote without an answer; every word or deed of the owner ends it. `closed_at` comes with a message.
    """

    __tablename__ = "conversation"

    id: Mapped[PrimaryKey]
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(10))
    asker_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    owner_alias: Mapped[str] = mapped_column(String(8), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_at: Mapped[datetime] = mapped_column(default=now)
    waiting_since: Mapped[datetime | None] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_message: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_conversation_asker_id_last_at_id", "asker_id", "last_at", "id"),
        Index("ix_conversation_owner_id_last_at_id", "owner_id", "last_at", "id"),
        Index("ix_conversation_subject_kind_subject_id", "subject_kind", "subject_id"),
        Index(
            "ix_conversation_waiting",
            "waiting_since",
            sqlite_where=text("waiting_since IS NOT NULL"),
            postgresql_where=text("waiting_since IS NOT NULL"),
        ),
    )

    @property
    def subject(self) -> Ref:
        """What it is about."""
        return Ref(self.subject_kind, self.subject_id)


class Message(Model):
    """One side wrote to the other; or did something, which `deed` names, with these words.

    `hidden_at`: the staff removed its words after the other side had flagged them; its writer still reads them.
    """

    __tablename__ = "message"

    id: Mapped[PrimaryKey]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    deed: Mapped[str] = mapped_column(String(12), default="")
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    hidden_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_message_conversation_id_id", "conversation_id", "id"),)
