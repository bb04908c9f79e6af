"""Two moderators, an author and a moderator, two windows: whatever comes first, it is published once or not at all."""

from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from forum.actions.posts import reply
from forum.models import Post
from kernel.db import db, session
from kernel.errors import ConflictError
from moderation.actions.blocking import remove_portion
from moderation.actions.reviews import decide
from moderation.actions.submissions import correct, withdraw
from moderation.models import Block, BlockedThing, Review, ReviewState, Submission, SubmissionState
from moderation.reviewables import Decision, Outcome
from tests.integration.test_moderation_at_once import at_once, settle, site
from tests.makers import gate as make_gate
from tests.makers.forum import post, thread
from tests.makers.people import newcomer, person

__all__ = ["site"]

YES, NO = Decision(Outcome.APPROVE), Decision(Outcome.REFUSE, reason="An advertisement")


def test_two_moderators_approve_and_one_post_stands(site: Flask) -> None:
    submission = make_gate.waiting(thread=(started := thread()))
    number = make_gate.review_of(submission).id
    staff = [viewer_for(person(staff=True).id) for _ in range(3)]
    done = at_once(
        site,
        *[lambda who=who: decide(who, review_id=number, decision=YES) for who in staff[:2]],
        lambda: decide(staff[2], review_id=number, decision=NO),
    )
    assert sorted(type(one).__name__ for one in done) == ["ConflictError", "ConflictError", "Review"]
    db.session.remove()
    state = session().get_one(Submission, submission.id).state
    posts = session().scalar(select(func.count(Post.id)).where(Post.thread_id == started.id))
    assert (state, posts) in {(SubmissionState.APPROVED, 2), (SubmissionState.REFUSED, 1)}
    settle()


def test_an_author_changes_or_takes_back_what_a_moderator_approves(site: Flask) -> None:
    new = newcomer()
    submission = make_gate.waiting(thread=(started := thread()), author=new, body="As it was read")
    mine, theirs = viewer_for(new.id), viewer_for(person(staff=True).id)
    number, review = submission.id, make_gate.review_of(submission).id
    at_once(
        site,
        lambda: decide(theirs, review_id=review, decision=YES),
        lambda: correct(mine, submission_id=number, title="", body="As nobody read it"),
        lambda: withdraw(mine, submission_id=number),
    )
    db.session.remove()
    texts = set(session().scalars(select(Post.body).where(Post.thread_id == started.id, Post.number > 1)))
    assert texts <= {"As it was read"}
    settled = session().get_one(Submission, number).state
    is_open = session().scalar(select(func.count(Review.id)).where(Review.state == ReviewState.OPEN))
    assert (settled == SubmissionState.WAITING) == bool(is_open)
    assert (settled == SubmissionState.APPROVED) == bool(texts)


def test_two_windows_send_the_same_and_it_waits_once(site: Flask) -> None:
    started, mine = thread(), viewer_for(newcomer().id)
    number = started.id
    done = at_once(site, *[lambda: reply(mine, thread_id=number, body="Twice", once="one-key")] * 3)
    assert {type(one) for one in done} == {Submission}
    db.session.remove()
    assert session().scalar(select(func.count(Submission.id))) == 1


def test_two_workers_take_the_same_things_out_of_sight_once(site: Flask) -> None:
    spammer, staff = person(), person(staff=True)
    for _ in range(3):
        post(thread=thread(), author=spammer)
    with site.app_context():
        made = Block(user_id=spammer.id, by_id=staff.id, reason="Spam")
        session().add(made)
        session().commit()
        number = made.id
    done = at_once(site, *[lambda: remove_portion(number)] * 2)
    assert not any(isinstance(one, ConflictError) for one in done)
    db.session.remove()
    assert session().scalar(select(func.count(BlockedThing.ref_id))) == 3
    settle()
