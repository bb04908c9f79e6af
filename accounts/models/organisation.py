from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class SeatRole(StrEnum):
    """Admins decide on everything, editors write the page, members belong."""

    ADMIN = "admin"
    EDITOR = "editor"
    MEMBER = "member"


class SeatState(StrEnum):
    """Asked for or offered, held, over."""

    ASKED = "asked"
    INVITED = "invited"
    ACTIVE = "active"
    ENDED = "ended"


class Organisation(Model):
    """A firm, a university, an institute …: it acts through the people who hold its seats.

    `code` is its 统一社会信用代码. `mail_domain` stands only where an admin reads mail there: of two who claim one, the
    unique column lets one through. `sectors` are shown; `OrganisationSector` is what lists are filtered by, kept by the
    one function that writes them. A closed organisation is shown to nobody but the staff and whom its past names.
    `set_aside` holds texts that were taken out of sight: what is not in its columns, no page can show.
    """

    __tablename__ = "organisation"

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    name_en: Mapped[str] = mapped_column(String(120), default="")
    kind: Mapped[str] = mapped_column(String(20))
    sub_kinds: Mapped[list[str]] = mapped_column(Json, default=list)
    code: Mapped[str | None] = mapped_column(String(18), unique=True)
    licence_number: Mapped[str] = mapped_column(String(40), default="")
    region: Mapped[str] = mapped_column(String(6), default="")
    sectors: Mapped[list[str]] = mapped_column(Json, default=list)
    about: Mapped[str] = mapped_column(Text, default="")
    about_html: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    mail_domain: Mapped[str | None] = mapped_column(String(253), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    set_aside: Mapped[dict[str, Any] | None] = mapped_column(Json)


class OrganisationSector(Model):
    """The sectors of an organisation, one a row, for lists and counts."""

    __tablename__ = "organisation_sector"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), primary_key=True)

    __table_args__ = (Index("ix_organisation_sector_sector_organisation_id", "sector", "organisation_id"),)


class OrganisationSeat(Model):
    """Somebody's place in an organisation; past ones stay as history.

    `message` is what was written when the seat was asked for or offered, `answer` what was said when it was decided or
    ended, `outcome` how it ended: refused, declined, withdrawn, left, removed. One seat a person is open at a time.
    """

    __tablename__ = "organisation_seat"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(10), default=SeatRole.MEMBER.value)
    state: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(80), default="")
    message: Mapped[str] = mapped_column(String(500), default="")
    answer: Mapped[str] = mapped_column(String(500), default="")
    outcome: Mapped[str] = mapped_column(String(10), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_organisation_seat_open",
            "organisation_id",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_organisation_seat_organisation_id_state_id", "organisation_id", "state", "id"),
        Index("ix_organisation_seat_user_id_state", "user_id", "state"),
    )


class Vouch(Model):
    """Somebody named asserted something of an organisation or of a person, at a date; it may be withdrawn.

    `kind`: mail-domain, code, document (of an organisation); vouch, institution, document, orcid (of a
    person). `by_organisation_id` is the organisation in whose name `by_user_id`, or its sign-in server, spoke; where
    neither stands, this site checked it by a rule.
    """

    __tablename__ = "organisation_assertion"

    id: Mapped[PrimaryKey]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(String(300))
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    by_organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("(organisation_id IS NULL) <> (user_id IS NULL)", name="one_subject"),)
