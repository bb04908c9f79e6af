"""What an alliance works with: documents, events, calls."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class Document(Model):
    """A page or a file with versions. `adopted_number` is the version that a vote adopted last; 0: none."""

    __tablename__ = "alliance_document"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_group.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    audience: Mapped[str] = mapped_column(String(80))
    latest_number: Mapped[int] = mapped_column(default=0)
    adopted_number: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_alliance_document_alliance_id_changed_at_id", "alliance_id", "changed_at", "id"),)


class DocumentVersion(Model):
    """One version: text, or a file in the store. `hash` is SHA-256 of the exact bytes. Never changed.

    `files_it` asks for a record in the registry when it is adopted. Until `exclusion_until` members may exclude rights.
    """

    __tablename__ = "alliance_document_version"

    id: Mapped[PrimaryKey]
    document_id: Mapped[int] = mapped_column(ForeignKey("alliance_document.id"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    blob_hash: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200), default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(300), default="")
    files_it: Mapped[bool] = mapped_column(default=False)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    adopted_at: Mapped[datetime | None]
    exclusion_until: Mapped[datetime | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_alliance_document_version_document_id_number", "document_id", "number", unique=True),)


class EventState(StrEnum):
    """A time is being found, it is planned, it was held; or it does not take place."""

    POLLING = "polling"
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class Event(Model):
    """A meeting or activity. While a time poll runs, `starts_at` is None and `proposal_id` names the poll.

    `audience` is `public` or a token of the host; members of allied alliances see it through `EventAlly`.
    """

    __tablename__ = "alliance_event"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_group.id"), index=True)
    uid: Mapped[str] = mapped_column(String(40), unique=True)  # in calendars, for ever
    sequence: Mapped[int] = mapped_column(default=0)  # grows with every change, as iCalendar wants it
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    link: Mapped[str] = mapped_column(String(300), default="")
    audience: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default=EventState.PLANNED.value)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    capacity: Mapped[int | None]
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    minutes: Mapped[str] = mapped_column(Text, default="")
    minutes_html: Mapped[str] = mapped_column(Text, default="")
    minutes_at: Mapped[datetime | None]
    cancelled_reason: Mapped[str] = mapped_column(Text, default="")
    reminded_at: Mapped[datetime | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_alliance_event_alliance_id_starts_at_id", "alliance_id", "starts_at", "id"),
        Index("ix_alliance_event_audience_starts_at_id", "audience", "starts_at", "id"),
    )


class EventAlly(Model):
    """Another alliance holds the event together with its host, once it accepted."""

    __tablename__ = "alliance_event_ally"

    event_id: Mapped[int] = mapped_column(ForeignKey("alliance_event.id"), primary_key=True)
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), primary_key=True, index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    message: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    accepted_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class Attendance(Model):
    """Somebody comes, waits for a place, does not come; and afterwards, whether they were there."""

    __tablename__ = "alliance_attendance"

    event_id: Mapped[int] = mapped_column(ForeignKey("alliance_event.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(String(10))  # going, waiting, declined
    was_there: Mapped[bool | None]
    at: Mapped[datetime] = mapped_column(default=now)


class EventLink(Model):
    """What hangs on an event: a resolution, a proposal or a document, by its Ref."""

    __tablename__ = "alliance_event_link"

    event_id: Mapped[int] = mapped_column(ForeignKey("alliance_event.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    ref_id: Mapped[int] = mapped_column(primary_key=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)


class CalendarKey(Model):
    """The secret part of somebody's calendar address, as a hash: calendars bring no cookies."""

    __tablename__ = "alliance_calendar_key"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class CallState(StrEnum):
    """A call 揭榜, from its text to its end."""

    DRAFT = "draft"
    OPEN = "open"
    EVALUATING = "evaluating"
    AWARDED = "awarded"
    RUNNING = "running"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Call(Model):
    """A problem put up for teams to take. `criteria` is the scoring sheet: [{"key", "label", "weight", "max"}]."""

    __tablename__ = "alliance_call"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    budget: Mapped[str] = mapped_column(String(100), default="")
    audience: Mapped[str] = mapped_column(String(80))  # once it is open
    state: Mapped[str] = mapped_column(String(10), default=CallState.DRAFT.value)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    deadline: Mapped[datetime | None]
    awarded_id: Mapped[int | None]
    award_statement: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_alliance_call_alliance_id_state_id", "alliance_id", "state", "id"),
        Index("ix_alliance_call_audience_state_id", "audience", "state", "id"),
    )


class Bid(Model):
    """A team's answer to a call. `parties` ([{"kind", "id"}]) and `people` are behind it: for conflicts of interest."""

    __tablename__ = "alliance_bid"

    id: Mapped[PrimaryKey]
    call_id: Mapped[int] = mapped_column(ForeignKey("alliance_call.id"))
    team: Mapped[str] = mapped_column(String(120))
    parties: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    people: Mapped[list[int]] = mapped_column(Json, default=list)  # user ids of the team
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="submitted")  # withdrawn, awarded, refused
    answer: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_alliance_bid_call_id_author_id", "call_id", "author_id", unique=True),)


class Scorer(Model):
    """Somebody scores the bids of a call."""

    __tablename__ = "alliance_scorer"

    call_id: Mapped[int] = mapped_column(ForeignKey("alliance_call.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    named_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    named_at: Mapped[datetime] = mapped_column(default=now)


class ScoreSheet(Model):
    """How one scorer sees one bid; or that they declared, or were found to have, a conflict of interest with it."""

    __tablename__ = "alliance_score_sheet"

    bid_id: Mapped[int] = mapped_column(ForeignKey("alliance_bid.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    comment: Mapped[str] = mapped_column(Text, default="")
    conflict: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(default=now)
