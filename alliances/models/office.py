from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Office(StrEnum):
    """What somebody may be for an alliance. Leads have their powers in their working group only."""

    CHAIR = "chair"
    VICE_CHAIR = "vice-chair"
    SECRETARY = "secretary"
    TREASURER = "treasurer"
    COUNCIL = "council"
    LEAD = "lead"


class Term(Model):
    """Somebody holds an office, on behalf of a member, until `ended_at`; `ends_at` is when the term should end.

    Ended terms stay: they are the history of the office.
    """

    __tablename__ = "alliance_term"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    office: Mapped[str] = mapped_column(String(12))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_group.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    is_interim: Mapped[bool] = mapped_column(default=False)  # until an election
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_alliance_term_alliance_id_ended_at", "alliance_id", "ended_at"),
        Index("ix_alliance_term_user_id_ended_at", "user_id", "ended_at"),
        Index(
            "uq_alliance_term_held",
            "alliance_id",
            "office",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND group_id IS NULL"),
            postgresql_where=text("ended_at IS NULL AND group_id IS NULL"),
        ),
        Index(
            "uq_alliance_term_held_in_group",
            "group_id",
            "office",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND group_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND group_id IS NOT NULL"),
        ),
    )


class Group(Model):
    """A working group: a board, documents and decisions of its own (`alliance:<id>:group<id>`)."""

    __tablename__ = "alliance_group"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]

    @property
    def token(self) -> str:
        """Who holds it sees what the group has."""
        return f"alliance:{self.alliance_id}:group{self.id}"


class GroupMember(Model):
    """Somebody works in a group: for a member of the alliance, or as an invited expert (`member_id` is None)."""

    __tablename__ = "alliance_group_member"

    group_id: Mapped[int] = mapped_column(ForeignKey("alliance_group.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    since: Mapped[datetime] = mapped_column(default=now)


class MilestoneState(StrEnum):
    """Whether it was reached."""

    PLANNED = "planned"
    REACHED = "reached"
    DROPPED = "dropped"


class Milestone(Model):
    """Something that should be there by a day: of the alliance, of a group, or of an awarded call."""

    __tablename__ = "alliance_milestone"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_group.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_call.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default=MilestoneState.PLANNED.value)
    note: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(String(80))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
