"""Keyset paging: a page is asked for by where the last one ended, never by how many rows to skip."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from kernel.db import session
from kernel.errors import InvalidError
from kernel.words import gettext as _

T = TypeVar("T")
S = TypeVar("S")

Key = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of what follows them, or None at the end."""

    items: list[T]
    next: str | None

    def map(self, change: Callable[[T], S]) -> "Page[S]":
        """The same page with every row changed."""
        return Page([change(item) for item in self.items], self.next)


def encode_cursor(values: Sequence[Any]) -> str:
    """Opaque, URL-safe, and readable only by `decode_cursor`."""
    plain = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """The values of `encode_cursor`; anything else raises `InvalidError`."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_moment(v["t"]) if isinstance(v, dict) else v for v in plain]
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise _unreadable() from None
    fits = len(values) == length and all(
        isinstance(value, str | datetime) or (isinstance(value, int) and -(2**63) <= value < 2**63) for value in values
    )
    if not fits:
        raise _unreadable()
    return values


def _unreadable() -> InvalidError:
    return InvalidError(
        _("The list cannot be continued from here."), errors={"cursor": _("Begin with the first page again.")}
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a naive datetime")
    return moment.astimezone(UTC)  # overflows here, and not in the database's driver


def keyset_page(
    query: Select[Any],
    *,
    keys: Sequence[Key],
    limit: int,
    cursor: str | None = None,
    descending: bool = True,
    params: Mapping[str, Any] | None = None,
) -> Page[Any]:
    """One page of `query`, ordered by `keys` (all in one direction, the last one unique).

    Rows come as SQLAlchemy rows; `keys` must be among the selected columns or on the first entity.
    One row more than `limit` is fetched in place of a COUNT. `params` are for the bound parameters of `query`.
    """
    if cursor is not None:
        values = decode_cursor(cursor, length=len(keys))
        for key, value in zip(keys, values, strict=True):
            if not isinstance(value, key.type.python_type if not _is_time(key) else datetime):
                raise _unreadable()
        left, right = tuple_(*keys), tuple_(*(literal(v, k.type) for k, v in zip(keys, values, strict=True)))
        query = query.where(left < right if descending else left > right)
    query = query.order_by(None).order_by(*(key.desc() if descending else key.asc() for key in keys))
    rows = (
        session()
        .execute(query.add_columns(*(key.label(f"_key{n}") for n, key in enumerate(keys))).limit(limit + 1), params)
        .all()
    )
    more = len(rows) > limit
    rows = rows[:limit]
    end = encode_cursor([getattr(rows[-1], f"_key{n}") for n in range(len(keys))]) if more else None
    return Page(list(rows), end)


def _is_time(key: Key) -> bool:
    return "DATE" in str(key.type).upper() or key.type.__class__.__name__ == "UtcDateTime"
