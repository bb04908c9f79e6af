from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class CharterState(StrEnum):
    """A version is written, signed (the first) or voted on (the others), in force, and then superseded; or rejected."""

    DRAFT = "draft"
    SIGNING = "signing"
    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class CharterVersion(Model):
    """One version of the charter. `sections` maps each of the thirteen keys to {"zh": text, "en": text}.

    `hash` is SHA-256 over the canonical JSON of alliance slug, number, sections, rules and ip policy: what members
    sign, and what the registry files. `rules` and the other settings are those that come into force with it.
    """

    __tablename__ = "alliance_charter"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=CharterState.DRAFT.value)
    sections: Mapped[dict[str, Any]] = mapped_column(default=dict)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hash: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("alliance_proposal.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    in_force_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_alliance_charter_alliance_id_number", "alliance_id", "number", unique=True),)


class Acceptance(Model):
    """A member accepted a version of the charter: by signing the first, or again when it changed."""

    __tablename__ = "alliance_acceptance"

    charter_id: Mapped[int] = mapped_column(ForeignKey("alliance_charter.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), primary_key=True, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64))  # of the text that was accepted
    at: Mapped[datetime] = mapped_column(default=now)


class Background(Model):
    """What a member brings along and keeps: its background intellectual property, told before the work begins."""

    __tablename__ = "alliance_background"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    record_number: Mapped[str] = mapped_column(String(20), default="")  # in the registry, if there is one
    terms: Mapped[str] = mapped_column(Text, default="")
    told_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    told_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


class ExclusionNotice(Model):
    """A member excludes rights of its own from the licence to a document, before that document's clock ran out."""

    __tablename__ = "alliance_exclusion"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("alliance_member.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("alliance_document_version.id"), index=True)
    rights: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(Text, default="")
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    filed_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
