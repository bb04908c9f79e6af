"""`guildhall check` finds whatever is off and names it; `guildhall recount` puts it right."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, update
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import Bookmark, Follow, Level, Notice
from forum.actions.answers import accept_answer
from forum.actions.polls import vote
from forum.actions.reactions import toggle_reaction
from forum.actions.threads import PollDraft
from forum.models import (
    Board,
    BoardDay,
    Community,
    Poll,
    PollOption,
    Post,
    PostRevision,
    Reaction,
    ReadMark,
    Tag,
    Thread,
    ThreadTag,
)
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.conftest import Ground, standing
from tests.makers.forum import board, community, opening_post, post, thread
from tests.makers.people import person

Change = Any


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, _question) as ground:
        yield ground


@pytest.fixture
def town(database: Session, ground: Ground) -> Thread:
    return database.get_one(Thread, ground.built.id)


def _question() -> Thread:
    """A question with everything that is counted: tags, votes, reactions, an accepted answer, a notice, a follower."""
    database = session()
    draft = PollDraft(question="Which one?", options=["This", "That"])
    question = thread(kind=ThreadKind.QUESTION, tags=("alloys", "蠕变"), poll=draft)
    answer = post(thread=question)
    post(thread=question)
    reader = viewer_for(person().id)
    with unit_of_work():
        accept_answer(viewer_for(question.author_id), thread_id=question.id, number=2)
        toggle_reaction(reader, post_id=answer.id, name="like")
        toggle_reaction(reader, post_id=answer.id, name="thanks")
        option = database.query(PollOption).order_by(PollOption.id).first()
        vote(reader, thread_id=question.id, option_ids={option.id})
        database.add(ReadMark(user_id=reader.me, thread_id=question.id, number=2))
    thread()
    database.expire_all()
    assert run_checks(mend=False) == []
    return question


def of(model: type, **values: Any) -> Change:
    return lambda town: (
        update(model)
        .where(model.thread_id == town.id if hasattr(model, "thread_id") else model.id == town.id)
        .values(values)
    )


WRONG: dict[str, tuple[Change, str]] = {
    "a gap in the numbers": (
        lambda town: update(Post).where(Post.thread_id == town.id, Post.number == 3).values(number=5),
        "3 posts are numbered 1 to 5, with gaps",
    ),
    "post_count": (of(Thread, post_count=9), "post_count is 9, should be 3"),
    "live_post_count": (of(Thread, live_post_count=9), "live_post_count is 9, should be 3"),
    "a mark beyond the end": (of(ReadMark, number=9), "up to post 9 of 3"),
    "the community": (
        lambda town: update(Thread).where(Thread.id == town.id).values(community_id=community("energy").id),
        "community_id is",
    ),
    "the last post": (
        lambda town: update(Thread).where(Thread.id == town.id).values(last_post_at=Thread.created_at),
        "last_post_at is",
    ),
    "the last author": (of(Thread, last_author_id=None), "last_author_id is None"),
    "the last author's name": (of(Thread, last_author_name="Nobody"), "last_author_name is Nobody"),
    "an accepted answer that is not there": (of(Thread, accepted_number=7), "accepted_number is 7, should be None"),
    "the question as its own answer": (of(Thread, accepted_number=1), "accepted_number is 1, should be None"),
    "has_poll": (of(Thread, has_poll=False), "has_poll is False, should be True"),
    "tags that are shown": (of(Thread, tags=["alloys", "creep"]), "the tags it shows"),
    "tags that are borne": (
        lambda town: delete(ThreadTag).where(ThreadTag.thread_id == town.id),
        "the tags it shows",
    ),
    "a tag's threads": (lambda _town: update(Tag).where(Tag.name == "alloys").values(public_thread_count=7), "Tag"),
    "a tag's followers": (lambda _town: update(Tag).where(Tag.name == "alloys").values(follower_count=7), "Tag"),
    "a community's followers": (
        lambda town: update(Community).where(Community.id == town.community_id).values(follower_count=7),
        "follower_count is 7, should be 0",
    ),
    "a board's threads": (
        lambda town: update(Board).where(Board.id == town.board_id).values(thread_count=7),
        "thread_count is 7",
    ),
    "a board's posts": (
        lambda town: update(Board).where(Board.id == town.board_id).values(post_count=77),
        "post_count is 77",
    ),
    "a board's questions": (
        lambda town: update(Board).where(Board.id == town.board_id).values(open_question_count=7),
        "open_question_count is 7, should be 0",
    ),
    "a day that counts wrong": (
        lambda town: update(BoardDay).where(BoardDay.board_id == town.board_id).values(posts=77),
        "posts is 77",
    ),
    "a day that is missing": (lambda town: delete(BoardDay).where(BoardDay.board_id == town.board_id), "posts is 0"),
    "a day of nothing": (
        lambda town: insert(BoardDay).values(board_id=town.board_id, day=date(2020, 1, 1), posts=1),
        "on 2020-01-01: posts is 1, should be 0",
    ),
    "reactions that are shown": (
        lambda town: update(Post).where(Post.thread_id == town.id, Post.number == 3).values(reactions={"like": 2}),
        "the reactions it shows",
    ),
    "a reaction that is not shown": (
        lambda _town: delete(Reaction).where(Reaction.name == "like"),
        "the reactions it shows",
    ),
    "edits": (lambda town: update(Post).where(Post.thread_id == town.id).values(edit_count=2), "edit_count is 2"),
    "a former text": (
        lambda town: insert(PostRevision).values(post_id=opening_post(town).id, number=1, body="x", reason=""),
        "edit_count is 0, should be 1",
    ),
    "votes": (lambda _town: update(PollOption).values(vote_count=5), "vote_count is 5"),
    "voters": (of(Poll, voter_count=5), "voter_count is 5, should be 1"),
    "a follow of nothing": (
        lambda town: insert(Follow).values(
            user_id=town.author_id, kind="forum.thread", ref_id=10**9, level=Level.WATCHING
        ),
        "is about forum.thread:1000000000, which is not there",
    ),
    "a bookmark of nothing": (
        lambda town: insert(Bookmark).values(user_id=town.author_id, kind="forum.post", ref_id=10**9),
        "is about forum.post:1000000000, which is not there",
    ),
    "a notice's audience": (
        lambda town: update(Notice).where(Notice.place_id == town.id).values(audience="members"),
        "audience is members, should be public",
    ),
    "a notice of nothing": (
        lambda town: update(Notice).where(Notice.place_id == town.id).values(place_id=10**9),
        "which is not there",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_off_is_named_and_mended(database: Session, town: Thread, what: str) -> None:
    change, sentence = WRONG[what]
    database.execute(change(town).execution_options(synchronize_session=False))
    database.expire_all()
    faults = run_checks(mend=False)
    assert any(sentence in fault for fault in faults), faults
    assert run_checks(mend=False) == faults, "looking changes nothing"
    run_checks(mend=True)
    database.expire_all()
    assert run_checks(mend=False) == []


def test_answers_and_notices_in_the_wrong_thread_are_mended(database: Session, town: Thread) -> None:
    other = thread()
    found = post(thread=town)
    run_due()
    database.execute(update(Post).where(Post.id == found.id).values(reply_to_id=opening_post(other).id))
    database.execute(update(Notice).where(Notice.ref_id == found.id).values(place_id=other.id))
    database.expire_all()
    faults = run_checks(mend=False)
    assert any("of another thread" in fault for fault in faults)
    assert any(f"thread is {other.id}, should be {town.id}" in fault for fault in faults)
    run_checks(mend=True)
    assert run_checks(mend=False) == []


def test_a_chain_of_merges_is_made_short(database: Session, town: Thread) -> None:
    first, second = thread(), thread()
    for shell, into in ((first, second), (second, town)):
        database.execute(update(Thread).where(Thread.id == shell.id).values(merged_into_id=into.id))
    database.expire_all()
    assert any(f"Thread {first.id}: merged_into_id" in fault for fault in run_checks(mend=False))
    run_checks(mend=True)
    database.expire_all()
    assert database.get_one(Thread, first.id).merged_into_id == town.id
    assert run_checks(mend=False) == []


def test_private_threads_count_on_their_board_and_not_under_their_tags(database: Session) -> None:
    hidden = board(audience="members")
    thread(board=hidden, tags=("secret",))
    assert run_checks(mend=False) == []
    database.refresh(hidden)
    assert hidden.thread_count == 1
    assert database.query(Tag).filter_by(name="secret").one().public_thread_count == 0


def test_the_number_of_questions_asked_does_not_grow_with_the_site(database: Session, town: Thread) -> None:
    from tests.queries import queries

    with queries(at_most=82):
        assert run_checks(mend=False) == []


def test_mending_many_binds_no_more_values_than_mending_few(database: Session) -> None:
    """PostgreSQL takes 65,535 of them in a statement, and a damaged site has more rows than that."""
    many = 40
    for _number in range(many):
        thread()
    database.execute(update(Thread).values(tags=["nowhere"]).execution_options(synchronize_session=False))
    database.execute(update(Post).values(reactions={"like": 9}).execution_options(synchronize_session=False))
    database.expire_all()
    most = 0

    def note(_conn: Any, _cursor: Any, _statement: str, values: Any, *rest: Any) -> None:
        nonlocal most
        _context, is_many = rest
        most = max(most, 0 if is_many else len(values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert len(run_checks(mend=True)) >= 2 * many
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert 0 < most < many
    assert run_checks(mend=False) == []
