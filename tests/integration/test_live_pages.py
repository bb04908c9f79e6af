"""What an open page hears of, what it costs, and what it does not hear any more."""

from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke
from accounts.models import UserSession
from accounts.viewers import viewer_for
from forum.actions.polls import vote
from forum.actions.threads import PollDraft
from forum.models import PollOption
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.people import person, sign_in
from tests.queries import queries

JSON = {"Accept": "application/json"}


def test_an_open_page_hears_of_new_posts_for_two_queries(client: FlaskClient, database: Session) -> None:
    reader = person()
    thread = make.thread()
    sign_in(client, reader)
    url = f"/threads/{thread.id}/live?me={reader.id}&after=1"
    before = client.get(url, headers=JSON)
    assert before.json is not None
    assert before.json["words"] == ""
    with queries(at_most=2):
        assert client.get(url, headers={**JSON, "If-None-Match": before.headers["ETag"]}).status_code == 304
    make.post(thread=thread)
    make.post(thread=thread)
    after = client.get(url, headers={**JSON, "If-None-Match": before.headers["ETag"]})
    assert after.json is not None
    assert (after.json["words"], after.json["total"]) == ("Show 2 new posts", 3)


def test_what_is_fetched_are_the_posts_that_the_page_lacks(client: FlaskClient, database: Session) -> None:
    thread = make.thread()
    make.post(thread=thread, body="the second post")
    make.post(thread=thread, body="the third post")
    piece = client.get(f"/threads/{thread.id}/posts/after/2?me=0").text
    assert "the third post" in piece
    assert "the second post" not in piece
    assert "<html" not in piece


def test_a_stranger_asks_for_one_query(client: FlaskClient, database: Session) -> None:
    thread = make.thread()
    with queries(at_most=1):
        assert client.get(f"/threads/{thread.id}/live?me=0&after=0", headers=JSON).status_code == 200


def test_whoever_lost_the_right_in_between_hears_nothing(client: FlaskClient, database: Session) -> None:
    reader = person(grants=("alliance:9",))
    thread = make.thread(author=reader, board=make.board(audience="alliance:9"))
    sign_in(client, reader)
    paths = [f"/threads/{thread.id}/{rest}?me={reader.id}" for rest in ("live", "posts/after/0")]
    assert [client.get(path, headers=JSON).status_code for path in paths] == [200, 200]
    with unit_of_work():
        revoke(viewer_for(person(staff=True).id), user_id=reader.id, token="alliance:9")
    assert [client.get(path, headers=JSON).status_code for path in paths] == [404, 404]


def test_a_session_that_was_revoked_hears_nothing_even_of_what_is_public(
    client: FlaskClient, database: Session
) -> None:
    reader = person()
    thread = make.thread()
    opened = sign_in(client, reader)
    paths = [f"/threads/{thread.id}/live", f"/threads/{thread.id}/posts/after/0", "/notifications/live"]
    assert [client.get(f"{path}?me={reader.id}", headers=JSON).status_code for path in paths] == [200, 200, 200]
    with unit_of_work() as work:
        work.execute(delete(UserSession).where(UserSession.id == opened.id))
    assert [client.get(f"{path}?me={reader.id}", headers=JSON).status_code for path in paths] == [401, 401, 401]


def test_a_page_of_somebody_else_hears_nothing_of_whoever_signed_in_since(
    client: FlaskClient, database: Session
) -> None:
    before, now = person(), person()
    sign_in(client, now)
    assert client.get(f"/notifications/live?me={before.id}", headers=JSON).status_code == 401


def test_an_open_poll_counts_on(client: FlaskClient, database: Session) -> None:
    thread = make.thread(poll=PollDraft(question="Which first?", options=["A", "B"], max_choices=1, closes_at=None))
    url, piece = f"/threads/{thread.id}/live?me=0&after=1", f"/threads/{thread.id}/poll?me=0"
    before = client.get(url, headers=JSON)
    assert "0 people have voted" in client.get(piece, headers={"Accept-Language": "en"}).text
    with unit_of_work() as work:
        option = work.scalars(select(PollOption).order_by(PollOption.id)).first()
        assert option is not None
        vote(viewer_for(person().id), thread_id=thread.id, option_ids={option.id})
    after = client.get(url, headers={**JSON, "If-None-Match": before.headers["ETag"]})
    assert after.json is not None
    assert before.json is not None
    assert after.json["version"] > before.json["version"]
    assert "1 person has voted" in client.get(piece, headers={"Accept-Language": "en"}).text
    assert client.get(f"/threads/{make.thread().id}/poll?me=0").status_code == 404
