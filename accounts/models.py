from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class User(Model):
    """A person with an account. Handle and address are stored lower-case; both name one account only."""

    __tablename__ = "user"

    id: Mapped[PrimaryKey]
    handle: Mapped[str] = mapped_column(String(30), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(default=now)
    suspended_at: Mapped[datetime | None]

    locale: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    theme: Mapped[str] = mapped_column(String(10), default="system")

    avatar_hash: Mapped[str | None] = mapped_column(String(64))
    affiliation: Mapped[str] = mapped_column(String(120), default="")
    affiliation_kind: Mapped[str] = mapped_column(String(20), default="")
    job_title: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(6), default="")
    fields: Mapped[list[str]] = mapped_column(Json, default=list)
    sectors: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    bio: Mapped[str] = mapped_column(Text, default="")
    bio_html: Mapped[str] = mapped_column(Text, default="")
    orcid: Mapped[str | None] = mapped_column(String(19))
    website: Mapped[str] = mapped_column(String(300), default="")


class Grant(Model):
    """A token somebody holds: `staff`, `moderator:<community>`, an audience such as `alliance:7:council`."""

    __tablename__ = "grant"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class UserSession(Model):
    """A browser in which somebody is signed in. The cookie holds the token, the row only its hash."""

    __tablename__ = "user_session"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")


class EmailToken(Model):
    """A link sent by mail: `confirm` an address, `reset` a password. Good once, and only until it expires."""

    __tablename__ = "email_token"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(320))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Model):
    """A program's key, with the scopes `read` and perhaps `write`; shown once, stored as a hash."""

    __tablename__ = "api_token"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
