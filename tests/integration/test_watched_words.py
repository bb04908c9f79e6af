"""Watched words hold, flag or refuse what contains them, however it is written."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry
from forum.actions.posts import edit_post, reply
from forum.models import Thread
from kernel.db import session
from kernel.errors import InvalidError
from kernel.work import unit_of_work
from moderation.actions.words import forget_word, watch_word
from moderation.models import Review, ReviewKind, Submission, WatchedWord
from moderation.texts import seen
from moderation.watching import compiled
from tests.makers.forum import post, thread
from tests.makers.people import person, sign_in


def watched(pattern: str, action: str = "hold") -> WatchedWord:
    with unit_of_work():
        return watch_word(viewer_for(person(staff=True).id), pattern=pattern, action=action)


def say(author: User, started: Thread, body: str) -> object:
    with unit_of_work():
        return reply(viewer_for(author.id), thread_id=started.id, body=body)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("代开发票", "專業代開發票"),
        ("代开发票", "代 开-发。票"),
        ("代开*发票", "代开各种增值税发票"),
        ("viagra", "Buy ＶＩＡＧＲＡ now"),
        ("viagra", "buy Via\u200bgra!"),
        ("vx", "加vx聊"),
        ("cheap * papers", "cheap research papers"),
        ("spam.example", "https://www.spam.example/x"),
    ],
)
def test_a_word_is_found_however_it_is_written(pattern: str, text: str) -> None:
    assert compiled(pattern).search(seen(text))


@pytest.mark.parametrize(("pattern", "text"), [("cia", "a special case"), ("发票", "发电站的邮票"), ("a*b", "a b")])
def test_a_word_is_not_found_within_others(pattern: str, text: str) -> None:
    assert not compiled(pattern).search(seen(text))


def test_what_holds_a_watched_word_waits_whoever_wrote_it(database: Session) -> None:
    word = watched("代开发票")
    made = say(person(), thread(), "我们代開發票")
    assert isinstance(made, Submission)
    assert made.reasons == ["words"]
    review = session().scalars(select(Review)).one()
    assert review.details == {"words": ["代开发票"]}
    assert session().get_one(WatchedWord, word.id, populate_existing=True).hits == 1
    post(thread=thread(), author=person(staff=True), body="Do not write 代开发票 here")


def test_a_refused_word_is_named_and_nothing_is_kept(database: Session) -> None:
    watched("viagra", "refuse")
    with pytest.raises(InvalidError) as refusal:
        say(person(), thread(), "Buy viagra")
    assert "viagra" in refusal.value.errors["body"]


def test_the_staff_see_how_often_each_word_held_flagged_or_refused_something(
    client: FlaskClient, database: Session
) -> None:
    held, flagged, refused = (watched(word, word) for word in ("hold", "flag", "refuse"))
    started, author = thread(), person()
    sign_in(client, author)
    with pytest.raises(InvalidError):
        say(author, started, "refuse and hold")
    page = client.post(f"/threads/{started.id}/posts", data={"body": "I refuse."})
    assert page.status_code == 422
    program = client.post("/settings", data={"display_name": "Lin", "bio": "They refuse it", "region": ""})
    assert program.status_code == 422
    say(author, started, "hold on")
    say(author, started, "a flag")
    hits = {word.id: session().get_one(WatchedWord, word.id, populate_existing=True).hits for word in (held, flagged)}
    assert hits == {held.id: 1, flagged.id: 1}
    assert session().get_one(WatchedWord, refused.id, populate_existing=True).hits == 3
    sign_in(client, person(staff=True))
    listed = client.get("/staff/words").text
    assert [int(number) for number in re.findall(r"met (\d+) time", listed)] == [1, 1, 3]


def test_a_flagged_word_is_published_and_stands_in_the_queue(database: Session) -> None:
    watched("lottery", "flag")
    made = post(thread=thread(), body="A lottery of ideas")
    review = session().scalars(select(Review)).one()
    assert (review.why, review.kind, review.ref_id) == (ReviewKind.FLAG, "forum.post", made.id)
    with unit_of_work():
        edit_post(viewer_for(made.author_id or 0), post_id=made.id, body="A lottery of new ideas")
    assert session().scalars(select(Review)).all() == [review]


def test_a_word_taken_off_the_list_counts_no_more_at_once(database: Session) -> None:
    word = watched("lottery")
    started, author = thread(), person()
    assert isinstance(say(author, started, "lottery one"), Submission)
    with unit_of_work():
        forget_word(viewer_for(person(staff=True).id), word_id=word.id)
    post(thread=started, author=author, body="lottery two")


def test_the_staff_keep_the_list_and_try_it(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    assert client.get("/staff/words").status_code == 403
    sign_in(client, person(staff=True))
    assert client.post("/staff/words", data={"pattern": "*", "action": "hold"}).status_code == 422
    client.post("/staff/words", data={"pattern": "代开*发票", "action": "hold", "note": "every week"})
    assert client.post("/staff/words", data={"pattern": "代開*發票", "action": "hold"}).status_code == 422
    assert "stands in the text" in client.get("/staff/words?text=代开增值税发票").text
    word = session().scalars(select(WatchedWord)).one()
    client.post(f"/staff/words/{word.id}/removal")
    acts = [(entry.act, entry.audience) for entry in session().scalars(select(LogEntry).order_by(LogEntry.id))]
    assert acts == [("word.add", "staff"), ("word.remove", "staff")]
    assert session().scalars(select(WatchedWord)).all() == []
