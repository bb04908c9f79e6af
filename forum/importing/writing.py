"""Prepared threads into the database, many at a time: plain rows, keys taken in advance, counters kept."""

from collections import Counter
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, func, literal, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.importing.preparing import PreparedThread
from forum.models import Board, BoardDay, Post, Tag, Thread, ThreadTag
from forum.search.documents import POST, THREAD
from kernel.db import db, session
from kernel.markup import RENDERER_VERSION
from kernel.viewer import PUBLIC
from kernel.work import unit_of_work
from search_index import feed

ROWS_AT_ONCE = 500
IMPORTS = 0x6775696C64  # one import writes at a time: the key of PostgreSQL's advisory lock

_thread = cast("Table", Thread.__table__)
_post = cast("Table", Post.__table__)
_tag = cast("Table", Tag.__table__)
_thread_tag = cast("Table", ThreadTag.__table__)
_board = cast("Table", Board.__table__)
_board_day = cast("Table", BoardDay.__table__)


def known_sources(source_ids: list[str]) -> set[str]:
    """Which of these threads are in already."""
    found: set[str] = set()
    for start in range(0, len(source_ids), ROWS_AT_ONCE):
        some = source_ids[start : start + ROWS_AT_ONCE]
        found |= set(session().scalars(select(_thread.c.source_id).where(_thread.c.source_id.in_(some))))
    return found


def write_threads(threads: list[PreparedThread], *, board_id: int) -> list[PreparedThread]:
    """Add those threads that are not in yet, in one transaction; returns the ones that were added."""
    if not threads:
        return []
    with unit_of_work():
        if _is_postgresql():
            session().execute(select(func.pg_advisory_xact_lock(IMPORTS)))
        seen = known_sources([thread.source_id for thread in threads])
        fresh: list[PreparedThread] = []
        for thread in threads:
            if thread.source_id not in seen:
                seen.add(thread.source_id)
                fresh.append(thread)
        if fresh:
            _insert(fresh, board_id=board_id)
    return fresh


def _insert(threads: list[PreparedThread], *, board_id: int) -> None:
    wanted = select(_board.c.community_id, _board.c.alliance_id, _board.c.audience)
    board = session().execute(wanted.where(_board.c.id == board_id)).one()
    connection = session().connection()
    thread_ids = take_ids(_thread, len(threads))
    post_ids = iter(take_ids(_post, sum(len(thread.posts) for thread in threads)))
    place = {"board_id": board_id, "community_id": board.community_id, "alliance_id": board.alliance_id}
    connection.execute(
        _thread.insert(),
        [
            {
                "id": thread_id,
                **place,
                **thread.values,
                "tags": thread.tags,
                "author_id": thread.author_id,
                "last_author_id": thread.author_id,
            }
            for thread_id, thread in zip(thread_ids, threads, strict=True)
        ],
    )
    rows: list[dict[str, Any]] = []
    for thread_id, thread in zip(thread_ids, threads, strict=True):
        ids = {post.number: next(post_ids) for post in thread.posts}
        rows += [
            {
                "id": ids[post.number],
                "thread_id": thread_id,
                "number": post.number,
                "author_id": thread.author_id,
                "author_name": post.author_name,
                "author_url": post.author_url,
                "reply_to_id": ids[post.parent] if post.parent is not None else None,
                "lang": post.lang,
                "body": post.body,
                "body_format": post.body_format,
                "html": post.html,
                "renderer": RENDERER_VERSION,
                "has_math": post.has_math,
                "created_at": post.created_at,
                "score": post.score,
            }
            for post in thread.posts
        ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(_post.insert(), rows[start : start + ROWS_AT_ONCE])
    feed.note(f"{THREAD}:{thread_id}" for thread_id in thread_ids)
    feed.note(f"{POST}:{row['id']}" for row in rows if row["number"] > 1)
    _tag_threads(threads, thread_ids, is_public=board.audience == PUBLIC)
    _count(threads, board_id=board_id, posts=len(rows))


def _tag_threads(threads: list[PreparedThread], thread_ids: list[int], *, is_public: bool) -> None:
    uses = Counter(tag for thread in threads for tag in thread.tags)
    if not uses:
        return
    connection = session().connection()
    names = sorted(uses)
    connection.execute(_insert_into(_tag).on_conflict_do_nothing(), [{"name": name} for name in names])
    ids: dict[str, int] = {}
    for start in range(0, len(names), ROWS_AT_ONCE):
        some = names[start : start + ROWS_AT_ONCE]
        ids |= {
            row.name: row.id for row in connection.execute(select(_tag.c.name, _tag.c.id).where(_tag.c.name.in_(some)))
        }
    connection.execute(
        _thread_tag.insert(),
        [
            {"tag_id": ids[tag], "thread_id": thread_id}
            for thread_id, thread in zip(thread_ids, threads, strict=True)
            for tag in thread.tags
        ],
    )
    if is_public:
        by_count: dict[int, list[int]] = {}
        for name, count in uses.items():
            by_count.setdefault(count, []).append(ids[name])
        for count, tag_ids in sorted(by_count.items()):
            connection.execute(
                update(_tag)
                .where(_tag.c.id.in_(tag_ids))
                .values(public_thread_count=_tag.c.public_thread_count + count)
            )


def _count(threads: list[PreparedThread], *, board_id: int, posts: int) -> None:
    """Move the board's counters by what came, and its days by when that was written."""
    connection = session().connection()
    waiting = sum(
        thread.values["kind"] == "question" and thread.values["accepted_number"] is None for thread in threads
    )
    connection.execute(
        update(_board)
        .where(_board.c.id == board_id)
        .values(
            thread_count=_board.c.thread_count + len(threads),
            post_count=_board.c.post_count + posts,
            open_question_count=_board.c.open_question_count + waiting,
            version=_board.c.version + 1,
        )
    )
    days: Counter[date] = Counter(post.created_at.date() for thread in threads for post in thread.posts)
    insert = _insert_into(_board_day)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["board_id", "day"], set_={"posts": _board_day.c.posts + insert.excluded.posts}
        ),
        [{"board_id": board_id, "day": day, "posts": count} for day, count in sorted(days.items())],
    )


def take_ids(table: Table, count: int) -> list[int]:
    """Keys for `count` new rows that nobody else is given."""
    if _is_postgresql():
        sequence = func.pg_get_serial_sequence(literal(f'"{table.name}"'), "id")
        series = func.generate_series(1, count).table_valued("n")
        return list(session().scalars(select(func.nextval(sequence)).select_from(series)))
    highest = session().execute(text(f'SELECT max(id) FROM "{table.name}"')).scalar() or 0  # noqa: S608 - the name of a table of ours; the transaction holds the write lock
    return list(range(highest + 1, highest + 1 + count))


def _insert_into(table: Table) -> Any:
    return (postgresql if _is_postgresql() else sqlite).insert(table)


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"
