from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_

from activity.models import Bookmark
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

PAGE = 40


@dataclass(frozen=True, slots=True)
class BookmarkRow:
    """A thing put aside that the viewer still sees."""

    id: int
    note: str
    at: datetime
    card: Card

    @property
    def title(self) -> str:
        """What it is called now."""
        return self.card.title

    @property
    def url(self) -> str:
        """Where it is now."""
        return self.card.url

    @property
    def lang(self) -> str:
        """The language of the title."""
        return self.card.lang

    @property
    def kind(self) -> str:
        """What sort of thing it is."""
        return self.card.ref.kind


def bookmarked(viewer: Viewer, refs: Iterable[Ref]) -> set[Ref]:
    """Which of `refs` the viewer has put aside; one query."""
    wanted = [(ref.kind, ref.id) for ref in refs]
    if viewer.user_id is None or not wanted:
        return set()
    rows = session().execute(
        select(Bookmark.kind, Bookmark.ref_id).where(
            Bookmark.user_id == viewer.user_id, tuple_(Bookmark.kind, Bookmark.ref_id).in_(wanted)
        )
    )
    return {Ref(row.kind, row.ref_id) for row in rows}


def bookmarks_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[BookmarkRow]:
    """What the viewer has put aside, newest first; what has gone out of sight is left out."""
    query = select(Bookmark).where(Bookmark.user_id == viewer.me)
    page = keyset_page(query, keys=[Bookmark.id], limit=limit, cursor=cursor).map(lambda row: row[0])
    found = cards(viewer, [Ref(mark.kind, mark.ref_id) for mark in page.items])
    marks = [(mark, found.get(Ref(mark.kind, mark.ref_id))) for mark in page.items]
    return Page([BookmarkRow(mark.id, mark.note, mark.created_at, card) for mark, card in marks if card], page.next)
