"""What somebody was told: one by one for programs, by source for people, and how many lines are unread."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, case, func, literal_column, select, tuple_

from accounts.audience import holds
from accounts.models import User
from accounts.queries import PersonFacts, persons
from accounts.viewers import contribute_count
from activity.gathering import Group, gathered
from activity.models import Notice
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

PAGE = 40
SOURCES = 20
MOST_UNREAD = 100
NEWEST = 1000  # unread notices that are looked at to count their lines
OF_ONE_SOURCE = 60  # notices that make the lines of one


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with what it is about and where, both seen by this viewer."""

    notice: Notice
    card: Card
    place: Card
    actor: PersonFacts | None


def notices_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[NoticeRow]:
    """The viewer's notices, newest first; what has gone out of sight is left out."""
    page = keyset_page(_mine(viewer), keys=[Notice.id], limit=limit, cursor=cursor).map(_first)
    found = cards(viewer, [ref for notice in page.items for ref in (notice.ref, notice.place)])
    actors = persons({notice.actor_id for notice in page.items if notice.actor_id is not None})
    rows = [
        NoticeRow(notice, found[notice.ref], found[notice.place], actors.get(notice.actor_id or 0))
        for notice in page.items
        if notice.ref in found and notice.place in found
    ]
    return Page(rows, page.next)


def groups_page(viewer: Viewer, *, cursor: str | None = None, limit: int = SOURCES) -> Page[Group]:
    """The viewer's notices gathered by source, the source with the newest first."""
    newest = func.max(Notice.id)
    sources = (
        _mine(viewer)
        .with_only_columns(
            Notice.source_kind,
            Notice.source_id,
            newest.label("newest"),
            func.sum(case((Notice.read_at.is_(None), 1), else_=0)).label("unread"),
        )
        .group_by(Notice.source_kind, Notice.source_id)
        .subquery()
    )
    page = keyset_page(select(sources), keys=[sources.c.newest], limit=limit, cursor=cursor)
    refs = [Ref(row.source_kind, row.source_id) for row in page.items]
    groups = gathered(viewer, newest_of(viewer, refs))
    return Page([groups[ref] for ref in refs if ref in groups], page.next)


def newest_of(viewer: Viewer, sources: Collection[Ref], *, unread: bool = False) -> list[Notice]:
    """The newest notices under each of these sources, newest first."""
    if not sources:
        return []
    pairs = [(ref.kind, ref.id) for ref in sources]
    place = func.row_number().over(
        partition_by=(Notice.source_kind, Notice.source_id), order_by=(Notice.read_at.is_not(None), Notice.id.desc())
    )
    query = _mine(viewer, on_bell=not unread).where(tuple_(Notice.source_kind, Notice.source_id).in_(pairs))
    if unread:
        query = query.where(Notice.read_at.is_(None))
    ranked = query.with_only_columns(Notice.id, place.label("place")).subquery()
    wanted = select(ranked.c.id).where(ranked.c.place <= OF_ONE_SOURCE)
    return list(session().scalars(select(Notice).where(Notice.id.in_(wanted)).order_by(Notice.id.desc())))


def _mine(viewer: Viewer, *, on_bell: bool = True) -> Select[Notice]:
    query = select(Notice).where(Notice.user_id == viewer.me, Notice.audience.in_(viewer.audience))
    return query.where(Notice.on_bell) if on_bell else query


def _first(row: Sequence[Notice]) -> Notice:
    return row[0]


def _unread_lines(user_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Up to a hundred sources with something unread on the bell: the same rule as `groups_page`, in SQL."""
    notice = Notice.__table__
    newest = (
        select(notice.c.source_kind, notice.c.source_id)
        .where(notice.c.user_id == user_id, notice.c.read_at.is_(None), notice.c.on_bell, holds(notice.c.audience))
        .correlate(User.__table__)
        .order_by(notice.c.id.desc())
        .limit(literal_column(str(NEWEST), Integer))
        .subquery()
    )
    lines = select(newest).distinct().limit(literal_column(str(MOST_UNREAD), Integer)).subquery()
    return select(func.count()).select_from(lines).scalar_subquery()


contribute_count("unread_notices", _unread_lines)
