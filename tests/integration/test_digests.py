"""The digest: in the morning of one's own day, with what one missed and may see, once, and as a page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke
from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import choose, follow, mark_read
from activity.digests import running
from activity.models import Digest, DigestRun, Level, Notice
from activity.topics import Cadence, Topic, Wish
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.jobs import run_due
from kernel.mail import Mail
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.digests import many_people, missed, watch
from tests.makers.people import person, sign_in

MONDAY = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)


def wants(user: User, topic: Topic, mail: Cadence) -> None:
    with unit_of_work():
        choose(viewer_for(user.id), {topic: Wish(bell=True, mail=mail, push=False)})


def morning(moment: datetime = MONDAY) -> int:
    """What the worker does at this moment; how many digests were sent."""
    with time_machine.travel(moment, tick=False):
        with unit_of_work():
            running.plan(now())
        sent = 0
        while running._open_run() is not None:
            sent += running.go_on()
        return sent


@pytest.fixture(autouse=True)
def _friday_before() -> Iterator[None]:
    with time_machine.travel(MONDAY - timedelta(days=3), tick=False):
        yield


def mails_to(database: Session, user: User) -> list[Mail]:
    return list(database.scalars(select(Mail).where(Mail.user_id == user.id, Mail.kind == "digest").order_by(Mail.id)))


def test_the_weekly_digest_comes_on_monday_morning_once_and_is_a_page(client: FlaskClient, database: Session) -> None:
    reader, author = person(timezone="UTC"), person(display_name="Ada")
    tag_bearer = make.thread(tags=("sintering",))
    watch(reader, Ref("forum.thread", tag_bearer.id))
    make.post(thread=tag_bearer, author=author)
    make.post(thread=tag_bearer, author=author)
    run_due()
    assert morning(MONDAY - timedelta(hours=1)) == 0, "not before seven"
    assert morning() >= 1
    assert morning(MONDAY + timedelta(hours=2)) == 0
    (mail,) = mails_to(database, reader)
    for text in (mail.body, mail.html):
        assert "2 new posts by Ada" in text
        assert tag_bearer.title in text
        assert "/digests/weekly-2026-11-30" in text
        assert mail.unsubscribe_url in text
    sign_in(client, reader)
    page = client.get("/digests/weekly-2026-11-30").text
    assert "2 new posts by Ada" in page
    assert "/digests/weekly-2026-11-30" in client.get("/settings/notices").text
    assert client.get("/digests/weekly-2026-11-23").status_code == 404
    assert client.get("/digests/yearly-2026").status_code == 404
    sign_in(client, author)
    assert client.get("/digests/weekly-2026-11-30").status_code == 404, "everybody has their own"
    path = "/" + mail.unsubscribe_url.split("/", 3)[3]
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    make.post(thread=tag_bearer, author=author)
    run_due()
    assert morning(MONDAY + timedelta(days=7)) == 0


def test_morning_is_where_one_lives(database: Session) -> None:
    shanghai, new_york = person(timezone="Asia/Shanghai"), person(timezone="America/New_York")
    missed([shanghai.id, new_york.id])
    at = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # half past seven on Monday in Shanghai, Sunday evening in New York
    morning(at)
    assert (len(mails_to(database, shanghai)), len(mails_to(database, new_york))) == (1, 0)
    morning(datetime(2026, 11, 30, 12, 30, tzinfo=UTC))
    assert (len(mails_to(database, shanghai)), len(mails_to(database, new_york))) == (1, 1)


def test_daily_and_weekly_take_what_was_chosen_for_each(database: Session) -> None:
    reader = person(timezone="UTC")
    wants(reader, Topic.MATCHES, Cadence.DAILY)
    thread = missed([reader.id])
    assert morning(MONDAY - timedelta(days=2)) >= 1
    (mail,) = mails_to(database, reader)
    assert thread.title in mail.body
    morning()
    assert len(mails_to(database, reader)) == 1, "what was in one digest is not in another"


def test_nothing_comes_when_there_is_nothing_to_say(database: Session) -> None:
    read, silent, suspended, unconfirmed = (
        person(timezone="UTC"),
        person(timezone="UTC"),
        person(timezone="UTC"),
        person(timezone="UTC", confirmed=False),
    )
    thread = missed([read.id, suspended.id, unconfirmed.id])
    with unit_of_work() as work:
        mark_read(viewer_for(read.id), place=Ref("forum.thread", thread.id))
        work.execute(update(User).where(User.id == suspended.id).values(suspended_at=now()))
    morning()
    for user in (read, silent, suspended, unconfirmed):
        assert mails_to(database, user) == []
        assert database.scalar(select(func.count(Digest.id)).where(Digest.user_id == user.id)) == 0


def test_what_one_lost_the_right_to_see_is_neither_in_the_mail_nor_on_the_page(
    client: FlaskClient, database: Session
) -> None:
    staff, author = person(staff=True), person(grants=("alliance:7",))
    reader, other = person(timezone="UTC", grants=("alliance:7",)), person(timezone="UTC", grants=("alliance:7",))
    closed = make.thread(author=author, board=make.board(audience="alliance:7"), title="The secret alloy of seven")
    for user in (reader, other):
        watch(user, Ref("forum.thread", closed.id))
    make.post(thread=closed, author=author, body="Add tin")
    run_due()
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=other.id, token="alliance:7")
    morning()
    assert mails_to(database, other) == []
    (mail,) = mails_to(database, reader)
    assert mail.audience == "alliance:7", "so that it is asked again when the mail leaves"
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=reader.id, token="alliance:7")
    sign_in(client, reader)
    page = client.get("/digests/weekly-2026-11-30").text
    assert "secret alloy" not in page
    assert "Nothing left of it" in page


def test_the_best_of_what_one_follows_is_in_it(database: Session) -> None:
    reader, asker = person(timezone="UTC"), person()
    with unit_of_work():
        follow(viewer_for(reader.id), ref=Ref("forum.community", make.community().id), level=Level.TRACKING)
    question = make.thread(author=asker, kind=ThreadKind.QUESTION, title="Which flux wets this best?")
    morning()
    (mail,) = mails_to(database, reader)
    assert question.title in mail.body
    assert "New in what you follow" in mail.body


def test_a_portion_that_two_workers_composed_is_sent_once(database: Session) -> None:
    people = many_people(3, timezone="Pacific/Auckland")
    missed(people)
    with unit_of_work() as work:
        work.add(DigestRun(period="weekly", day="2026-11-30", timezone="Pacific/Auckland"))
    run = running._open_run()
    assert run is not None
    portion = running._next_people(run)
    letters = [letter for one in portion if (letter := running._letter(run, one))]
    for sent in (3, 0):
        with unit_of_work():
            assert running._send(run, portion, letters) == sent
    counted = select(Mail.user_id, func.count().label("sum")).where(Mail.user_id.in_(people)).group_by(Mail.user_id)
    assert {row.user_id: row.sum for row in database.execute(counted)} == dict.fromkeys(people, 1)
    assert database.scalar(select(func.count(Notice.id)).where(Notice.mailed_at.is_not(None))) == 3
