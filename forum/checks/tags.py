from collections import defaultdict

from sqlalchemy import except_, func, select, union_all, update

from activity.models import Follow, Level
from forum.checks.comparing import compare
from forum.models import Board, Community, Tag, Thread, ThreadTag
from kernel.checks import check
from kernel.db import db, session
from kernel.viewer import PUBLIC


@check
def tags_of_threads(*, mend: bool) -> list[str]:
    """The tags that a thread shows are those under which it is found."""
    is_postgres = db.engine.dialect.name == "postgresql"
    if is_postgres:
        each = func.jsonb_array_elements_text(Thread.tags).table_valued("value", joins_implicitly=True)
    else:
        each = func.json_each(Thread.tags).table_valued("value", joins_implicitly=True)
    shown = select(Thread.id, each.c.value.label("name"))
    borne = select(ThreadTag.thread_id, Tag.name).join(Tag, Tag.id == ThreadTag.tag_id)
    differing = union_all(select(except_(shown, borne).subquery()), select(except_(borne, shown).subquery())).subquery()
    ids = sorted(set(session().scalars(select(differing.c.id))))
    if mend and ids:
        names: dict[int, list[str]] = defaultdict(list)
        right = borne.where(ThreadTag.thread_id.in_(select(differing.c.id))).order_by(Tag.id)
        for thread_id, name in session().execute(right):
            names[thread_id].append(name)
        session().execute(update(Thread), [{"id": thread_id, "tags": names[thread_id]} for thread_id in ids])
    return [f"Thread {thread_id}: the tags it shows are not those under which it is found." for thread_id in ids]


@check
def public_thread_counts(*, mend: bool) -> list[str]:
    """A tag counts the live threads on public boards that bear it."""
    truth = (
        select(ThreadTag.tag_id, func.count().label("right"))
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(Thread.deleted_at.is_(None), Board.audience == PUBLIC)
        .group_by(ThreadTag.tag_id)
        .subquery()
    )
    return compare(
        Tag.public_thread_count, func.coalesce(truth.c.right, 0), (truth, truth.c.tag_id == Tag.id), mend=mend
    )


@check
def follower_counts(*, mend: bool) -> list[str]:
    """Communities and tags count who tracks or watches them."""
    truth = (
        select(Follow.kind, Follow.ref_id, func.count().label("right"))
        .where(Follow.level.in_([Level.TRACKING, Level.WATCHING]))
        .group_by(Follow.kind, Follow.ref_id)
        .subquery()
    )
    return [
        fault
        for column, model, kind in (
            (Community.follower_count, Community, "forum.community"),
            (Tag.follower_count, Tag, "forum.tag"),
        )
        for fault in compare(
            column,
            func.coalesce(truth.c.right, 0),
            (truth, (truth.c.kind == kind) & (truth.c.ref_id == model.id)),
            mend=mend,
        )
    ]
