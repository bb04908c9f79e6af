"""Records: what the inventor's side knows of a leaf, and what happened to it since. All of it may be erased."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ip_registry.models.log import DIGEST
from kernel.clock import now
from kernel.db import Model, PrimaryKey

JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")  # None is what SQL calls null


class RecordKind(StrEnum):
    """What sort of work it is."""

    INVENTION = "invention"
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"
    SOFTWARE = "software"
    DATASET = "dataset"
    PAPER = "paper"
    PROCESS = "process"
    KNOW_HOW = "know_how"
    STANDARD = "standard"
    OTHER = "other"


class RecordState(StrEnum):
    """Proposed until every named co-inventor consented (a record of one is sealed at once), then sealed.

    Disclosed to the public; withdrawn by its owner (the proof stays); erased: the opening is gone, the entry is mute.
    """

    PROPOSED = "proposed"
    SEALED = "sealed"
    DISCLOSED = "disclosed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class EventType(StrEnum):
    """The `t` of a leaf."""

    REGISTER = "register"
    VERSION = "version"
    CONSENT = "consent"
    REVEAL = "reveal"
    EMBARGO = "embargo"
    ASSIGN = "assign"
    ACCEPT = "accept"
    LICENCE = "licence"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"
    ANSWER = "answer"
    KEY_ROTATE = "key-rotate"
    ANCHOR = "anchor"
    RENEW = "renew"


class Record(Model):
    """One registered work. Where it stands in the log is found by `leaf_hash`; before it stands there it has no number.

    `owner_key` is the key that signs now, `last_hash` the leaf that the next event must name: both follow the events.
    `title` and `kind` are copies from the deposit for lists; without a deposit they are empty.
    `audience` is `user:<owner>` until the record is disclosed, then `public`; parties see it beside that.
    """

    __tablename__ = "record"

    id: Mapped[PrimaryKey]
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), index=True)
    leaf_hash: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    commitment: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    owner_key: Mapped[str] = mapped_column(String(200))
    last_hash: Mapped[bytes] = mapped_column(DIGEST)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)

    state: Mapped[str] = mapped_column(String(10), default=RecordState.SEALED)
    audience: Mapped[str] = mapped_column(String(80))
    is_disputed: Mapped[bool] = mapped_column(default=False)
    next_key: Mapped[str | None] = mapped_column(String(200))
    next_owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    after_size: Mapped[int]

    title: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(20), default="")
    lang: Mapped[str] = mapped_column(String(12), default="")

    embargo_until: Mapped[date | None] = mapped_column(Date)
    embargo_mode: Mapped[str] = mapped_column(String(8), default="remind")
    disclosed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_record_audience_id", "audience", "id"),
        Index("ix_record_owner_id_id", "owner_id", "id"),
        Index("ix_record_embargo_until", "embargo_until"),
    )


class Deposit(Model):
    """What opens a record, kept for its owner: exact texts, salt, names. Erasing is deleting this row.

    `custody` is the owner key of a record that was sealed without JavaScript, encrypted under the site's secret, and
    `next_custody` the one that waits for the person to whom such a record is assigned. `presigned` is a disclosure
    that the owner signed for the day on which an embargo ends. `size` counts the bytes of the texts, for the quota.
    """

    __tablename__ = "record_deposit"

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    opening: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(64))
    authors: Mapped[list[Any] | None] = mapped_column(JsonOrNull)
    manifest: Mapped[list[Any] | None] = mapped_column(JsonOrNull)
    custody: Mapped[bytes | None] = mapped_column(LargeBinary)
    next_custody: Mapped[bytes | None] = mapped_column(LargeBinary)
    presigned: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    size: Mapped[int] = mapped_column(default=0, server_default="0")


class RecordEvent(Model):
    """One leaf in the life of a record, its first included; `details` and `salt` open it until they are erased.

    `hidden_reason` is why staff hid what a dispute or its answer says; its leaf stays in the log.
    """

    __tablename__ = "record_event"

    id: Mapped[PrimaryKey]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    type: Mapped[str] = mapped_column(String(12))
    leaf_hash: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    details: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(64))
    is_public: Mapped[bool] = mapped_column(default=False)
    hidden_reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_record_event_record_id_id", "record_id", "id"),)


class PartyRole(StrEnum):
    """Why somebody besides its owner sees a record."""

    AUTHOR = "author"
    READER = "reader"
    PAST_OWNER = "past-owner"


class PartyState(StrEnum):
    """A named author is unconfirmed until they consent with a key of their own."""

    NAMED = "named"
    CONSENTED = "consented"
    DECLINED = "declined"
    REVOKED = "revoked"


class RecordParty(Model):
    """Somebody who has to do with a record: a named author (with an account, or only a name), a reader, a past owner.

    `paths` narrow what a reader sees to these files; None is everything. `message` is why a named author declined.
    """

    __tablename__ = "record_party"

    id: Mapped[PrimaryKey]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    role: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default=PartyState.NAMED)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(200), default="")
    share: Mapped[str] = mapped_column(String(40), default="")
    id_commit: Mapped[str] = mapped_column(String(64), default="")
    vkey: Mapped[str | None] = mapped_column(String(200))
    paths: Mapped[list[Any] | None] = mapped_column(JsonOrNull)
    message: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_record_party_record_id", "record_id"),
        Index("ix_record_party_user_id_record_id", "user_id", "record_id"),
    )
