"""Who belongs to an alliance, who acts for them, and how they came in."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class PartyKind(StrEnum):
    """What can be a member."""

    ORGANISATION = "organisation"
    PERSON = "person"
    ALLIANCE = "alliance"


class Standing(StrEnum):
    """Full members vote; associates take part and speak; observers read and speak."""

    FULL = "full"
    ASSOCIATE = "associate"
    OBSERVER = "observer"


class MemberState(StrEnum):
    """Active, or how it ended."""

    ACTIVE = "active"
    LEFT = "left"
    EXPELLED = "expelled"
    ENDED = "ended"


class Role(StrEnum):
    """How somebody acts for a member: the representative votes, the alternate in their absence, delegates work."""

    REPRESENTATIVE = "representative"
    ALTERNATE = "alternate"
    DELEGATE = "delegate"


class Member(Model):
    """A party in an alliance. `accepted_number` is the charter version it accepted last.

    `was_full` remembers that it became an observer only because it did not accept a new charter: accepting makes it
    full again. `leaving_at` is when its notice ends.
    """

    __tablename__ = "alliance_member"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    party_kind: Mapped[str] = mapped_column(String(12))
    party_id: Mapped[int]
    standing: Mapped[str] = mapped_column(String(10), default=Standing.FULL.value)
    state: Mapped[str] = mapped_column(String(10), default=MemberState.ACTIVE.value)
    is_founder: Mapped[bool] = mapped_column(default=False)
    accepted_number: Mapped[int] = mapped_column(default=0)
    asked_until: Mapped[datetime | None]  # to accept the charter in force
    was_full: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    leaving_at: Mapped[datetime | None]
    leaving_reason: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_alliance_member_alliance_id_state_id", "alliance_id", "state", "id"),
        Index("ix_alliance_member_party_kind_party_id", "party_kind", "party_id"),
        Index(
            "uq_alliance_member_active",
            "alliance_id",
            "party_kind",
            "party_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_alliance_member_asked_until", "asked_until"),
        Index("ix_alliance_member_leaving_at", "leaving_at"),
    )


class Seat(Model):
    """Somebody acts for a member; ended seats stay as history. One representative and one alternate at a time."""

    __tablename__ = "alliance_seat"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    role: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime | None]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        Index("ix_alliance_seat_user_id_until", "user_id", "until"),
        Index("ix_alliance_seat_member_id", "member_id"),
        Index(
            "uq_alliance_seat_role",
            "member_id",
            "role",
            unique=True,
            sqlite_where=text("until IS NULL AND role <> 'delegate'"),
            postgresql_where=text("until IS NULL AND role <> 'delegate'"),
        ),
        Index(
            "uq_alliance_seat_person",
            "member_id",
            "user_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )


class AskState(StrEnum):
    """What became of an invitation or an application. Everything but the first is an end, and carries a message."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Invitation(Model):
    """An alliance asks a party to join, or to sign while it is forming."""

    __tablename__ = "alliance_invitation"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    party_kind: Mapped[str] = mapped_column(String(12))
    party_id: Mapped[int]
    standing: Mapped[str] = mapped_column(String(10), default=Standing.FULL.value)
    message: Mapped[str] = mapped_column(Text, default="")
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=AskState.OPEN.value)
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_alliance_invitation_alliance_id_id", "alliance_id", "id"),
        Index("ix_alliance_invitation_party_kind_party_id_state", "party_kind", "party_id", "state"),
        Index(
            "uq_alliance_invitation_open",
            "alliance_id",
            "party_kind",
            "party_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_alliance_invitation_state_expires_at", "state", "expires_at"),
    )


class Application(Model):
    """A party asks to join. `answers` are to the questions as they stood then, which are kept beside them."""

    __tablename__ = "alliance_application"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    party_kind: Mapped[str] = mapped_column(String(12))
    party_id: Mapped[int]
    standing: Mapped[str] = mapped_column(String(10), default=Standing.FULL.value)
    message: Mapped[str] = mapped_column(Text, default="")
    questions: Mapped[list[str]] = mapped_column(Json, default=list)
    answers: Mapped[list[str]] = mapped_column(Json, default=list)
    applied_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default=AskState.OPEN.value)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    decided_at: Mapped[datetime | None]
    again_at: Mapped[datetime | None]  # when one may apply again after a refusal

    __table_args__ = (
        Index("ix_alliance_application_alliance_id_state_id", "alliance_id", "state", "id"),
        Index("ix_alliance_application_party_kind_party_id", "party_kind", "party_id"),
        Index(
            "uq_alliance_application_open",
            "alliance_id",
            "party_kind",
            "party_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class Sponsor(Model):
    """A full member speaks for an application."""

    __tablename__ = "alliance_sponsor"

    application_id: Mapped[int] = mapped_column(ForeignKey("alliance_application.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), primary_key=True, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class CaseState(StrEnum):
    """An expulsion: the member may reply, then the members vote; or it is dropped."""

    OPEN = "open"
    VOTING = "voting"
    EXPELLED = "expelled"
    KEPT = "kept"
    DROPPED = "dropped"


class ExpulsionCase(Model):
    """Why a member should go, what it says to that until `reply_until`, and how it ended."""

    __tablename__ = "alliance_case"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    grounds: Mapped[str] = mapped_column(Text)
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    reply_until: Mapped[datetime]
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    replied_at: Mapped[datetime | None]
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=CaseState.OPEN.value)
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(Text, default="")


class Dissolution(Model):
    """How an alliance ends: why, by which vote, and the checklist (`items`: key → {done_at, by, note})."""

    __tablename__ = "alliance_dissolution"

    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    started_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    items: Mapped[dict[str, Any]] = mapped_column(default=dict)
    finished_at: Mapped[datetime | None]
