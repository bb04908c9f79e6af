"""Decisions: a proposal, its options, the roll frozen when it opened, ballots, proxies, and what came of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey

JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class ProposalState(StrEnum):
    """Written, voted on, decided; or taken back before it was decided."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Matter(StrEnum):
    """What is decided. All but `general` do something when they pass; `alliances.effects` says what."""

    GENERAL = "general"
    CHARTER = "charter"
    ADMISSION = "admission"
    EXPULSION = "expulsion"
    DISSOLUTION = "dissolution"
    DOCUMENT = "document"
    OFFICE = "office"
    TIME = "time"
    AWARD = "award"


class Electorate(StrEnum):
    """Who decides: full members (one vote each), the council (one each), or the people of a working group."""

    MEMBERS = "members"
    COUNCIL = "council"
    GROUP = "group"


class Proposal(Model):
    """Something to decide. From opening on, `rules`, `roll_size`, `roll_hash`, `quorum` and `seed` never change.

    While it is a draft, `audience` is its author alone and `rules` holds what the author wishes (`alliances.wishes`);
    afterwards the rules of the count, and the token of its electorate. `subject_kind`/`subject_id` name what it is
    about (an application, a charter version, a case, a document version, an event); such a vote has no `title` but the
    names that one is made of (`about`, see `alliances.proposal_titles`). `office` says which office an election fills
    (in `group_id`, if that is set). `is_secret` and `hides_results` may not be weakened once open. `tally` and
    its hash are there when it is closed. `version` grows with every ballot and change.
    """

    __tablename__ = "alliance_proposal"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_group.id"), index=True)
    number: Mapped[int]  # counts up in its alliance
    title: Mapped[str] = mapped_column(String(200), default="")
    about: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    lang: Mapped[str] = mapped_column(String(10), default="")
    audience: Mapped[str] = mapped_column(String(80))
    matter: Mapped[str] = mapped_column(String(12), default=Matter.GENERAL.value)
    subject_kind: Mapped[str] = mapped_column(String(30), default="")
    subject_id: Mapped[int | None]
    office: Mapped[str] = mapped_column(String(12), default="")
    electorate: Mapped[str] = mapped_column(String(10), default=Electorate.MEMBERS.value)
    method: Mapped[str] = mapped_column(String(12))
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_secret: Mapped[bool] = mapped_column(default=False)
    hides_results: Mapped[bool] = mapped_column(default=False)  # until it is closed
    days: Mapped[int] = mapped_column(default=7)
    state: Mapped[str] = mapped_column(String(10), default=ProposalState.DRAFT.value)

    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    roll_size: Mapped[int] = mapped_column(default=0)
    roll_hash: Mapped[str] = mapped_column(String(64), default="")
    quorum: Mapped[int] = mapped_column(default=0)
    seed: Mapped[str] = mapped_column(String(64), default="")
    cast_count: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(12), default="")
    tally: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    tally_hash: Mapped[str] = mapped_column(String(64), default="")
    statement: Mapped[str] = mapped_column(Text, default="")
    review_on: Mapped[date | None] = mapped_column(Date)  # when the resolution, if there is one, is looked at again
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("uq_alliance_proposal_alliance_id_number", "alliance_id", "number", unique=True),
        Index("ix_alliance_proposal_alliance_id_state_id", "alliance_id", "state", "id"),
        Index("ix_alliance_proposal_subject_kind_subject_id", "subject_kind", "subject_id"),
        Index(
            "ix_alliance_proposal_closes_at",
            "closes_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class Option(Model):
    """What can be chosen: a text, a candidate, or a time. `is_none` is “none of these”."""

    __tablename__ = "alliance_option"

    id: Mapped[PrimaryKey]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("alliance_proposal.id"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(300))
    statement: Mapped[str] = mapped_column(Text, default="")  # of a candidate
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    is_none: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("uq_alliance_option_proposal_id_position", "proposal_id", "position", unique=True),)


class Voter(Model):
    """One vote on the roll of a proposal, frozen at opening: a member's (`member_id`), or a person's (`user_id`).

    `has_voted` is set with the ballot. `voted_by_id` and `voted_as` say who cast it (own, alternate, proxy; by which
    proxy), but not of a secret ballot: there it is only known that somebody did.
    """

    __tablename__ = "alliance_voter"

    id: Mapped[PrimaryKey]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("alliance_proposal.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    has_voted: Mapped[bool] = mapped_column(default=False)
    voted_as: Mapped[str] = mapped_column(String(10), default="")
    voted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    proxy_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proxy.id"), index=True)

    __table_args__ = (
        Index("uq_alliance_voter_proposal_id_member_id", "proposal_id", "member_id", unique=True),
        Index("uq_alliance_voter_proposal_id_user_id", "proposal_id", "user_id", unique=True),
    )


class CastBallot(Model):
    """One ballot. An open one hangs on its voter and may be changed until the end, the last one counts.

    A secret one hangs on nobody: its id is random, it has no time and no author, and nothing anywhere leads from a
    voter to it. `receipt_hash` is SHA-256 of a receipt that only the voter was shown, to find it in the published list.
    """

    __tablename__ = "alliance_ballot"

    id: Mapped[PrimaryKey]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    voter_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_voter.id"), unique=True)
    choice: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="")
    receipt_hash: Mapped[str] = mapped_column(String(64), default="")
    cast_at: Mapped[datetime | None]


class Proxy(Model):
    """A member lets another vote for it: on one proposal, or from `starts_at` to `ends_at`. Nobody passes it on."""

    __tablename__ = "alliance_proxy"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    from_member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    to_member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    instructions: Mapped[str] = mapped_column(Text, default="")
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class Resolution(Model):
    """What was decided, in the register: called as its proposal is, with the day on which it is looked at again."""

    __tablename__ = "alliance_resolution"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    number: Mapped[str] = mapped_column(String(12))  # 2026-3
    proposal_id: Mapped[int] = mapped_column(ForeignKey("alliance_proposal.id"), unique=True)
    statement: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[datetime]
    review_on: Mapped[date | None] = mapped_column(Date)
    reminded_at: Mapped[datetime | None]  # that the day has come
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(Text, default="")
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_resolution.id"), index=True)

    __table_args__ = (
        Index("uq_alliance_resolution_alliance_id_number", "alliance_id", "number", unique=True),
        Index("ix_alliance_resolution_review_on", "review_on"),
    )
