"""Searches that somebody keeps, and is told of when they find something new."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from sqlalchemy import select

from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.paging import Page, keyset_page
from kernel.policy import authorise
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index.asking import Asked
from search_index.events import SavedSearchFound
from search_index.policy import SearchRight
from search_index.searching import count, is_building
from search_index.tables import SavedSearch, SavedSearchFind

PAGE = 30
MOST = 100
LONGEST_NAME = 120
LONGEST_ADDRESS = 1000
SETTLED = timedelta(seconds=30)  # what is older is in every index
SAVED = "search_index.saved"
FIND = "search_index.find"


def save(viewer: Viewer, *, asked: Asked, name: str = "", notifies: bool = True) -> SavedSearch:
    """Keep a search; one that is kept already is answered as it is."""
    authorise(viewer, SearchRight.SAVE)
    if asked.is_empty:
        raise InvalidError(_("There is nothing to look for yet."), errors={"q": _("Type what you look for.")})
    address = asked.parameters
    if len(address) > LONGEST_ADDRESS:
        raise InvalidError(_("This search is too long to be kept."), errors={"q": _("Use fewer words.")})
    known = session().scalar(
        select(SavedSearch).where(SavedSearch.user_id == viewer.me, SavedSearch.address == address)
    )
    if known is not None:
        return known
    if len(my_ids(viewer)) >= MOST:
        raise InvalidError(_("You keep a hundred searches; let go of one first."))
    row = SavedSearch(user_id=viewer.me, name=_named(name or asked.text or address), address=address, notifies=notifies)
    session().add(row)
    session().flush()
    return row


def change(viewer: Viewer, *, search_id: int, name: str | None = None, notifies: bool | None = None) -> SavedSearch:
    """Call one's saved search otherwise, or be told of what it finds, or not any more."""
    row = mine(viewer, search_id)
    if name is not None:
        row.name = _named(name)
    if notifies is not None:
        if notifies and not row.notifies:
            row.seen_at = now()
        row.notifies = notifies
    return row


def let_go(viewer: Viewer, *, search_id: int) -> None:
    """Keep it no longer."""
    session().delete(mine(viewer, search_id))


def mine(viewer: Viewer, search_id: int) -> SavedSearch:
    """One's own; whether anybody else keeps one of this number is not told."""
    authorise(viewer, SearchRight.SAVE)
    row = session().get(SavedSearch, search_id)
    if row is None or row.user_id != viewer.me:
        raise NotFoundError
    return row


def my_ids(viewer: Viewer) -> list[int]:
    """The numbers of all that one keeps."""
    return list(session().scalars(select(SavedSearch.id).where(SavedSearch.user_id == viewer.me)))


def my_searches(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[SavedSearch]:
    """What one keeps, newest first."""
    authorise(viewer, SearchRight.SAVE)
    query = select(SavedSearch).where(SavedSearch.user_id == viewer.me)
    return keyset_page(query, keys=[SavedSearch.id], limit=limit, cursor=cursor).map(lambda row: row[0])


def asked_by(row: SavedSearch) -> Asked:
    """The search that was saved."""
    return Asked.of(dict(parse_qsl(row.address)))


def waiting() -> list[tuple[int, int]]:
    """The saved searches whose owners want to be told, as (owner, number)."""
    rows = session().execute(
        select(SavedSearch.user_id, SavedSearch.id).where(SavedSearch.notifies).order_by(SavedSearch.id)
    )
    return [(row.user_id, row.id) for row in rows]


def look_again(owner: Viewer, search_id: int) -> int:
    """Count what is new to the owner since the last time, and say so if there is any.

    The newest half minute waits for the next time: by then every index has it, and nothing falls between two looks.
    """
    row = session().get(SavedSearch, search_id)
    until = now() - SETTLED
    if row is None or row.user_id != owner.user_id or row.seen_at >= until or is_building():
        return 0
    query = asked_by(row).parsed().query
    since = max(row.seen_at, query.after or row.seen_at)
    fresh = replace(query, after=since, before=min(until, query.before or until))
    found = count(owner, fresh)
    if found:
        made = SavedSearchFind(saved_search_id=row.id, since=since, count=found)
        session().add(made)
        session().flush()
        emit(SavedSearchFound(user_id=row.user_id, saved_search_id=row.id, find_id=made.id, count=found))
    row.seen_at = until
    return found


def _named(name: str) -> str:
    line = " ".join(name.split())[:LONGEST_NAME]
    if not line:
        raise InvalidError(_("A saved search needs a name."), errors={"name": _("A saved search needs a name.")})
    return line


def _searches(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(SavedSearch.id, SavedSearch.name, SavedSearch.address).where(
            SavedSearch.id.in_(ids), SavedSearch.user_id == viewer.user_id
        )
    )
    return {row.id: Card(Ref(SAVED, row.id), row.name, f"/search?{row.address}") for row in rows}


def _finds(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(SavedSearchFind.id, SavedSearch.name, SavedSearch.address)
        .join(SavedSearch, SavedSearch.id == SavedSearchFind.saved_search_id)
        .where(SavedSearchFind.id.in_(ids), SavedSearch.user_id == viewer.user_id)
    )
    return {
        row.id: Card(Ref(FIND, row.id), row.name, Asked.of(dict(parse_qsl(row.address))).but(order="newest").url)
        for row in rows
    }


register_kind(Kind(SAVED, _searches))
register_kind(Kind(FIND, _finds))
