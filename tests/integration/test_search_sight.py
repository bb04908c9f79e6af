"""Whatever is done to threads, replies and boards: each viewer finds exactly what the database says they may see."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, or_, select

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions import answers, boards, merging, moving, posts, removal, splitting
from forum.models import Board, Community, Post, Thread
from forum.models.thread import ThreadKind
from kernel.db import db, session
from kernel.errors import GuildhallError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import query, searching
from search_index.engine import Query
from search_index.indexing.building import build
from search_index.indexing.choosing import wanted_engine
from search_index.indexing.following import apply_next
from tests.makers import forum as make
from tests.makers.people import person
from tests.makers.search import writing

AUDIENCES = ("public", "members", "alliance:7", "staff")
PLACES = ("materials", "energy")
_number = count(1)


@dataclass
class World:
    """Boards, people, and the words that this example alone uses."""

    words: list[str]
    boards: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    author: int = 0
    viewers: list[Viewer] = field(default_factory=list)
    ruler: Viewer = field(default_factory=Viewer)

    @classmethod
    def made(cls) -> "World":
        number = next(_number)
        world = cls([f"zx{number}a", f"zx{number}b", f"锆{number}蠕变"])
        world.author = person(grants=("alliance:7",), staff=True).id
        world.boards = [
            make.board(audience=audience, community_slug=PLACES[place % 2]).id
            for place, audience in enumerate(AUDIENCES)
        ]
        people = (person(confirmed=False), person(), person(grants=("alliance:7",)), person(staff=True))
        world.viewers = [Viewer(), *(viewer_for(one.id) for one in people)]
        world.ruler = viewer_for(world.author)
        db.session.rollback()
        return world


DEEDS = ("start", "reply", "close", "move", "delete", "restore", "delete-post", "merge", "split", "rename", "accept")
deeds = st.lists(
    st.tuples(
        st.sampled_from(("start", "start", "reply", "reply", *DEEDS, "apply")), st.integers(0, 7), st.integers(0, 7)
    ),
    min_size=6,
    max_size=14,
)


def do(world: World, deed: str, this: int, that: int) -> None:  # noqa: C901 - a table of deeds
    """One deed on one of the things there are; what is refused is no deed."""
    word = world.words[that % len(world.words)]
    board = session().get(Board, world.boards[that % len(world.boards)])
    if deed == "start" or not world.threads:
        board = session().get(Board, world.boards[this % len(world.boards)])
        kind = ThreadKind.QUESTION if that % 2 else ThreadKind.DISCUSSION
        title, body = (f"On {word}", "As it says") if this % 2 else ("On this", f"About {word}, and more")
        author = session().get_one(User, world.author)
        world.threads.append(make.thread(author=author, board=board, title=title, body=body, kind=kind).id)
        return
    thread = world.threads[this % len(world.threads)]
    other = world.threads[that % len(world.threads)]
    last = session().scalar(select(func.max(Post.number)).where(Post.thread_id == thread)) or 1
    post = session().scalar(select(Post.id).where(Post.thread_id == thread, Post.number == 1 + that % last))
    me = world.ruler
    with unit_of_work():
        match deed:
            case "reply":
                posts.reply(me, thread_id=thread, body=f"I know {word}")
            case "close":
                boards.set_audience(me, board=board, audience=AUDIENCES[this % len(AUDIENCES)])
            case "move":
                moving.move_thread(me, thread_id=thread, board=board)
            case "delete":
                removal.delete_thread(me, thread_id=thread, reason="So")
            case "restore":
                removal.restore_thread(me, thread_id=thread)
            case "delete-post":
                removal.delete_post(me, post_id=post, reason="So")
            case "merge":
                merging.merge_thread(me, thread_id=thread, into_id=other)
            case "split":
                made = splitting.split_thread(me, thread_id=thread, numbers=[last], title=f"A part on {word}")
                world.threads.append(made.id)
            case "rename":
                opening = session().scalar(select(Post.id).where(Post.thread_id == thread, Post.number == 1))
                posts.edit_post(me, post_id=opening, title=f"Now on {word}", body="Said anew")
            case "accept":
                answers.accept_answer(me, thread_id=thread, number=last)


def true_keys(viewer: Viewer, word: str) -> list[tuple[str, str, str]]:
    """Key, kind and community of what holds the word, as SQL says it of this viewer."""
    sight = (Board.audience.in_(sorted(viewer.audience)), Thread.deleted_at.is_(None), Post.deleted_at.is_(None))
    rows = (
        select(Thread.id, Post.id.label("post_id"), Post.number, Community.slug)
        .join(Post, Post.thread_id == Thread.id)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Board.community_id)
        .where(*sight, or_(Thread.title.contains(word), Post.body.contains(word)))
    )
    return sorted(
        (f"forum.thread:{row.id}", "thread", row.slug)
        if row.number == 1
        else (f"forum.post:{row.post_id}", "post", row.slug)
        for row in session().execute(rows)
    )


def everything(viewer: Viewer, wanted: Query) -> tuple[list[str], searching.Found]:
    """All keys, page by page, and the first page."""
    first = page = searching.find(viewer, wanted, limit=3, facets=("kind", "community", "year"))
    keys = [find.hit.key for find in page.finds]
    while page.next:
        page = searching.find(viewer, wanted, limit=3, cursor=page.next)
        keys += [find.hit.key for find in page.finds]
    return keys, first


def compare(world: World, *, is_applied: bool) -> None:
    for viewer in world.viewers:
        for word in world.words:
            truth = true_keys(viewer, word)
            keys, found = everything(viewer, query.parse(f'"{word}"').query)
            assert len(set(keys)) == len(keys) == found.total, "what is counted is what is shown"
            if not is_applied:  # new words wait for the indexer; what may not be seen does not
                seen = {key for key, _kind, _place in sight_of(viewer)}
                assert set(keys) <= seen
                continue
            assert sorted(keys) == [key for key, _kind, _place in truth]
            assert dict(found.facets["kind"]) == Counter(kind for _key, kind, _place in truth)
            assert dict(found.facets["community"]) == Counter(place for _key, _kind, place in truth)
            assert sum(number for _year, number in found.facets["year"]) == len(truth)
    db.session.rollback()


def sight_of(viewer: Viewer) -> list[tuple[str, str, str]]:
    """Everything that the viewer sees, whatever its words."""
    return true_keys(viewer, "")


def follow() -> None:
    with writing() as engine:
        while not apply_next(engine):
            pass


@pytest.fixture
def indexed(indexed_site: Flask) -> Flask:
    build(wanted_engine(0))
    return indexed_site


@hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(deeds=deeds)
def test_everybody_finds_exactly_what_they_may_see(indexed: Flask, deeds: list[tuple[str, int, int]]) -> None:
    world = World.made()
    for deed, this, that in deeds:
        if deed == "apply":
            follow()
            compare(world, is_applied=True)
            continue
        try:
            do(world, deed, this, that)
        except GuildhallError:
            db.session.rollback()
            continue
        db.session.rollback()
        compare(world, is_applied=False)
    follow()
    compare(world, is_applied=True)
