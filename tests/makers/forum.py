"""Boards directly, threads and posts through the real actions, for tests."""

from itertools import count
from typing import Any

from sqlalchemy import func, select

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions.posts import reply
from forum.actions.threads import PollDraft, start_thread
from forum.models import Board, Community, Post, Thread
from forum.models.thread import Lens, ThreadKind
from kernel.db import session
from kernel.viewer import PUBLIC
from kernel.work import unit_of_work
from tests.makers.people import person

_number = count(1)


def community(slug: str = "materials") -> Community:
    """One of the sectors."""
    return session().scalars(select(Community).where(Community.slug == slug)).one()


def board(*, audience: str = PUBLIC, community_slug: str = "materials", slug: str = "", name: str = "") -> Board:
    """A new board that those who hold `audience` see."""
    slug = slug or f"board-{next(_number)}"
    with unit_of_work() as work:
        home = community(community_slug)
        last = work.scalar(select(func.max(Board.position)).where(Board.community_id == home.id)) or 0
        made = Board(
            community_id=home.id,
            slug=slug,
            position=last + 1,
            name_zh=name or slug,
            name_en=name or slug,
            audience=audience,
        )
        work.add(made)
    return made


def thread(
    *,
    author: User | None = None,
    board: Board | None = None,
    kind: ThreadKind = ThreadKind.DISCUSSION,
    lens: Lens | None = None,
    title: str = "",
    body: str = "How do others measure this?",
    tags: tuple[str, ...] = (),
    poll: PollDraft | None = None,
) -> Thread:
    """A thread that `author` (or somebody) started on `board` (or the general one of materials)."""
    author = author or person()
    with unit_of_work() as work:
        place = (
            board
            or work.scalars(select(Board).where(Board.community_id == community().id, Board.slug == "general")).one()
        )
        made = start_thread(
            viewer_for(author.id),
            board=place,
            kind=kind,
            lens=lens,
            title=title or f"A thread about sample {next(_number)}",
            body=body,
            tags=list(tags),
            poll=poll,
        )
    assert isinstance(made, Thread), "it waits: its author is not known here"
    return made


def post(*, thread: Thread, author: User | None = None, body: str = "We anneal first.", **facts: Any) -> Post:
    """A reply by `author` (or somebody) in `thread`."""
    author = author or person()
    with unit_of_work():
        made = reply(viewer_for(author.id), thread_id=thread.id, body=body, **facts)
    assert isinstance(made, Post), "it waits: its author is not known here"
    return made


def opening_post(thread: Thread) -> Post:
    """Post number 1."""
    return session().scalars(select(Post).where(Post.thread_id == thread.id, Post.number == 1)).one()
