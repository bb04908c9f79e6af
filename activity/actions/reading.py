"""One has seen what one was told."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, or_, select, update

from activity.models import Notice
from activity.policy import ActivityRight
from kernel.clock import now
from kernel.db import session
from kernel.policy import authorise
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import reading

MOST_PLACES = 200


def mark_read(
    viewer: Viewer, *, place: Ref | None = None, source: Ref | None = None, ids: Collection[int] | None = None
) -> None:
    """The viewer has seen the notices of `place`, those gathered under `source`, those of these ids, or all."""
    which: list[ColumnElement[bool]] = []
    if place is not None:
        which += [Notice.place_kind == place.kind, Notice.place_id == place.id]
    if source is not None:
        which += [Notice.source_kind == source.kind, Notice.source_id == source.id]
    if ids is not None:
        which.append(Notice.id.in_(ids))
    _mark(viewer, and_(True, *which))


def mark_page_read(viewer: Viewer, *, path: str) -> None:
    """The viewer has opened the page at `path`: what they were told of the thing that it shows is read.

    Which thing that is, is looked up without holding up any writer: the first deed of its unit of work, or none at all.
    """
    with reading():
        shown = _shown_at(viewer, path)
    if shown:
        _mark(viewer, or_(*(_is_about(ref) for ref in shown)))


def _shown_at(viewer: Viewer, path: str) -> list[Ref]:
    rows = (
        session()
        .execute(
            select(Notice.kind, Notice.ref_id, Notice.place_kind, Notice.place_id)
            .where(Notice.user_id == viewer.me, Notice.read_at.is_(None))
            .order_by(Notice.id.desc())
            .limit(MOST_PLACES)
        )
        .all()
    )
    refs = {ref for row in rows for ref in (Ref(row.kind, row.ref_id), Ref(row.place_kind, row.place_id))}
    return [ref for ref, card in cards(viewer, refs).items() if card.url.partition("#")[0].partition("?")[0] == path]


def _is_about(ref: Ref) -> ColumnElement[bool]:
    return or_(
        and_(Notice.kind == ref.kind, Notice.ref_id == ref.id),
        and_(Notice.place_kind == ref.kind, Notice.place_id == ref.id),
    )


def _mark(viewer: Viewer, which: ColumnElement[bool]) -> None:
    authorise(viewer, ActivityRight.READ_NOTICES)
    change = update(Notice).where(Notice.user_id == viewer.me, Notice.read_at.is_(None), which).values(read_at=now())
    session().execute(change.execution_options(synchronize_session=False))
