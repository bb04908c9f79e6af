from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey
from kernel.viewer import PUBLIC


class ListingState(StrEnum):
    """Drafts and withdrawn listings are their owner's alone; paused ones too, and come back with one press."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class Listing(Model):
    """Something that somebody offers. Its kind (`resources.vocabulary.KINDS`) says what `facts` hold.

    `organisation_id` is in whose name it is offered, where that is not the owner's own: its editors may do what the
    owner may, who answers enquiries. `confirmed_at` is when its owner last said that it is still true, `asked_at` when
    they were last asked whether it is; `is_stale` when they let that be for long. `sectors` are shown; `ListingSector`
    is what lists are filtered by, kept by the one function that writes them. Imported listings keep where they come
    from: `source_id` names the row there, so that a second import changes nothing.
    """

    __tablename__ = "listing"

    id: Mapped[PrimaryKey]
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=ListingState.DRAFT)
    audience: Mapped[str] = mapped_column(String(80), default=PUBLIC)
    version: Mapped[int] = mapped_column(default=1)

    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80))
    lang: Mapped[str] = mapped_column(String(12))
    summary: Mapped[str] = mapped_column(String(400), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    sectors: Mapped[list[str]] = mapped_column(Json, default=list)
    region: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[str] = mapped_column(String(6), default="")
    place: Mapped[str] = mapped_column(String(120), default="")
    trl: Mapped[int | None]
    funding: Mapped[str] = mapped_column(String(12), default="")

    access: Mapped[str] = mapped_column(String(12))
    access_url: Mapped[str] = mapped_column(String(500), default="")
    price_cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    price_unit: Mapped[str] = mapped_column(String(10), default="")
    tariff: Mapped[str] = mapped_column(String(1000), default="")

    source_id: Mapped[str | None] = mapped_column(String(120))
    source_name: Mapped[str] = mapped_column(String(120), default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    licence: Mapped[str] = mapped_column(String(60), default="")

    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime] = mapped_column(default=now)
    asked_at: Mapped[datetime | None]
    is_stale: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("owner_id", "source_id"),
        Index("ix_listing_owner_id_state_id", "owner_id", "state", "id"),
        Index("ix_listing_state_published_at_id", "state", "published_at", "id"),
        Index("ix_listing_state_kind_published_at_id", "state", "kind", "published_at", "id"),
        Index("ix_listing_state_confirmed_at", "state", "confirmed_at"),
    )


class ListingSector(Model):
    """The sectors of a listing, one a row, for lists and counts."""

    __tablename__ = "listing_sector"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(40), primary_key=True)

    __table_args__ = (Index("ix_listing_sector_sector_listing_id", "sector", "listing_id"),)


class ListingFile(Model):
    """A picture or document of a listing, seen by whoever sees the listing. The bytes lie in the blob store."""

    __tablename__ = "listing_file"

    id: Mapped[PrimaryKey]
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumb_sha256: Mapped[str | None] = mapped_column(String(64))
    display_sha256: Mapped[str | None] = mapped_column(String(64))
    is_inline: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
