"""Moderators and members at the same moment: one decision counts, nothing is lost and every counter is right."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from activity.models import LogEntry
from forum.actions.answers import accept_answer
from forum.actions.closure import lock_thread
from forum.actions.merging import merge_thread
from forum.actions.moving import move_thread
from forum.actions.posts import reply
from forum.actions.reactions import toggle_reaction
from forum.actions.removal import delete_post, delete_thread, restore_thread
from forum.actions.splitting import split_thread
from forum.models import Board, Post, Thread
from forum.models.thread import ThreadKind
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.errors import ConflictError, GuildhallError
from kernel.refs import Ref
from kernel.work import unit_of_work
from moderation.actions.flags import flag
from moderation.actions.reviews import decide
from moderation.models import Flag, Review, ReviewState, Sanction
from moderation.reviewables import Decision, Outcome
from tests.makers import watch
from tests.makers.forum import board, opening_post, post, thread
from tests.makers.machine import need, postgres_site_url
from tests.makers.people import person

Deed = Callable[[], object]


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path) -> Iterator[Flask]:
    """A site of its own, whose transactions are real: what one commits, the others see."""
    url = ""
    if request.param == "postgres":
        found = postgres_site_url(f"at_once_{uuid4().hex[:8]}")
        need("postgres", found=found is not None)
        url = found or ""
    app = create_app(
        Settings(
            data=tmp_path, database_url=url, rate_limits=False, log_requests=False, secret_key="only-for-tests-" * 4
        )
    )
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(site: Flask, *deeds: Deed) -> list[object]:
    """Start all deeds at the same instant, each in a unit of work of its own; refusals are answers too."""
    db.session.remove()
    start = Barrier(len(deeds))

    def run(deed: Deed) -> object:
        with site.app_context():
            start.wait(timeout=30)
            try:
                with unit_of_work():
                    return deed()
            except GuildhallError as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def settle() -> None:
    """Nothing is off, and every number is given once."""
    db.session.remove()
    assert run_checks(mend=False) == []


def repliers(thread_id: int, *, count: int) -> list[Deed]:
    viewers = [viewer_for(person().id) for _ in range(count)]
    return [lambda viewer=viewer: reply(viewer, thread_id=thread_id, body="At the same time.") for viewer in viewers]


def test_replies_while_a_thread_is_moved_are_all_counted_where_it_is(site: Flask) -> None:
    keeper, target = viewer_for(person(staff=True).id), board(community_slug="energy")
    discussion = thread(tags=("alloys",))
    home = discussion.board_id

    def move(board_id: int) -> Deed:
        return lambda: move_thread(keeper, thread_id=discussion.id, board=session().get_one(Board, board_id))

    for _round in range(3):
        results = at_once(site, *repliers(discussion.id, count=4), move(target.id), move(home))
        assert not [result for result in results if isinstance(result, GuildhallError)]
        settle()
    assert session().get_one(Thread, discussion.id).post_count == 13


def test_two_threads_trading_places_do_not_wait_for_each_other(site: Flask) -> None:
    keeper, target = viewer_for(person(staff=True).id), board()
    one, two = thread(tags=("alloys", "creep")), thread(tags=("creep", "alloys"))
    home = one.board_id
    with unit_of_work():
        move_thread(keeper, thread_id=two.id, board=session().get_one(Board, target.id))

    def move(thread_id: int, board_id: int) -> Deed:
        return lambda: move_thread(keeper, thread_id=thread_id, board=session().get_one(Board, board_id))

    for there, here in ((target.id, home), (home, target.id)):
        at_once(site, move(one.id, there), move(two.id, here), *repliers(one.id, count=2), *repliers(two.id, count=2))
        settle()


def test_replies_and_reactions_while_a_thread_is_split_stand(site: Flask) -> None:
    keeper, fan = viewer_for(person(staff=True).id), viewer_for(person().id)
    discussion = thread()
    posts = [post(thread=discussion).id for _ in range(6)]
    results = at_once(
        site,
        lambda: split_thread(keeper, thread_id=discussion.id, numbers=[3, 4, 5], title="A matter of its own"),
        *repliers(discussion.id, count=3),
        *(lambda post_id=post_id: toggle_reaction(fan, post_id=post_id, name="like") for post_id in posts[1:3]),
    )
    settle()
    refused = [result for result in results if isinstance(result, GuildhallError)]
    assert {refusal.status for refusal in refused} <= {409}
    assert session().scalar(select(func.count()).select_from(Post)) == 10


def test_merging_two_threads_into_each_other_happens_one_way(site: Flask) -> None:
    keeper = viewer_for(person(staff=True).id)
    one, two = thread(tags=("alloys",)), thread(tags=("alloys",))
    results = at_once(
        site,
        lambda: merge_thread(keeper, thread_id=one.id, into_id=two.id),
        lambda: merge_thread(keeper, thread_id=two.id, into_id=one.id),
        *repliers(one.id, count=2),
        *repliers(two.id, count=2),
    )
    settle()
    assert sum(isinstance(result, GuildhallError) for result in results[:2]) == 1
    merged = session().scalars(select(Thread).where(Thread.merged_into_id.is_not(None))).all()
    assert len(merged) == 1
    replied = sum(not isinstance(result, GuildhallError) for result in results[2:])
    assert session().scalar(select(func.count()).select_from(Post)) == 2 + replied


def test_deleting_an_answer_while_it_is_accepted_leaves_no_deleted_answer(site: Flask) -> None:
    keeper = viewer_for(person(staff=True).id)
    for _round in range(3):
        question = thread(kind=ThreadKind.QUESTION)
        answer = post(thread=question)
        at_once(
            site,
            partial(accept_answer, keeper, thread_id=question.id, number=2),
            partial(delete_post, keeper, post_id=answer.id, reason="Wrong"),
        )
        settle()


def test_everything_at_once_leaves_a_sound_site(site: Flask) -> None:
    keeper, other = viewer_for(person(staff=True).id), viewer_for(person(staff=True).id)
    discussion, target = thread(tags=("alloys", "creep")), board(audience="members")
    reply_id = post(thread=discussion).id
    at_once(
        site,
        lambda: lock_thread(keeper, thread_id=discussion.id),
        lambda: delete_thread(keeper, thread_id=discussion.id, reason="x"),
        lambda: restore_thread(other, thread_id=discussion.id),
        lambda: delete_post(other, post_id=reply_id, reason="x"),
        lambda: move_thread(other, thread_id=discussion.id, board=session().get_one(Board, target.id)),
        lambda: delete_post(keeper, post_id=opening_post(discussion).id, reason="x"),
        *repliers(discussion.id, count=2),
    )
    settle()


def flagged() -> Ref:
    return Ref("forum.post", post(thread=thread()).id)


def test_of_moderators_who_decide_at_once_one_decides_and_the_others_are_told(site: Flask) -> None:
    moderators = [viewer_for(person(staff=True).id) for _ in range(4)]
    outcomes = (Outcome.KEEP, Outcome.REMOVE, Outcome.MOVED, Outcome.REMOVE)
    for _ in range(3):
        ref = flagged()
        watch.flag(ref)
        review_id = watch.review_of(ref).id
        deeds: list[Deed] = [
            lambda viewer=viewer, outcome=outcome, review_id=review_id: decide(
                viewer,
                review_id=review_id,
                decision=Decision(outcome, reason="Seen.", sanction="warning" if outcome is Outcome.REMOVE else ""),
            )
            for viewer, outcome in zip(moderators, outcomes, strict=True)
        ]
        answers = at_once(site, *deeds)
        assert sum(isinstance(answer, Review) for answer in answers) == 1
        assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
        review = watch.review_of(ref)
        assert review.state == ReviewState.DECIDED
        is_gone = session().get_one(Post, ref.id).deleted_at is not None
        assert is_gone is (review.outcome == Outcome.REMOVE)
        told = select(func.count()).select_from(LogEntry).where(LogEntry.kind == ref.kind, LogEntry.ref_id == ref.id)
        assert session().scalar(told) == 1
        warned = select(func.count()).select_from(Sanction).where(Sanction.review_id == review.id)
        assert session().scalar(warned) == (1 if is_gone else 0)
    settle()


def test_flags_at_once_stand_in_one_review_and_a_decision_between_them_loses_none(site: Flask) -> None:
    ref = flagged()
    members = [viewer_for(person(trust_level=1).id) for _ in range(6)]
    deeds: list[Deed] = [lambda viewer=viewer: flag(viewer, ref=ref, note="An advert.") for viewer in members]
    answers = at_once(site, *deeds)
    assert len({answer.review_id for answer in answers if isinstance(answer, Flag)}) == 1
    raised = sum(isinstance(answer, Flag) for answer in answers)
    assert raised + sum(isinstance(answer, GuildhallError) for answer in answers) == 6, "hidden meanwhile"
    assert raised >= 3
    review = watch.review_of(ref)
    assert review.weight == 4 * raised
    assert review.hidden_at is not None
    staff, late = viewer_for(person(staff=True).id), viewer_for(person().id)
    other = flagged()
    watch.flag(other)
    open_id = watch.review_of(other).id
    at_once(
        site,
        lambda: decide(staff, review_id=open_id, decision=Decision(Outcome.KEEP)),
        lambda: flag(late, ref=other, note="This too."),
    )
    flags = session().scalar(
        select(func.count(Flag.id)).join(Review, Review.id == Flag.review_id).where(Review.ref_id == other.id)
    )
    assert flags == 2
    settle()
