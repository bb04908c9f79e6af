"""How a Viewer is made: one statement over the person, what they hold, and the counts that rooms above contribute."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    String,
    Table,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from accounts.avatars import avatar_url
from accounts.models import ApiToken, Grant, User, UserSession
from kernel.clock import now
from kernel.db import db, session
from kernel.viewer import MEMBERS, PUBLIC, STAFF, Viewer

MODERATOR = "moderator:"

Count = Callable[[ColumnElement[int]], ScalarSelect[int]]
_counts: dict[str, Count] = {}

_user: Table = User.__table__  # type: ignore[assignment]
_grant: Table = Grant.__table__  # type: ignore[assignment]
_session: Table = UserSession.__table__  # type: ignore[assignment]
_token: Table = ApiToken.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Opened:
    """A viewer, and the key (session or token row) that let them in."""

    viewer: Viewer
    key_id: int
    seen_at: datetime | None
    scopes: frozenset[str] = frozenset()


def contribute_count(
    name: Literal["unread_notices", "open_reviews", "unseen_sanctions", "waiting"], make: Count
) -> None:
    """Let a room above fill a number of the Viewer: `make` is given the column of the person's id."""
    _counts[name] = make
    _statement.cache_clear()


def viewer_for(user_id: int) -> Viewer:
    """The viewer that a person would be now: for jobs, commands and tests. Unknown or suspended: an outsider."""
    row = _fetch("user", user_id)
    return Viewer() if row is None else _viewer(row)


def viewer_of_session(token_hash: str) -> Opened | None:
    """Whoever is signed in with this session, in one query."""
    row = _fetch("session", token_hash)
    if row is None:
        return None
    viewer = _viewer(row, session_id=row.key_id)
    if row.impersonator_id is not None:
        seen = viewer.audience & {PUBLIC, MEMBERS}
        viewer = replace(viewer, audience=seen, rights=frozenset(), impersonator_id=row.impersonator_id)
    return Opened(viewer, row.key_id, row.seen_at)


def viewer_of_token(token_hash: str, *, only_sends: bool = False) -> Opened | None:
    """Whose program this is, and what it may do, in one query.

    Whoever only sends something is shown no counts, and so nothing is counted for them.
    """
    row = _fetch("sender" if only_sends else "token", token_hash)
    return None if row is None else Opened(_viewer(row), row.key_id, row.seen_at, frozenset(row.scopes))


def _fetch(by: str, key: object) -> Row[Any] | None:
    statement = _statement(by, db.engine.dialect.name)
    return session().connection().execute(statement, {"key": key, "now": now()}).one_or_none()


@cache
def _statement(by: str, dialect: str) -> Select[Any]:
    """Built once for each kind of key; Core columns, so that nothing is tracked afterwards."""
    held = (
        select(_joined(_grant.c.token, dialect))
        .where(_grant.c.user_id == _user.c.id)
        .correlate(_user)
        .scalar_subquery()
    )
    columns: list[ColumnElement[Any]] = [
        _user.c.id,
        _user.c.handle,
        _user.c.display_name,
        _user.c.avatar_hash,
        _user.c.email_confirmed_at.is_not(None).label("is_confirmed"),
        _user.c.locale,
        _user.c.timezone,
        _user.c.theme,
        _user.c.trust_level,
        _user.c.silenced_until,
        held.label("held"),
        *(make(_user.c.id).label(name) for name, make in _counts.items() if by != "sender"),
    ]
    moment = bindparam("now", type_=_session.c.expires_at.type)
    active = select(*columns).where(or_(_user.c.suspended_at.is_(None), _user.c.suspended_until <= moment))
    if by == "session":
        return (
            active.add_columns(
                _session.c.id.label("key_id"),
                _session.c.last_seen_at.label("seen_at"),
                _session.c.impersonator_id,
            )
            .join_from(_session, _user, _session.c.user_id == _user.c.id)
            .where(_session.c.token_hash == bindparam("key"), _session.c.expires_at > moment)
        )
    if by in {"token", "sender"}:
        return (
            active.add_columns(_token.c.id.label("key_id"), _token.c.last_used_at.label("seen_at"), _token.c.scopes)
            .join_from(_token, _user, _token.c.user_id == _user.c.id)
            .where(
                _token.c.token_hash == bindparam("key"),
                _token.c.revoked_at.is_(None),
                or_(_token.c.expires_at.is_(None), _token.c.expires_at > moment),
            )
        )
    return active.where(_user.c.id == bindparam("key"))


def _joined(column: ColumnElement[str], dialect: str) -> ColumnElement[str]:
    """All values in one string; `aggregate_strings` would bind its separator anew at each execution."""
    name = "string_agg" if dialect == "postgresql" else "group_concat"
    return getattr(func, name)(column, literal_column("' '"), type_=String())  # type: ignore[no-any-return]


def _viewer(row: Row[Any], *, session_id: int | None = None) -> Viewer:
    """Grants become rights and audience; nobody holds any before the address is confirmed."""
    audience, rights = {PUBLIC, f"user:{row.id}"}, set()
    if row.is_confirmed:
        audience.add(MEMBERS)
        for token in (row.held or "").split():
            if token == STAFF:
                rights.add(token)
                audience.add(token)
            else:
                (rights if token.startswith(MODERATOR) else audience).add(token)
    facts = row._mapping  # noqa: SLF001 - the public name of a row's mapping
    return Viewer(
        user_id=row.id,
        handle=row.handle,
        display_name=row.display_name,
        avatar_url=avatar_url(row.handle, row.avatar_hash),
        audience=frozenset(audience),
        rights=frozenset(rights),
        locale=row.locale,
        timezone=row.timezone,
        theme=row.theme,
        trust=row.trust_level,
        silenced_until=row.silenced_until,
        session_id=session_id,
        **{name: facts[name] for name in _counts if name in facts},
    )
