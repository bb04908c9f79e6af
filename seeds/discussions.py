"""The town's threads as rows: written in the order in which they would have happened, counters included."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import InstrumentedAttribute

from forum.actions.polls import count_votes
from forum.actions.tags import set_tags
from forum.actions.threads import PollDraft, add_poll, check_poll
from forum.cooking import check_body, check_tags, check_title
from forum.importing.writing import take_ids
from forum.models import (
    Board,
    BoardDay,
    Community,
    Poll,
    PollOption,
    PollVote,
    Post,
    PostRevision,
    Reaction,
    Thread,
)
from forum.models.post import REACTIONS
from kernel.db import session
from kernel.ids import slug_of
from kernel.markup import RENDERER_VERSION, cook
from seeds.parsing import SeedError, SeedThread, link_quotes


@dataclass(frozen=True, slots=True)
class BuiltPost:
    """A post that is in now, with what its author pointed at."""

    id: int
    thread_id: int
    number: int
    author_id: int
    created_at: datetime
    mentions: frozenset[str]
    quoted: frozenset[int]
    answered_author_id: int | None


@dataclass(frozen=True, slots=True)
class Town:
    """What everything is placed in: who there is, where boards are, and the moment of seeding."""

    moment: datetime
    users: Mapping[str, int]
    boards: Mapping[tuple[str, str], Board]


def read_boards() -> dict[tuple[str, str], Board]:
    """Every board by the slugs of its community and its own."""
    rows = session().execute(select(Community.slug, Board).join(Board, Board.community_id == Community.id))
    return {(slug, board.slug): board for slug, board in rows}


def add_threads(town: Town, threads: list[SeedThread]) -> list[BuiltPost]:
    """Add all threads; returns their posts in order of time."""
    threads = sorted(threads, key=lambda thread: (-thread.posts[0].age, str(thread.path)))
    in_time = sorted(
        (
            (post.age, place, number)
            for place, thread in enumerate(threads)
            for number, post in enumerate(thread.posts, 1)
        ),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    keys = take_ids(cast("Table", Post.__table__), len(in_time))
    post_ids: list[dict[int, int]] = [{} for _thread in threads]
    for key, (_age, place, number) in zip(keys, in_time, strict=True):
        post_ids[place][number] = key
    built = [post for ids, thread in zip(post_ids, threads, strict=True) for post in _add_thread(town, thread, ids)]
    _count_boards(town, built)
    return sorted(built, key=lambda post: post.id)


def _add_thread(town: Town, seed: SeedThread, ids: dict[int, int]) -> Iterator[BuiltPost]:
    board = town.boards.get((seed.community, seed.board))
    if board is None:
        raise SeedError(seed.path, 1, f"there is no board {seed.community}/{seed.board}")
    opening, last = seed.posts[0], seed.posts[-1]
    thread = Thread(
        community_id=board.community_id,
        board_id=board.id,
        kind=seed.kind,
        lens=seed.lens,
        title=check_title(seed.title),
        slug=slug_of(seed.title),
        lang=seed.lang,
        author_id=town.users[opening.author],
        created_at=town.moment - opening.age,
        last_post_at=town.moment - last.age,
        last_author_id=town.users[last.author],
        post_count=len(seed.posts),
        live_post_count=len(seed.posts),
        accepted_number=next((number for number, post in enumerate(seed.posts, 1) if post.accepted), None),
        pinned_at=town.moment - opening.age if seed.pinned else None,
    )
    session().add(thread)
    session().flush()
    set_tags(thread, check_tags(seed.tags))
    for number in range(1, len(seed.posts) + 1):
        yield _add_post(town, thread, seed, number=number, ids=ids)
    if seed.poll:
        _add_poll(town, thread, seed)


def _add_post(town: Town, thread: Thread, seed: SeedThread, *, number: int, ids: dict[int, int]) -> BuiltPost:
    post = seed.posts[number - 1]
    body = check_body(link_quotes(post.body, ids))
    cooked = cook(body, known_people=lambda handles: handles & set(town.users))
    thread.has_math = bool(thread.has_math) or cooked.has_math
    author_id, created_at = town.users[post.author], town.moment - post.age
    row = Post(
        id=ids[number],
        thread_id=thread.id,
        number=number,
        author_id=author_id,
        reply_to_id=ids[post.reply_to] if post.reply_to else None,
        lang=post.lang,
        body=body,
        html=cooked.html,
        renderer=RENDERER_VERSION,
        has_math=cooked.has_math,
        created_at=created_at,
        reactions={name: len(post.reactions[name]) for name in REACTIONS if name in post.reactions},
    )
    if post.edited:
        row.edited_at = created_at + min(post.age / 2, town.moment - created_at)
        row.edit_count, row.version, row.last_editor_id, row.last_edit_reason = 1, 2, author_id, post.edited
        session().add(
            PostRevision(
                post_id=row.id,
                number=1,
                body=_as_first_written(body),
                editor_id=author_id,
                created_at=created_at,
            )
        )
    session().add(row)
    session().flush()
    session().add_all(
        Reaction(
            post_id=row.id,
            user_id=town.users[name],
            name=kind,
            created_at=created_at + post.age / (4 + place),
        )
        for kind, names in post.reactions.items()
        for place, name in enumerate(names)
    )
    answered = seed.posts[post.reply_to - 1].author if post.reply_to else None
    return BuiltPost(
        id=row.id,
        thread_id=thread.id,
        number=number,
        author_id=author_id,
        created_at=created_at,
        mentions=cooked.mentions,
        quoted=cooked.posts,
        answered_author_id=town.users[answered] if answered else None,
    )


def _as_first_written(body: str) -> str:
    """The text before its edit: without its last paragraph or, where there is only one, its last sentence."""
    paragraphs = body.split("\n\n")
    if len(paragraphs) > 1:
        return "\n\n".join(paragraphs[:-1])
    cut = max(body[:-1].rfind(mark) for mark in ("。", ". ", "，", ", "))
    return body[: cut + 1].rstrip("，, ") or body


def _add_poll(town: Town, thread: Thread, seed: SeedThread) -> None:
    """The poll with its votes: everybody votes once, the town's people taking turns from a place set by the thread."""
    question, options = seed.poll or ("", [])
    poll: Poll = add_poll(thread, check_poll(PollDraft(question, options)))
    session().flush()
    option_ids = list(
        session().scalars(select(PollOption.id).where(PollOption.poll_id == poll.id).order_by(PollOption.position))
    )
    handles = sorted(town.users)
    first = sum(map(ord, seed.path.stem)) % len(handles)
    voters = iter([*handles[first:], *handles[:first]])
    for option_id, count in zip(option_ids, seed.votes or [0] * len(option_ids), strict=True):
        session().add_all(
            PollVote(option_id=option_id, user_id=town.users[next(voters)], created_at=thread.last_post_at)
            for _vote in range(count)
        )
    session().flush()
    count_votes(poll)


def _count_boards(town: Town, posts: list[BuiltPost]) -> None:
    """Move the counters of the boards by what was added, and draw their days."""
    threads = {
        row.id: row
        for row in session().scalars(select(Thread).where(Thread.id.in_({post.thread_id for post in posts})))
    }
    days = Counter((threads[post.thread_id].board_id, post.created_at.date()) for post in posts)
    for board in town.boards.values():
        mine = [thread for thread in threads.values() if thread.board_id == board.id]
        waiting = sum(thread.kind == "question" and thread.accepted_number is None for thread in mine)
        changes: dict[InstrumentedAttribute[int], Any] = {
            Board.thread_count: Board.thread_count + len(mine),
            Board.post_count: Board.post_count + sum(thread.live_post_count for thread in mine),
            Board.open_question_count: Board.open_question_count + waiting,
        }
        session().execute(
            update(Board).where(Board.id == board.id).values(changes).execution_options(synchronize_session=False)
        )
    for (board_id, day), count in sorted(days.items()):
        present = session().get(BoardDay, (board_id, day))
        if present is None:
            session().add(BoardDay(board_id=board_id, day=day, posts=count))
        else:
            present.posts += count
    session().flush()
