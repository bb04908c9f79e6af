"""Closing, moving, deleting: what moderators do with threads, and that everything counted stays true."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.blobs import blob_store
from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Follow, Level, LogEntry, Notice
from forum.actions import closure, removal
from forum.actions.answers import accept_answer
from forum.actions.moving import move_thread
from forum.actions.posts import edit_post
from forum.actions.purging import purge_post
from forum.models import Board, Post, PostRevision, PostUpload, Reaction, Tag, Thread, Upload
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.forum import board, community, opening_post, post, thread
from tests.makers.people import person


def moderator(slug: str = "materials") -> Viewer:
    return viewer_for(person(grants=(f"moderator:{community(slug).id}",)).id)


def staff() -> Viewer:
    return viewer_for(person(staff=True).id)


def clean(database: Session) -> bool:
    database.flush()
    database.expire_all()
    faults = run_checks(mend=False)
    assert faults == []
    return True


def acts(database: Session, about: Thread) -> list[LogEntry]:
    found = select(LogEntry).where(LogEntry.place_kind == "forum.thread", LogEntry.place_id == about.id)
    return list(database.scalars(found.order_by(LogEntry.id)))


def public_count(database: Session, name: str) -> int:
    return database.scalars(select(Tag.public_thread_count).where(Tag.name == name)).one()


SWITCHES = [
    (closure.lock_thread, "thread.lock", closure.unlock_thread, "thread.unlock", "locked_at"),
    (closure.pin_thread, "thread.pin", closure.unpin_thread, "thread.unpin", "pinned_at"),
]


@pytest.mark.parametrize("switch", SWITCHES)
def test_locking_and_pinning_go_both_ways_and_twice_is_once(database: Session, switch) -> None:
    on, on_act, off, off_act, state = switch
    discussion, keeper = thread(), moderator()
    database.refresh(discussion)
    version = discussion.version
    with unit_of_work():
        on(keeper, thread_id=discussion.id, reason="Off the subject")
        on(keeper, thread_id=discussion.id, reason="Off the subject")
    assert getattr(discussion, state) is not None
    assert clean(database)
    assert discussion.version == version + 1
    with unit_of_work():
        off(keeper, thread_id=discussion.id)
        off(keeper, thread_id=discussion.id)
    assert getattr(discussion, state) is None
    assert [(entry.act, entry.reason, entry.actor_id) for entry in acts(database, discussion)] == [
        (on_act, "Off the subject", keeper.user_id),
        (off_act, "", keeper.user_id),
    ]
    assert acts(database, discussion)[0].details == {"right": "forum.moderate"}


def test_a_locked_thread_refuses_replies_of_members_only(database: Session) -> None:
    discussion = thread()
    keeper = person(grants=(f"moderator:{community().id}",))
    with unit_of_work():
        closure.lock_thread(viewer_for(keeper.id), thread_id=discussion.id)
    with pytest.raises(ForbiddenError):
        post(thread=discussion)
    assert post(thread=discussion, author=keeper).number == 2


EVERY_ACT = [
    lambda viewer, about: closure.lock_thread(viewer, thread_id=about.id),
    lambda viewer, about: closure.pin_thread(viewer, thread_id=about.id),
    lambda viewer, about: removal.delete_thread(viewer, thread_id=about.id, reason="x"),
    lambda viewer, about: removal.restore_thread(viewer, thread_id=about.id),
    lambda viewer, about: move_thread(viewer, thread_id=about.id, board=board()),
    lambda viewer, about: removal.delete_post(viewer, post_id=opening_post(about).id, reason="x"),
]


@pytest.mark.parametrize("act", EVERY_ACT)
def test_only_moderators_of_the_community_and_staff_act(database: Session, act) -> None:
    discussion = thread()
    for viewer in (viewer_for(person().id), moderator("energy")):
        with pytest.raises(ForbiddenError):
            act(viewer, discussion)
    assert acts(database, discussion) == []
    for viewer in (moderator(), staff()):
        act(viewer, discussion)
    assert clean(database)


@pytest.mark.parametrize("act", EVERY_ACT)
def test_what_one_cannot_see_is_not_found(database: Session, act) -> None:
    hidden = thread(board=board(audience="alliance:7"), author=person(grants=("alliance:7",)))
    with pytest.raises(NotFoundError):
        act(moderator(), hidden)


def test_moving_takes_counts_days_and_questions_along(database: Session) -> None:
    question = thread(kind=ThreadKind.QUESTION, tags=("sintering",))
    post(thread=question)
    source, target = database.get_one(Board, question.board_id), board()
    database.refresh(source)
    before = (source.thread_count, source.post_count, source.open_question_count)
    with unit_of_work():
        move_thread(moderator(), thread_id=question.id, board=target, reason="Belongs there")
        move_thread(moderator(), thread_id=question.id, board=target)
    assert clean(database)
    assert (target.thread_count, target.post_count, target.open_question_count) == (1, 2, 1)
    assert (source.thread_count, source.post_count, source.open_question_count) == (
        before[0] - 1,
        before[1] - 2,
        before[2] - 1,
    )
    [entry] = acts(database, question)
    assert entry.details == {"right": "forum.moderate", "from": source.id, "to": target.id}


def test_moving_to_another_community_needs_rights_in_both_and_leaves_the_pin_behind(database: Session) -> None:
    discussion, target = thread(), board(community_slug="energy")
    for viewer in (moderator(), moderator("energy")):
        with pytest.raises(ForbiddenError):
            move_thread(viewer, thread_id=discussion.id, board=target)
    both = viewer_for(person(grants=tuple(f"moderator:{community(s).id}" for s in ("materials", "energy"))).id)
    with unit_of_work():
        closure.pin_thread(both, thread_id=discussion.id)
        move_thread(both, thread_id=discussion.id, board=target)
    assert clean(database)
    assert (discussion.community_id, discussion.pinned_at) == (community("energy").id, None)


def test_nobody_moves_to_a_board_that_they_do_not_see(database: Session) -> None:
    with pytest.raises(NotFoundError):
        move_thread(moderator(), thread_id=thread().id, board=board(audience="alliance:7"))


def test_what_hangs_on_a_thread_follows_it_out_of_sight_and_back(database: Session) -> None:
    author = person()
    discussion = thread(author=author, tags=("annealing",))
    post(thread=discussion)
    run_due()
    keeper, public, private = staff(), database.get_one(Board, discussion.board_id), board(audience="members")
    with unit_of_work():
        closure.lock_thread(keeper, thread_id=discussion.id, reason="For now")
    assert public_count(database, "annealing") == 1
    with unit_of_work():
        move_thread(keeper, thread_id=discussion.id, board=private, reason="Members only")
    assert clean(database)
    assert public_count(database, "annealing") == 0
    notices = select(Notice.audience).where(Notice.place_id == discussion.id)
    assert set(database.scalars(notices)) == {"members"}
    assert {entry.audience for entry in acts(database, discussion)} == {"members"}
    with unit_of_work():
        move_thread(keeper, thread_id=discussion.id, board=public, reason="Open again")
    assert clean(database)
    assert public_count(database, "annealing") == 1
    assert set(database.scalars(notices)) == {"public"}
    assert {entry.audience for entry in acts(database, discussion)} == {"members"}


def test_a_deleted_thread_is_gone_for_members_and_comes_back_whole(database: Session) -> None:
    question = thread(kind=ThreadKind.QUESTION, tags=("doping",))
    post(thread=question)
    keeper, home = moderator(), database.get_one(Board, question.board_id)
    database.refresh(home)
    before = (home.thread_count, home.post_count, home.open_question_count)
    with pytest.raises(InvalidError):
        removal.delete_thread(keeper, thread_id=question.id)
    with unit_of_work():
        removal.delete_thread(keeper, thread_id=question.id, reason="Advertising")
        removal.delete_thread(keeper, thread_id=question.id, reason="Advertising")
    assert clean(database)
    assert (home.thread_count, home.post_count, home.open_question_count) == (
        before[0] - 1,
        before[1] - 2,
        before[2] - 1,
    )
    assert public_count(database, "doping") == 0
    with pytest.raises(NotFoundError):
        post(thread=question)
    with unit_of_work():
        removal.restore_thread(keeper, thread_id=question.id)
        removal.restore_thread(keeper, thread_id=question.id)
    assert clean(database)
    assert (home.thread_count, home.post_count, home.open_question_count) == before
    assert [entry.act for entry in acts(database, question)] == ["thread.delete", "thread.restore"]


def test_a_deleted_post_keeps_its_number_and_the_thread_falls_back(database: Session) -> None:
    discussion, first, last = thread(), person(), person()
    earlier, gone = post(thread=discussion, author=first), post(thread=discussion, author=last)
    with unit_of_work():
        removal.delete_post(moderator(), post_id=gone.id, reason="Rude")
        removal.delete_post(moderator(), post_id=gone.id, reason="Rude")
    assert clean(database)
    assert (discussion.post_count, discussion.live_post_count) == (3, 2)
    assert (discussion.last_author_id, discussion.last_post_at) == (first.id, earlier.created_at)
    assert [(entry.act, entry.ref_id, entry.details["number"]) for entry in acts(database, discussion)] == [
        ("post.delete", gone.id, 3)
    ]
    assert post(thread=discussion).number == 4
    with unit_of_work():
        removal.restore_post(moderator(), post_id=gone.id)
        removal.restore_post(moderator(), post_id=gone.id)
    assert clean(database)
    assert (discussion.post_count, discussion.live_post_count) == (4, 4)


def test_a_moderator_says_why_and_an_author_need_not(database: Session) -> None:
    discussion, author = thread(), person()
    mine = post(thread=discussion, author=author)
    with pytest.raises(InvalidError):
        removal.delete_post(moderator(), post_id=mine.id)
    with unit_of_work():
        removal.delete_post(viewer_for(author.id), post_id=mine.id)
    assert mine.deleted_by_id == author.id
    assert acts(database, discussion) == []
    with unit_of_work():
        removal.restore_post(viewer_for(author.id), post_id=mine.id)
    assert mine.deleted_at is None
    assert acts(database, discussion) == []
    assert clean(database)


def test_an_author_does_not_bring_back_what_a_moderator_deleted(database: Session) -> None:
    author = person()
    mine = post(thread=thread(), author=author)
    with unit_of_work():
        removal.delete_post(moderator(), post_id=mine.id, reason="Rude")
    with pytest.raises(ForbiddenError):
        removal.restore_post(viewer_for(author.id), post_id=mine.id)
    with pytest.raises(NotFoundError):
        removal.restore_post(viewer_for(person().id), post_id=mine.id)


def test_an_author_deletes_a_thread_with_its_opening_post_while_nobody_answered(database: Session) -> None:
    author = person()
    lonely, answered = thread(author=author), thread(author=author)
    post(thread=answered)
    with unit_of_work():
        removal.delete_post(viewer_for(author.id), post_id=opening_post(lonely).id)
    assert lonely.deleted_at is not None
    assert opening_post(lonely).deleted_at is None
    with pytest.raises(ForbiddenError):
        removal.delete_post(viewer_for(author.id), post_id=opening_post(answered).id)
    with unit_of_work():
        removal.delete_post(moderator(), post_id=opening_post(answered).id, reason="Twice the same")
    assert answered.deleted_at is not None
    assert [entry.act for entry in acts(database, answered)] == ["thread.delete"]
    assert clean(database)


def test_deleting_the_accepted_answer_opens_the_question_again(database: Session) -> None:
    question = thread(kind=ThreadKind.QUESTION)
    answer = post(thread=question)
    with unit_of_work():
        accept_answer(moderator(), thread_id=question.id, number=2)
    home = database.get_one(Board, question.board_id)
    assert clean(database)
    waiting = home.open_question_count
    with unit_of_work():
        removal.delete_post(moderator(), post_id=answer.id, reason="Wrong and dangerous")
    assert clean(database)
    assert (question.accepted_number, home.open_question_count) == (None, waiting + 1)


def test_posts_of_a_deleted_thread_are_not_counted_twice(database: Session) -> None:
    question = thread(kind=ThreadKind.QUESTION)
    answer = post(thread=question)
    keeper = moderator()
    with unit_of_work():
        accept_answer(keeper, thread_id=question.id, number=2)
        removal.delete_thread(keeper, thread_id=question.id, reason="x")
        removal.delete_post(keeper, post_id=answer.id, reason="x")
    assert clean(database)
    with unit_of_work():
        removal.restore_post(keeper, post_id=answer.id)
        removal.restore_thread(keeper, thread_id=question.id)
    assert clean(database)


def upload_of(owner: User, database: Session, sha256: str) -> Upload:
    made = Upload(owner_id=owner.id, name="trace.csv", media_type="text/csv", size=3, sha256=sha256)
    database.add(made)
    database.flush()
    return made


def test_a_purged_post_keeps_only_its_number(app: Flask, database: Session) -> None:
    author = person()
    discussion = thread()
    store = blob_store()
    shown, formerly, shared = (upload_of(author, database, store.put(text)) for text in (b"one", b"two", b"three"))
    named = " ".join(f"[trace](/files/{file.id}/trace.csv)" for file in (shown, formerly, shared))
    leak = post(thread=discussion, author=author, body=f"The secret is 42. {named}")
    post(thread=discussion, author=author, body=f"[trace](/files/{shared.id}/trace.csv)")
    with unit_of_work():
        edit_post(viewer_for(author.id), post_id=leak.id, body=f"Never mind. [trace](/files/{shown.id}/trace.csv)")
        database.add(Reaction(post_id=leak.id, user_id=person().id, name="like"))
        leak.reactions = {"like": 1}
    with pytest.raises(ForbiddenError):
        purge_post(moderator(), post_id=leak.id, reason="Confidential")
    with pytest.raises(InvalidError):
        purge_post(staff(), post_id=leak.id)
    with unit_of_work():
        purge_post(staff(), post_id=leak.id, reason="Confidential")
        purge_post(staff(), post_id=leak.id, reason="Confidential")
    assert clean(database)
    assert (leak.body, leak.html, leak.reactions, leak.number) == ("", "", {}, 2)
    assert leak.purged_at is not None
    assert leak.deleted_at is not None
    for model in (PostRevision, PostUpload, Reaction):
        assert database.scalars(select(model).where(model.post_id == leak.id)).all() == []
    assert [entry.act for entry in acts(database, discussion)] == ["post.purge"]
    run_due()
    assert database.scalars(select(Upload.id)).all() == [shared.id]
    assert [store.has(file.sha256) for file in (shown, formerly, shared)] == [False, False, True]
    with pytest.raises(ForbiddenError):
        removal.restore_post(staff(), post_id=leak.id)


def test_an_opening_post_is_purged_with_the_title_and_only_in_a_deleted_thread(database: Session) -> None:
    discussion, keeper = thread(title="The secret of alloy seven"), staff()
    first = opening_post(discussion)
    with pytest.raises(ConflictError):
        purge_post(keeper, post_id=first.id, reason="Confidential")
    with unit_of_work():
        removal.delete_thread(keeper, thread_id=discussion.id, reason="Confidential")
        purge_post(keeper, post_id=first.id, reason="Confidential")
    assert "secret" not in discussion.title + discussion.slug
    with pytest.raises(ConflictError):
        removal.restore_thread(keeper, thread_id=discussion.id)
    assert clean(database)


def test_a_reason_that_is_too_long_is_refused(database: Session) -> None:
    with pytest.raises(InvalidError):
        closure.lock_thread(moderator(), thread_id=thread().id, reason="x" * 201)


def test_a_move_long_after_takes_the_days_of_the_posts_along(database: Session) -> None:
    discussion, target = thread(), board()
    old = post(thread=discussion)
    old_day = now() - timedelta(days=40)
    opening_post(discussion).created_at = old.created_at = old_day
    discussion.last_post_at = old_day
    database.flush()
    run_checks(mend=True)
    assert clean(database)
    with unit_of_work():
        move_thread(moderator(), thread_id=discussion.id, board=target)
    assert clean(database)


def test_followers_of_a_moved_thread_stay(database: Session) -> None:
    author = person()
    discussion = thread(author=author)
    with unit_of_work():
        move_thread(moderator(), thread_id=discussion.id, board=board())
    kept = select(Follow.level).where(Follow.kind == "forum.thread", Follow.ref_id == discussion.id)
    assert database.scalars(kept).all() == [Level.WATCHING]
    assert database.get(Post, opening_post(discussion).id) is not None
