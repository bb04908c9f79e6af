"""What waits in the outbox says what is so when it leaves: nothing goes out that was taken out of sight meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.actions import choose, follow, mail_follow
from activity.digests import running
from activity.models import Level
from activity.topics import Cadence, Topic, Wish
from forum.actions.posts import edit_post
from forum.actions.removal import delete_post, hide_post
from forum.models import Post, Thread
from kernel.clock import now
from kernel.jobs import run_due
from kernel.mail import Mail
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.integration.test_mail_delivery import box, deliver, port
from tests.integration.test_notices import carried
from tests.makers import forum as make
from tests.makers.letters import Letterbox
from tests.makers.people import person

__all__ = ["box", "port"]  # fixtures of the same mail server


def watched(cadence: Cadence) -> Thread:
    """A thread that somebody wants mail about."""
    thread, reader = make.thread(), person(timezone="UTC")
    with unit_of_work():
        follow(viewer_for(reader.id), ref=Ref("forum.thread", thread.id), level=Level.WATCHING)
        mail_follow(viewer_for(reader.id), ref=Ref("forum.thread", thread.id), mail=cadence)
        choose(viewer_for(reader.id), {Topic.SUMMARY: Wish(bell=False, mail=Cadence.NEVER, push=False)})
    return thread


def hidden(post: Post) -> None:
    hide_post(post.id, by=None)


def deleted(post: Post) -> None:
    delete_post(viewer_for(post.author_id or 0), post_id=post.id)


@pytest.mark.parametrize("gone", [hidden, deleted])
def test_an_excerpt_does_not_go_out_once_its_post_is_out_of_sight(
    database: Session, box: Letterbox, gone: Callable[[Post], None]
) -> None:
    thread = watched(Cadence.AT_ONCE)
    stays, goes = (make.post(thread=thread, body=body) for body in ("The sample was dry", "Her number is 555 0100"))
    assert carried() == 1
    (mail,) = database.scalars(select(Mail))
    assert "555 0100" in mail.body
    with unit_of_work():
        gone(database.get_one(Post, goes.id))
    with unit_of_work():
        edit_post(viewer_for(stays.author_id or 0), post_id=stays.id, body="The sample was wet")
    deliver(database)
    ((sent,),) = [box.received]
    for part in sent.walk():
        if not part.is_multipart():
            assert "The sample was wet" in part.get_content(), "as it reads now"
            assert "555 0100" not in part.get_content()
    assert mail.state == "sent"


def test_a_notice_of_which_nothing_is_left_is_not_sent(database: Session, box: Letterbox) -> None:
    thread = watched(Cadence.AT_ONCE)
    goes = make.post(thread=thread, body="Her number is 555 0100")
    assert carried() == 1
    with unit_of_work():
        hide_post(goes.id, by=None)
    deliver(database)
    (mail,) = database.scalars(select(Mail))
    assert (mail.state, mail.reason, mail.body, mail.html) == ("dropped", "nothing-left", "", "")
    assert box.received == []


def test_a_digest_holds_what_its_page_holds_when_it_leaves(database: Session, box: Letterbox) -> None:
    threads = [watched(Cadence.DAILY) for _ in range(2)]
    with unit_of_work() as work:
        for thread, title in zip(threads, ("Her address", "Dry samples"), strict=True):
            work.get_one(Thread, thread.id).title = title
    readers_of_both(threads)
    for thread in threads:
        make.post(thread=thread)
    run_due()
    with time_machine.travel((now() + timedelta(days=1)).replace(hour=8), tick=False):
        with unit_of_work():
            running.plan(now())
        while running._open_run() is not None:
            running.go_on()
        mails = database.scalars(select(Mail).where(Mail.kind == "digest")).all()
        assert sum("Her address" in mail.body for mail in mails) == 2
        opening = database.scalars(select(Post.id).where(Post.thread_id == threads[0].id, Post.number == 1)).one()
        with unit_of_work():
            hide_post(opening, by=None)
        deliver(database)
    said = ["".join(part.get_content() for part in sent.walk() if not part.is_multipart()) for sent in box.received]
    assert not any("Her address" in text for text in said)
    assert sum("Dry samples" in text for text in said) == 2
    assert sorted((mail.state, mail.reason) for mail in mails) == [
        ("dropped", "nothing-left"),
        ("sent", ""),
        ("sent", ""),
    ]


def readers_of_both(threads: list[Thread]) -> None:
    """Somebody who gets something of each."""
    reader = person(timezone="UTC")
    with unit_of_work():
        choose(viewer_for(reader.id), {Topic.SUMMARY: Wish(bell=False, mail=Cadence.NEVER, push=False)})
        for thread in threads:
            follow(viewer_for(reader.id), ref=Ref("forum.thread", thread.id), level=Level.WATCHING)
            mail_follow(viewer_for(reader.id), ref=Ref("forum.thread", thread.id), mail=Cadence.DAILY)
