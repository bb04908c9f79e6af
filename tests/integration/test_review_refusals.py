"""What is refused leaves nothing behind, and no acts over others' things go unlogged."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from activity.models import LogEntry
from forum.models import Board, Post, Thread
from tests import makers
from tests.makers.forum import community, opening_post, post, thread
from tests.makers.people import person, sign_in

assert makers

GROWING = "\u0958" * 200  # each becomes two characters in the form that the log keeps


@pytest.mark.parametrize("act", ["lock", "pin", "move"])
def test_an_act_whose_reason_is_refused_is_not_done(client: FlaskClient, database: Session, act: str) -> None:
    discussion = thread()
    home = discussion.board_id
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    answer = client.post(f"/threads/{discussion.id}/{act}", data={"reason": GROWING, "place": "materials/perovskite"})
    assert answer.status_code == 422
    database.expire_all()
    kept = database.get_one(Thread, discussion.id)
    assert (kept.locked_at, kept.pinned_at, kept.board_id) == (None, None, home)
    assert database.scalars(select(LogEntry)).all() == []


def test_a_split_that_was_refused_can_be_corrected_in_the_same_form(client: FlaskClient, database: Session) -> None:
    discussion = thread()
    post(thread=discussion)
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    form = {"numbers": "1", "title": "A thread of its own", "once": "one-form"}
    assert client.post(f"/threads/{discussion.id}/split", data=form).status_code == 422
    assert client.post(f"/threads/{discussion.id}/split", data=form | {"numbers": "2"}).status_code == 303


def test_a_text_is_not_deleted_where_its_destruction_is_refused(client: FlaskClient, database: Session) -> None:
    keeper = person(staff=True)
    sign_in(client, keeper)
    mine = post(thread=thread(), author=keeper)
    assert client.post(f"/posts/{mine.id}/delete", data={"reason": "", "purge": "y"}).status_code == 422
    database.expire_all()
    assert database.get_one(Post, mine.id).deleted_at is None


def test_a_moderator_who_deletes_the_answers_of_others_with_a_thread_of_their_own_says_why(
    client: FlaskClient, database: Session
) -> None:
    keeper = person(grants=(f"moderator:{community().id}",))
    sign_in(client, keeper)
    discussion = thread(author=keeper)
    post(thread=discussion)
    path = f"/posts/{opening_post(discussion).id}/delete"
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"reason": "Asked twice."}).status_code == 303
    entry = database.scalars(select(LogEntry)).one()
    assert (entry.act, entry.reason) == ("thread.delete", "Asked twice.")


def test_a_moderator_deletes_an_unanswered_thread_of_their_own_like_anybody(
    client: FlaskClient, database: Session
) -> None:
    keeper = person(grants=(f"moderator:{community().id}",))
    sign_in(client, keeper)
    discussion = thread(author=keeper)
    assert client.post(f"/posts/{opening_post(discussion).id}/delete", data={}).status_code == 303
    assert database.scalars(select(LogEntry)).all() == []
    database.expire_all()
    assert database.get_one(Thread, discussion.id).deleted_at is not None
    assert database.get_one(Board, discussion.board_id).thread_count == 0
