"""The change feed: written with the deed or not at all, read so that nothing is lost, pruned when all have it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, select, text
from sqlalchemy.orm import Session

from accounts.actions import grants, profiles
from accounts.events import PersonConfirmed
from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions import answers, boards, merging, moving, posts, purging, removal, splitting
from forum.models import Post, Thread
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.db import db, session
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import feed
from search_index.indexing import replicas
from search_index.models import SearchChange, SearchReplica
from tests.makers import forum as make
from tests.makers.people import person
from tests.makers.search import as_it_should_be


@pytest.fixture
def committing(app: Flask) -> Iterator[Session]:
    """The real database, where a commit is one; the feed is empty before and after."""
    with app.app_context():
        _empty()
        yield db.session()
        db.session.rollback()
        _empty()


def _empty() -> None:
    with unit_of_work() as work:
        work.execute(delete(SearchChange))
        work.execute(delete(SearchReplica))


def noted(*, hides: bool | None = None) -> set[str]:
    query = select(SearchChange.key)
    return set(session().scalars(query if hides is None else query.where(SearchChange.hides == hides)))


def test_a_deed_that_is_undone_leaves_no_change(committing: Session) -> None:
    def fail_halfway() -> None:
        with unit_of_work():
            feed.note(["forum.thread:1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert noted() == set()
    with unit_of_work():
        feed.note(["forum.thread:1", "forum.thread:1", "forum.post:2"])
    assert noted() == {"forum.thread:1", "forum.post:2"}


def test_changes_come_in_the_order_in_which_they_were_committed(committing: Session) -> None:
    start = feed.newest()
    committing.rollback()
    for key in ("b:1", "a:2"):
        with unit_of_work():
            feed.note([key])
    assert feed.changes_after(start).keys == ["b:1", "a:2"]


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_position_never_passes_a_transaction_that_is_still_open(committing: Session) -> None:
    start = feed.newest()
    committing.rollback()
    insert = text(
        "INSERT INTO search_change (key, hides, at, txid) "
        "VALUES (:key, false, now(), pg_current_xact_id()::text::bigint)"
    )
    with db.engine.connect() as slow:
        slow.execute(insert, {"key": "slow:1"})  # has the lower number, and is not committed
        with db.engine.begin() as quick:
            quick.execute(insert, {"key": "quick:2"})
        seen = feed.changes_after(start)
        committing.rollback()
        assert "quick:2" not in seen.keys
        slow.commit()
    seen = feed.changes_after(seen.position)
    committing.rollback()
    assert seen.keys == ["slow:1", "quick:2"]
    assert feed.changes_after(seen.position).keys == []


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_long_transaction_in_another_database_of_the_server_does_not_hold_up_the_feed(committing: Session) -> None:
    elsewhere = create_engine(db.engine.url.set(database="postgres"))
    try:
        with elsewhere.connect() as other:
            other.execute(text("SELECT pg_current_xact_id()"))
            start = feed.newest()
            committing.rollback()
            with unit_of_work():
                feed.note(["here:1"])
            assert feed.changes_after(start).keys == ["here:1"]
            committing.rollback()
            other.rollback()
    finally:
        elsewhere.dispose()


def test_many_changes_come_in_parts_and_a_transaction_stays_whole(committing: Session) -> None:
    position = feed.newest()
    committing.rollback()
    for start in (0, 5, 10):
        with unit_of_work():
            feed.note(f"a:{number}" for number in range(start, start + 5))
    seen: list[str] = []
    for _round in range(20):
        changes = feed.changes_after(position, limit=7)
        committing.rollback()
        seen += changes.keys
        position = changes.position
        if changes.is_last:
            break
    assert seen == [f"a:{number}" for number in range(15)]


def test_the_feed_is_pruned_up_to_the_slowest_index_that_lives(committing: Session) -> None:
    places = []
    for number in range(4):
        with unit_of_work():
            feed.note([f"a:{number}"])
        places.append(committing.scalars(select(feed.place_of_change()).order_by(SearchChange.seq.desc())).first())
        committing.rollback()
    with unit_of_work():
        replicas.record("quick", engine="whoosh", position=places[3])
        replicas.record("slow", engine="tantivy", position=places[1])
        replicas.record("gone", engine="tantivy", position=places[0])
        committing.get(SearchReplica, "gone").seen_at = now() - timedelta(days=2)
    with unit_of_work():
        assert replicas.prune() == 2
    assert noted() == {"a:2", "a:3"}
    assert feed.pruned_to() == places[1]
    assert replicas.of("gone") is None
    committing.rollback()
    with unit_of_work():
        assert replicas.prune() == 0


def test_a_number_is_never_given_twice(committing: Session) -> None:
    with unit_of_work():
        feed.note(["a:1"])
    last = committing.scalars(select(SearchChange.seq)).one()
    committing.rollback()
    with unit_of_work() as work:
        work.execute(delete(SearchChange))
        feed.note(["a:2"])
    assert committing.scalars(select(SearchChange.seq)).one() > last


def test_what_hides_is_hidden_until_it_is_applied(committing: Session) -> None:
    start = feed.newest()
    committing.rollback()
    with unit_of_work():
        feed.note(["a:1"], hides=True)
        feed.note(["a:2"])
    assert feed.hidden_keys(start) == {"a:1"}
    assert feed.waiting_keys(start) == {"a:1", "a:2"}
    assert feed.lag_after(start).changes == 2
    last = committing.scalars(select(feed.place_of_change()).order_by(SearchChange.seq.desc())).first()
    assert feed.hidden_keys(last) == set()


class Deeds:
    """A place with threads, and whoever may do anything there."""

    def __init__(self) -> None:
        self.board, self.closed = make.board(), make.board(audience="members")
        self.asker = person()
        home = make.community()
        self.moderator: Viewer = viewer_for(person(grants=(f"moderator:{home.id}",)).id)
        self.staff: Viewer = viewer_for(person(staff=True).id)
        self.thread: Thread = make.thread(
            author=self.asker, board=self.board, kind=ThreadKind.QUESTION, title="Old title", tags=("old",)
        )
        self.posts: list[Post] = [make.post(thread=self.thread, body=f"Reply {number}") for number in range(3)]
        self.other: Thread = make.thread(board=self.closed, title="Another one")
        self.other_post = make.post(thread=self.other)

    @property
    def me(self) -> Viewer:
        return viewer_for(self.asker.id)

    def edit_opening(self, **facts: Any) -> Post:
        return posts.edit_post(self.me, post_id=make.opening_post(self.thread).id, body="Better", **facts)


DEEDS: dict[str, Callable[[Deeds], object]] = {
    "start": lambda d: make.thread(author=d.asker),
    "reply": lambda d: make.post(thread=d.thread),
    "edit a reply": lambda d: posts.edit_post(viewer_for(d.posts[0].author_id), post_id=d.posts[0].id, body="Other"),
    "edit the opening post": lambda d: d.edit_opening(),
    "rename": lambda d: d.edit_opening(title="New title"),
    "other tags": lambda d: d.edit_opening(tags=["new"]),
    "accept": lambda d: answers.accept_answer(d.me, thread_id=d.thread.id, number=2),
    "accept another": lambda d: [answers.accept_answer(d.me, thread_id=d.thread.id, number=n) for n in (2, 3)],
    "unaccept": lambda d: [
        answers.accept_answer(d.me, thread_id=d.thread.id, number=2),
        answers.unaccept_answer(d.me, thread_id=d.thread.id),
    ],
    "delete a reply": lambda d: removal.delete_post(d.moderator, post_id=d.posts[1].id, reason="Off topic"),
    "delete the answer": lambda d: [
        answers.accept_answer(d.me, thread_id=d.thread.id, number=3),
        removal.delete_post(d.moderator, post_id=d.posts[1].id, reason="Off topic"),
    ],
    "restore a reply": lambda d: [
        removal.delete_post(d.moderator, post_id=d.posts[1].id, reason="Off topic"),
        removal.restore_post(d.moderator, post_id=d.posts[1].id),
    ],
    "delete a thread": lambda d: removal.delete_thread(d.moderator, thread_id=d.thread.id, reason="Off topic"),
    "restore a thread": lambda d: [
        removal.delete_thread(d.moderator, thread_id=d.thread.id, reason="Off topic"),
        removal.restore_thread(d.moderator, thread_id=d.thread.id),
    ],
    "purge": lambda d: purging.purge_post(d.staff, post_id=d.posts[2].id, reason="Private data"),
    "move": lambda d: moving.move_thread(d.moderator, thread_id=d.thread.id, board=d.closed),
    "merge": lambda d: merging.merge_thread(d.moderator, thread_id=d.thread.id, into_id=d.other.id),
    "split": lambda d: splitting.split_thread(d.moderator, thread_id=d.thread.id, numbers=[2, 4], title="A part"),
    "close the board": lambda d: boards.set_audience(d.moderator, board=d.board, audience="members"),
    "rename a person": lambda d: profiles.change_profile(d.me, display_name="Somebody Else"),
    "change a profile": lambda d: profiles.change_profile(
        d.me, display_name=d.asker.display_name, bio="I measure creep.", fields=["creep"], region="33"
    ),
    "confirm": lambda _d: emit(PersonConfirmed(user_id=_confirmed().id)),
    "suspend": lambda d: grants.shut_out(d.asker.id),
    "reinstate": lambda d: [
        grants.shut_out(d.asker.id),
        grants.let_in(d.asker.id),
    ],
}


def _confirmed() -> User:
    someone = person(confirmed=False)
    someone.email_confirmed_at = now()
    session().flush()
    return someone


@pytest.mark.parametrize("name", DEEDS)
def test_every_deed_names_exactly_the_documents_that_it_changes(database: Session, name: str) -> None:
    place = Deeds()
    database.expire_all()
    before = as_it_should_be()
    database.execute(delete(SearchChange))
    with unit_of_work():
        DEEDS[name](place)
    database.expire_all()
    after = as_it_should_be()
    differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert differing <= noted()
    gone = {key for key in before if key not in after}
    assert gone <= noted(hides=True), "what goes must be hidden before it is applied"


def test_a_thread_that_moves_out_of_sight_is_hidden_with_its_replies_at_once(database: Session) -> None:
    place = Deeds()
    database.execute(delete(SearchChange))
    with unit_of_work():
        moving.move_thread(place.moderator, thread_id=place.thread.id, board=place.closed)
    replies = {f"forum.post:{post.id}" for post in place.posts}
    assert noted(hides=True) >= {f"forum.thread:{place.thread.id}", *replies}


def test_deeds_that_change_no_document_leave_the_replies_alone(database: Session) -> None:
    place = Deeds()
    database.execute(delete(SearchChange))
    with unit_of_work():
        posts.edit_post(viewer_for(place.posts[0].author_id), post_id=place.posts[0].id, body="Other")
    assert noted() == {f"forum.thread:{place.thread.id}", f"forum.post:{place.posts[0].id}"}
