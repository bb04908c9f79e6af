"""What is kept elsewhere about a thread (notices, follows, bookmarks, drafts, log lines), in step with its fate."""

from typing import Any

from sqlalchemy import case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from activity.models import Bookmark, Follow, Level, LogEntry, Notice
from forum.counters import DIRECT
from forum.models import Draft, Post
from kernel.db import Model, db, session
from kernel.viewer import PUBLIC

THREAD, POST = "forum.thread", "forum.post"


def keep_audience(thread_id: int, audience: str) -> None:
    """Notices are seen by whoever sees the thread; its log is closed with it, and never opened to more people."""
    for model in (Notice, LogEntry):
        if model is Notice or audience != PUBLIC:
            session().execute(
                update(model)
                .where(model.place_kind == THREAD, model.place_id == thread_id)
                .values(audience=audience)
                .execution_options(**DIRECT)
            )


def copy_follows(source: int, target: int) -> None:
    """Whoever follows (or muted) a thread does the same with the part that was split off."""
    follows = select(Follow.user_id, Follow.kind, literal(target), Follow.level, Follow.mail, Follow.created_at).where(
        Follow.kind == THREAD, Follow.ref_id == source
    )
    _insert(Follow, ["user_id", "kind", "ref_id", "level", "mail", "created_at"], follows)


def join_follows(source: int, target: int) -> None:
    """Whoever followed a thread follows the one it was merged into at least as much, unless they muted that one."""
    session().flush()
    theirs = aliased(Follow)
    heard = [Level.TRACKING, Level.WATCHING]
    for level, lower in ((Level.WATCHING, [Level.TRACKING, Level.NORMAL]), (Level.TRACKING, [Level.NORMAL])):
        at_level = select(theirs.user_id).where(theirs.kind == THREAD, theirs.ref_id == source, theirs.level == level)
        session().execute(
            update(Follow)
            .where(
                Follow.kind == THREAD, Follow.ref_id == target, Follow.level.in_(lower), Follow.user_id.in_(at_level)
            )
            .values(level=level)
            .execution_options(**DIRECT)
        )
    follows = select(Follow.user_id, Follow.kind, literal(target), Follow.level, Follow.mail, Follow.created_at).where(
        Follow.kind == THREAD, Follow.ref_id == source, Follow.level.in_(heard)
    )
    _insert(Follow, ["user_id", "kind", "ref_id", "level", "mail", "created_at"], follows)
    session().execute(delete(Follow).where(Follow.kind == THREAD, Follow.ref_id == source).execution_options(**DIRECT))


def join_bookmarks(source: int, target: int) -> None:
    """Bookmarks of a merged thread lead to the one it is in now; nobody has two of the same."""
    other = aliased(Bookmark)
    have = select(other.user_id).where(other.kind == THREAD, other.ref_id == target)
    mine = (Bookmark.kind == THREAD, Bookmark.ref_id == source)
    session().execute(delete(Bookmark).where(*mine, Bookmark.user_id.in_(have)).execution_options(**DIRECT))
    session().execute(update(Bookmark).where(*mine).values(ref_id=target).execution_options(**DIRECT))


def join_drafts(source: int, target: int) -> None:
    """Replies that were being written to a merged thread wait at the other, where no such draft is."""
    other = aliased(Draft)
    have = select(other.user_id).where(other.place == f"thread:{target}")
    session().execute(
        update(Draft)
        .where(Draft.place == f"thread:{source}", Draft.user_id.not_in(have))
        .values(place=f"thread:{target}")
        .execution_options(**DIRECT)
    )


def follow_posts(source: int, target: int, *, audience: str) -> None:
    """Notices about posts that are in another thread now are listed, and settled, there."""
    source_id = case((Notice.source_kind == THREAD, target), else_=Notice.source_id)
    session().execute(
        update(Notice)
        .where(
            Notice.place_kind == THREAD,
            Notice.place_id == source,
            Notice.kind == POST,
            Notice.ref_id.in_(select(Post.id).where(Post.thread_id == target)),
        )
        .values(place_id=target, source_id=source_id, audience=audience)
        .execution_options(**DIRECT)
    )


def _insert(model: type[Model], names: list[str], rows: Any) -> None:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(model)
    session().execute(insert.from_select(names, rows).on_conflict_do_nothing())
