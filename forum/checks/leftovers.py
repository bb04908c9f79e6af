from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from activity.models import Bookmark, Follow, Notice
from forum.models import Board, Community, Post, Tag, Thread
from kernel.checks import check
from kernel.db import session

KINDS: dict[str, type[Community | Post | Tag | Thread]] = {
    "forum.community": Community,
    "forum.post": Post,
    "forum.tag": Tag,
    "forum.thread": Thread,
}


def _names_nothing(kind: InstrumentedAttribute[str], ref_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a reference to one of the forum's things leads nowhere."""
    return or_(
        *(and_(kind == name, ~select(model.id).where(model.id == ref_id).exists()) for name, model in KINDS.items())
    )


@check
def dangling_references(*, mend: bool) -> list[str]:
    """Follows, bookmarks and notices are about things that exist."""
    faults = []
    for model, where in (
        (Follow, _names_nothing(Follow.kind, Follow.ref_id)),
        (Bookmark, _names_nothing(Bookmark.kind, Bookmark.ref_id)),
        (Notice, or_(_names_nothing(Notice.kind, Notice.ref_id), _names_nothing(Notice.place_kind, Notice.place_id))),
    ):
        rows = session().execute(
            select(model.user_id, model.kind, model.ref_id).where(where).order_by(model.user_id, model.ref_id)
        )
        faults += [
            f"{model.__name__} of person {row.user_id} is about {row.kind}:{row.ref_id}, which is not there."
            for row in rows
        ]
        if mend:
            session().execute(delete(model).where(where).execution_options(synchronize_session=False))
    return faults


@check
def audiences_of_notices(*, mend: bool) -> list[str]:
    """A notice of what was written in a thread is seen by whoever sees the thread's board.

    What others tell somebody with a thread as its place, as that an achievement fits a need, is for them alone.
    """
    rows = (
        session()
        .execute(
            select(Notice.id, Notice.audience, Board.audience.label("right"))
            .join(Thread, and_(Notice.place_kind == "forum.thread", Thread.id == Notice.place_id))
            .join(Board, Board.id == Thread.board_id)
            .where(Notice.kind.in_(KINDS), Notice.audience != Board.audience)
            .order_by(Notice.id)
        )
        .all()
    )
    if mend and rows:
        session().execute(update(Notice), [{"id": row.id, "audience": row.right} for row in rows])
    return [f"Notice {row.id}: audience is {row.audience}, should be {row.right}." for row in rows]


@check
def places_of_notices(*, mend: bool) -> list[str]:
    """A notice about a post is listed under the thread that the post is in."""
    rows = (
        session()
        .execute(
            select(Notice.id, Notice.place_id, Post.thread_id.label("right"))
            .join(Post, and_(Notice.kind == "forum.post", Post.id == Notice.ref_id))
            .where(Notice.place_kind == "forum.thread", Notice.place_id != Post.thread_id)
            .order_by(Notice.id)
        )
        .all()
    )
    if mend and rows:
        session().execute(update(Notice), [{"id": row.id, "place_id": row.right} for row in rows])
    return [f"Notice {row.id}: thread is {row.place_id}, should be {row.right}." for row in rows]
