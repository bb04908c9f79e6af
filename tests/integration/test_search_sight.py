"""Whatever is done to threads, boards and alliances: each viewer finds exactly what the database says they may see."""

from collections import Counter
from collections.abc import Iterator
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
from alliances.actions import documents, event_allies, hiding
from alliances.events import AllianceChanged
from alliances.models import Alliance, Call, Document, Event, EventAlly
from forum.actions import answers, boards, merging, moving, posts, removal, splitting
from forum.models import Board, Community, Post, Thread
from forum.models.thread import ThreadKind
from kernel.db import db, session
from kernel.errors import GuildhallError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import query, searching
from search_index.engine import Query
from search_index.indexing.building import build
from search_index.indexing.choosing import wanted_engine
from search_index.indexing.following import apply_next
from tests.makers import alliances, rooms
from tests.makers import forum as make
from tests.makers.people import person
from tests.makers.search import writing

AUDIENCES = ("public", "members", "alliance:7", "staff")
ROOMS = ((Document, "document", "alliance-document"), (Event, "event", "event"), (Call, "call", "call"))
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
    alliance: int = 0
    document: int = 0
    chair: int = 0

    @classmethod
    def made(cls) -> "World":
        number = next(_number)
        world = cls([f"zx{number}a", f"zx{number}b", f"锆{number}蠕变"])
        world.author = person(grants=("alliance:7",), staff=True).id
        world.boards = [
            make.board(audience=audience, community_slug=PLACES[place % 2]).id
            for place, audience in enumerate(AUDIENCES)
        ]
        made, ally = world.found_alliances()
        people = (
            person(confirmed=False),
            person(),
            person(grants=("alliance:7",)),
            person(staff=True),
            made.people[2],
            person(grants=(f"{made.alliance.everybody}:group1",)),
            ally.people[2],
        )
        world.viewers = [Viewer(), *(viewer_for(one.id) for one in people)]
        world.ruler = viewer_for(world.author)
        db.session.rollback()
        return world

    def found_alliances(self) -> tuple[alliances.MadeAlliance, alliances.MadeAlliance]:
        """One with something of everything that all may see, and one that holds an event together with it."""
        made, ally = alliances.alliance(summary=f"All on {self.words[0]}"), alliances.alliance()
        document = rooms.document(made, title=f"Paper on {self.words[0]}", audience="public")
        rooms.document(made, title=f"Minutes on {self.words[1]}")
        rooms.call(made, title=f"Wanted: {self.words[1]}")
        rooms.event(made, title=f"Day of {self.words[1]}", audience="public")
        joint = rooms.event(made, title=f"Two on {self.words[2]}", audience="public")
        mine, theirs, both = made.alliance.slug, ally.alliance.slug, {"event_id": joint.id, "message": "Yes"}
        with unit_of_work():
            emit(AllianceChanged(made.alliance.id))
            event_allies.ask_ally(made.viewer(), slug=mine, ally=theirs, **both)
            event_allies.answer_ally(ally.viewer(), slug=theirs, accept=True, **both)
        self.alliance, self.document, self.chair = made.alliance.id, document.id, made.people[0].id
        return made, ally


DEEDS = (
    *("start", "reply", "close", "move", "delete", "restore", "delete-post", "merge", "split", "rename", "accept"),
    *("hide", "hide", "publish"),
)
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
    if deed in ("hide", "publish"):
        with unit_of_work():
            change_alliance(world, deed)
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


def change_alliance(world: World, deed: str) -> None:
    """Take its page out of sight or bring it back; or let its paper be for everybody, or for its members."""
    alliance = session().get_one(Alliance, world.alliance)
    if deed == "publish":
        document = session().get_one(Document, world.document)
        readers = "members" if document.audience == "public" else "public"
        chair = viewer_for(world.chair)
        documents.set_document(
            chair, slug=alliance.slug, document_id=document.id, title=document.title, audience=readers
        )
    elif alliance.hidden_at is None:
        hiding.hide_alliance(alliance.id)
    else:
        hiding.show_alliance(alliance.id)


def true_keys(viewer: Viewer, word: str) -> list[tuple[str, str, str]]:
    """Key, kind and community of all that holds the word and that this viewer may see."""
    return sorted([*keys_of_forum(viewer, word), *keys_of_alliances(viewer, word)])


def keys_of_alliances(viewer: Viewer, word: str) -> Iterator[tuple[str, str, str]]:
    """Of alliances: behind a page that is out of sight sees who holds any token of it; whose event it is, too."""
    for alliance in session().scalars(select(Alliance)):
        works_in_it = any(f"{token}:".startswith(f"{alliance.everybody}:") for token in viewer.audience)
        if alliance.hidden_at is None and word in alliance.summary:
            yield f"alliances.alliance:{alliance.id}", "alliance", ""
        for model, name, kind in ROOMS:
            for thing in session().scalars(select(model).where(model.alliance_id == alliance.id)):
                if word not in thing.title:
                    continue
                allies = select(EventAlly.alliance_id).where(EventAlly.event_id == thing.id)
                held = {f"alliance:{number}" for number in session().scalars(allies)} if model is Event else set()
                is_seen = thing.audience in viewer.audience and (alliance.hidden_at is None or works_in_it)
                if is_seen or held & viewer.audience:
                    yield f"alliances.{name}:{thing.id}", kind, ""


def keys_of_forum(viewer: Viewer, word: str) -> list[tuple[str, str, str]]:
    """Of the forum, as SQL says it."""
    sight = (Board.audience.in_(sorted(viewer.audience)), Thread.deleted_at.is_(None), Post.deleted_at.is_(None))
    rows = (
        select(Thread.id, Post.id.label("post_id"), Post.number, Community.slug)
        .join(Post, Post.thread_id == Thread.id)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Board.community_id)
        .where(*sight, or_(Thread.title.contains(word), Post.body.contains(word)))
    )
    return [
        (f"forum.thread:{row.id}", "thread", row.slug)
        if row.number == 1
        else (f"forum.post:{row.post_id}", "post", row.slug)
        for row in session().execute(rows)
    ]


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
        seen = set() if is_applied else {key for key, _kind, _place in sight_of(viewer)}
        for word in world.words:
            keys, found = everything(viewer, query.parse(f'"{word}"').query)
            assert len(set(keys)) == len(keys) == found.total, "what is counted is what is shown"
            if not is_applied:  # new words wait for the indexer; what may not be seen does not
                assert set(keys) <= seen
                continue
            truth = true_keys(viewer, word)
            assert sorted(keys) == [key for key, _kind, _place in truth]
            assert dict(found.facets["kind"]) == Counter(kind for _key, kind, _place in truth)
            assert dict(found.facets["community"]) == Counter(place for _key, _kind, place in truth if place)
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
