from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class State(StrEnum):
    """Where an alliance is in its life.

    draft → forming → active ⇄ frozen → dissolving → dissolved; aside: lapsed (not enough signed in time) and replaced
    (by another alliance). The last three are ends: nothing changes any more, members still read everything.
    """

    DRAFT = "draft"
    FORMING = "forming"
    ACTIVE = "active"
    FROZEN = "frozen"
    DISSOLVING = "dissolving"
    DISSOLVED = "dissolved"
    LAPSED = "lapsed"
    REPLACED = "replaced"


ENDED = frozenset({State.DISSOLVED, State.LAPSED, State.REPLACED})
LIVING = frozenset({State.ACTIVE, State.DISSOLVING})  # decides, meets and writes


class Admission(StrEnum):
    """How one comes in: at once, by the secretariat's decision, only when asked, by a vote, or with n sponsors."""

    OPEN = "open"
    APPLY = "apply"
    INVITE = "invite"
    VOTE = "vote"
    SPONSORS = "sponsors"


class IpPolicy(StrEnum):
    """What members agreed on for what comes out of their work."""

    OWN = "own"
    JOINT = "joint"
    ROYALTY_FREE = "royalty-free"
    FRAND = "frand"


class Alliance(Model):
    """An alliance. `audience` is `alliance:<id>` while it is a draft, `public` from then on; its rooms have their own.

    What the watch took out of sight is its own people's again since `hidden_at`.

    `founding_*` say what must have signed by `forming_until`; `rules` holds per matter how it is decided (see
    `alliances.rules`); `questions` what applicants answer; `open_seats` how many more may join, None for any number.
    `member_count` counts active members and is kept by `alliances.counters`; `log_length` and `log_head` are the end
    of the chained log, kept by `alliances.log.note`. `version` grows with everything that its public page shows.
    """

    __tablename__ = "alliance"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    template: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    summary: Mapped[str] = mapped_column(String(500), default="")
    summary_en: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(12), default=State.DRAFT.value)
    audience: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(6), default="")
    sectors: Mapped[list[str]] = mapped_column(Json, default=list)

    founding_members: Mapped[int] = mapped_column(default=3)
    founding_kinds: Mapped[int] = mapped_column(default=2)
    founding_needs: Mapped[list[str]] = mapped_column(
        Json, default=list
    )  # classes of `alliances.parties` that must sign
    founding_days: Mapped[int] = mapped_column(default=60)
    forming_until: Mapped[datetime | None]

    admission: Mapped[str] = mapped_column(String(10), default=Admission.APPLY.value)
    sponsors_needed: Mapped[int] = mapped_column(default=2)
    questions: Mapped[list[str]] = mapped_column(Json, default=list)
    reapply_days: Mapped[int] = mapped_column(default=90)
    open_seats: Mapped[int | None]

    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ip_policy: Mapped[str] = mapped_column(String(12), default=IpPolicy.OWN.value)
    exclusion_days: Mapped[int] = mapped_column(default=45)
    liable_body: Mapped[str] = mapped_column(String(200), default="")
    secretariat: Mapped[str] = mapped_column(String(300), default="")
    registration_no: Mapped[str] = mapped_column(String(60), default="")

    charter_number: Mapped[int] = mapped_column(default=0)  # of the version in force, or open for signatures; 0: none
    member_count: Mapped[int] = mapped_column(default=0)
    log_length: Mapped[int] = mapped_column(default=0)
    log_head: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=1)

    founder_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("alliance.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    frozen_at: Mapped[datetime | None]
    frozen_reason: Mapped[str] = mapped_column(Text, default="")
    hidden_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    active_at: Mapped[datetime] = mapped_column(default=now)  # when something was last done in it, for the directory

    __table_args__ = (
        Index("ix_alliance_audience_active_at_id", "audience", "active_at", "id"),
        Index("ix_alliance_state_active_at_id", "state", "active_at", "id"),
        Index("ix_alliance_forming_until", "forming_until"),
        Index("ix_alliance_version_active_at", "version", "active_at"),  # their sum says whether anything has changed
    )

    def name_in(self, locale: str) -> str:
        """The name in the language of the interface, if it has one."""
        return self.name if locale.startswith("zh") or not self.name_en else self.name_en

    def summary_in(self, locale: str) -> str:
        """What it is for, in the language of the interface, if that is there."""
        return self.summary if locale.startswith("zh") or not self.summary_en else self.summary_en

    @property
    def url(self) -> str:
        """The one address of its page."""
        return f"/alliances/{self.slug}"

    @property
    def everybody(self) -> str:
        """The token of all members."""
        return f"alliance:{self.id}"

    @property
    def council(self) -> str:
        """The token of the council and the officers."""
        return f"alliance:{self.id}:council"


class AllianceSector(Model):
    """An alliance belongs to a sector: the same as `Alliance.sectors`, for lists."""

    __tablename__ = "alliance_sector"

    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id", ondelete="CASCADE"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(20), primary_key=True)

    __table_args__ = (Index("ix_alliance_sector_sector_alliance_id", "sector", "alliance_id"),)


class LogLine(Model):
    """One deed in the life of an alliance, never changed: `hash` chains it to the line before.

    `digest` is SHA-256 over the canonical `content` (what happened, in facts), `hash` over the previous hash and the
    digest, so that the chain can be checked by those who may not read every line.
    """

    __tablename__ = "alliance_log"

    id: Mapped[PrimaryKey]
    alliance_id: Mapped[int] = mapped_column(ForeignKey("alliance.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("uq_alliance_log_alliance_id_number", "alliance_id", "number", unique=True),)
