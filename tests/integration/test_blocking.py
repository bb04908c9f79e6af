"""Blocking somebody from a page: all that they made public goes at once, and comes back as it was."""

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User, UserSession
from accounts.viewers import viewer_for
from activity.models import LogEntry
from forum.actions.removal import delete_post
from forum.models import Post, Thread
from kernel.checks import run_checks
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from moderation.actions.blocking import block, undo_block
from moderation.models import Block, BlockedThing, SubmissionState
from resources.models import Listing, ListingState
from tests.makers import gate as make_gate
from tests.makers.forum import board, community, post, thread
from tests.makers.listings import listing
from tests.makers.people import newcomer, person, sign_in


@pytest.fixture
def staff(database: Session) -> User:
    return person(staff=True)


def blocked(by: User, whom: User, reason: str = "Spam") -> Block:
    with current_app.test_request_context(method="POST"), unit_of_work():
        return block(viewer_for(by.id), user_id=whom.id, reason=reason)


def live(author: User) -> int:
    session().expire_all()
    query = select(func.count(Post.id)).join(Thread, Thread.id == Post.thread_id)
    return (
        session().scalar(
            query.where(Post.author_id == author.id, Post.deleted_at.is_(None), Thread.deleted_at.is_(None))
        )
        or 0
    )


def test_the_page_says_first_what_will_happen_and_then_all_of_it_does(client: FlaskClient, staff: User) -> None:
    spammer, other = person(), person()
    started = thread(author=other)
    mine = [post(thread=started, author=spammer, body=f"Number {number}") for number in range(3)]
    own = thread(author=spammer)
    offered = listing(owner=spammer)
    submission = make_gate.waiting(thread=started, author=newcomer())
    session().get_one(type(submission), submission.id).author_id = spammer.id
    make_gate.review_of(submission).author_id = spammer.id
    session().commit()
    sign_in(client, spammer)
    sign_in(client, staff)
    page = f"/staff/people/{spammer.handle}/block"
    said = client.get(page).text
    assert "4 posts go out of sight" in said
    assert "1 listing goes off the shelf" in said
    assert "1 contribution that waits" in said
    assert client.post(page, data={"reason": ""}).status_code == 422

    client.post(page, data={"reason": "Sells certificates"})
    run_due()

    assert live(spammer) == 0
    assert session().get_one(Thread, own.id).deleted_at is not None
    assert session().get_one(Thread, started.id).deleted_at is None
    assert session().get_one(Listing, offered.id).state != ListingState.PUBLISHED
    assert session().get_one(User, spammer.id).is_suspended
    assert session().scalar(select(func.count()).where(UserSession.user_id == spammer.id)) == 0
    assert session().get_one(type(submission), submission.id).state == SubmissionState.REFUSED
    assert not make_gate.is_open(submission)
    made = session().scalars(select(Block)).one()
    assert made.done_at is not None
    assert run_checks(mend=False) == []

    undone = client.post(f"{page}/undoing", data={"reason": "It was somebody else"})
    assert undone.status_code == 303, undone.text
    run_due()
    assert live(spammer) == len(mine) + 1
    assert session().get_one(Listing, offered.id).state == ListingState.PUBLISHED
    assert not session().get_one(User, spammer.id).is_suspended
    assert session().scalar(select(func.count()).select_from(BlockedThing)) == 0
    acts = list(session().scalars(select(LogEntry.act).where(LogEntry.act.startswith("block")).order_by(LogEntry.id)))
    assert acts == ["block.begin", "block.undo"]
    assert run_checks(mend=False) == []


def test_what_was_deleted_before_does_not_come_back_with_the_rest(staff: User) -> None:
    spammer, started = person(), thread()
    gone = post(thread=started, author=spammer, body="Deleted by myself")
    post(thread=started, author=spammer, body="Spam")
    with unit_of_work():
        delete_post(viewer_for(spammer.id), post_id=gone.id)
    made = blocked(staff, spammer)
    run_due()
    with current_app.test_request_context(method="POST"), unit_of_work():
        undo_block(viewer_for(staff.id), block_id=made.id, reason="A mistake")
    run_due()
    assert live(spammer) == 1


def test_a_moderator_reaches_their_own_community_and_shuts_nobody_out(database: Session) -> None:
    spammer = person()
    moderator = person(grants=(f"moderator:{community().id}",))
    elsewhere = board(community_slug="bio")
    post(thread=thread(), author=spammer, body="Here")
    kept = post(thread=thread(board=elsewhere), author=spammer, body="There")
    made = blocked(moderator, spammer)
    run_due()
    assert live(spammer) == 1
    assert session().get_one(Post, kept.id).deleted_at is None
    assert not session().get_one(User, spammer.id).is_suspended
    with pytest.raises(ConflictError):
        blocked(moderator, spammer)
    with pytest.raises(ForbiddenError), unit_of_work():
        undo_block(viewer_for(person().id), block_id=made.id, reason="I like them")


def test_one_moderator_neither_counts_nor_undoes_what_is_anothers(client: FlaskClient, database: Session) -> None:
    spammer = person()
    here, there = (person(grants=(f"moderator:{community(slug).id}",)) for slug in ("materials", "bio"))
    submission = make_gate.waiting(thread=thread(), author=newcomer())
    session().get_one(type(submission), submission.id).author_id = spammer.id
    make_gate.review_of(submission).author_id = spammer.id
    session().commit()
    page = f"/staff/people/{spammer.handle}/block"
    for who, is_counted in ((here, True), (there, False)):
        sign_in(client, who)
        assert ("1 contribution that waits" in client.get(page).text) is is_counted
    made = blocked(here, spammer)
    with pytest.raises(NotFoundError), unit_of_work():
        undo_block(viewer_for(there.id), block_id=made.id, reason="I like them")


def test_officers_of_an_alliance_block_nobody(client: FlaskClient, database: Session) -> None:
    officer, member = person(grants=("moderator:alliance:7", "alliance:7")), person()
    with pytest.raises(ForbiddenError):
        blocked(officer, member)
    sign_in(client, officer)
    assert client.get(f"/staff/people/{member.handle}/block").status_code == 403


def test_nobody_blocks_the_staff_or_themselves(staff: User) -> None:
    moderator = person(grants=(f"moderator:{community().id}",))
    for by, whom in ((moderator, staff), (staff, staff), (person(), moderator)):
        with pytest.raises(ForbiddenError):
            blocked(by, whom)
