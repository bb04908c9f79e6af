from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, ForeignKey, SmallInteger, String, Text, TypeDecorator, false
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey
from kernel.words import gettext as _


class PersonName(TypeDecorator[str]):
    """What somebody is called. Of a former member nothing is stored, and everybody reads so in their own language."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """From the database: the name, or the words that stand for one."""
        return _("Former member") if value == "" else value


class User(Model):
    """A person with an account. Handle and address are stored lower-case; both name one account only.

    `suspended_at`, `suspended_until` and `silenced_until` follow from the sanctions in force. `set_aside` holds the
    texts of a profile that was taken out of sight: what is not in its columns, no page can show.
    Whoever deleted their account `left_at` some time: their row stays without a name, for what stays points at it.
    """

    __tablename__ = "user"

    id: Mapped[PrimaryKey]
    handle: Mapped[str] = mapped_column(String(30), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(PersonName(80))
    created_at: Mapped[datetime] = mapped_column(default=now)
    suspended_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    silenced_until: Mapped[datetime | None]
    trust_level: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    trust_is_fixed: Mapped[bool] = mapped_column(default=False, server_default=false())

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
    set_aside: Mapped[dict[str, Any] | None] = mapped_column(Json)

    @property
    def is_suspended(self) -> bool:
        """Shut out now; a suspension that has ended counts no more, though its mark is taken off a little later."""
        return self.suspended_at is not None and (self.suspended_until is None or self.suspended_until > now())


class Grant(Model):
    """A token somebody holds: `staff`, `moderator:<community>`, an audience such as `alliance:7:council`."""

    __tablename__ = "grant"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class UserSession(Model):
    """A browser in which somebody is signed in. The cookie holds the token, the row only its hash.

    `way` is how they came in; `proved_at` when they last proved that the account is theirs (`accounts/recent.py`).
    With `impersonator_id`, somebody of the staff looks at the site as this person does, and can only read.
    """

    __tablename__ = "user_session"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    proved_at: Mapped[datetime | None] = mapped_column(default=now)
    way: Mapped[str] = mapped_column(String(60), default="", server_default="")
    impersonator_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
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
