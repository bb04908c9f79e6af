"""People as the forum's rows show them, from columns that a query joined under a prefix."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm.util import AliasedClass

from accounts.avatars import avatar_url
from accounts.models import User
from forum.queries.rows import Person


def person_columns(who: type[User] | AliasedClass[User], prefix: str) -> list[ColumnElement[Any]]:
    """The columns of an author, labelled, for a query to select."""
    names = ("handle", "display_name", "avatar_hash", "affiliation", "job_title", "orcid")
    return [getattr(who, name).label(f"{prefix}_{name}") for name in names]


def person_of(row: Any, prefix: str, *, user_id: int | None, name: str, url: str = "") -> Person:
    """The member those columns describe, or the outside author of an imported post."""
    handle = getattr(row, f"{prefix}_handle")
    if handle is None:
        return Person(name=name or "?", url=url or None)
    return Person(
        id=user_id,
        name=getattr(row, f"{prefix}_display_name"),
        handle=handle,
        url=f"/people/{handle}",
        avatar_url=avatar_url(handle, getattr(row, f"{prefix}_avatar_hash")),
        affiliation=getattr(row, f"{prefix}_affiliation"),
        job_title=getattr(row, f"{prefix}_job_title"),
        orcid=getattr(row, f"{prefix}_orcid"),
    )
