from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions import drafts
from forum.models import Draft
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.people import person, sign_in


@pytest.fixture
def writer(client: FlaskClient) -> User:
    """Somebody who is signed in."""
    user = person(handle="writer", display_name="Writer")
    sign_in(client, user)
    return user


def put(client: FlaskClient, place: str, *, version: int = 0, **facts: Any) -> TestResponse:
    return client.put(f"/drafts/{place}", json={"version": version, **facts})


def test_a_draft_is_kept_and_found_on_another_device(client: FlaskClient, writer: User) -> None:
    kept = put(
        client, "new", title="退火温度", body="We anneal\nat 100 ℃", fields={"kind": "question", "tags": "钙钛矿"}
    )
    assert kept.status_code == 200
    assert kept.json is not None
    assert kept.json["version"] == 1
    assert kept.json["updated_at"]
    found = client.get("/drafts/new").json
    assert found is not None
    assert found["title"] == "退火温度"
    assert found["body"] == "We anneal\nat 100 ℃"
    assert found["fields"] == {"kind": "question", "tags": "钙钛矿"}


def test_an_older_device_is_told_what_the_newer_one_wrote(client: FlaskClient, writer: User) -> None:
    put(client, "new", body="first")
    assert put(client, "new", body="second", version=1).json["version"] == 2  # type: ignore[index]
    stale = put(client, "new", body="from the train", version=1)
    assert stale.status_code == 409
    assert stale.content_type == "application/problem+json"
    assert stale.json is not None
    assert stale.json["draft"]["body"] == "second"
    assert stale.json["draft"]["version"] == 2
    assert client.get("/drafts/new").json["body"] == "second"  # type: ignore[index]
    unseen = put(client, "new", body="begun without looking")
    assert unseen.status_code == 409


def test_the_same_text_again_is_no_conflict(client: FlaskClient, writer: User) -> None:
    put(client, "new", body="first")
    again = put(client, "new", body="first")
    assert again.status_code == 200
    assert again.json["version"] == 1  # type: ignore[index]


def test_an_empty_draft_is_not_kept(client: FlaskClient, writer: User) -> None:
    put(client, "new", body="first")
    assert put(client, "new", body="  ", version=1).json["version"] == 0  # type: ignore[index]
    assert client.get("/drafts/new").status_code == 404
    assert put(client, "new", body="").json["version"] == 0  # type: ignore[index]


def test_an_empty_box_elsewhere_does_not_throw_a_newer_text_away(client: FlaskClient, writer: User) -> None:
    put(client, "new", body="a long afternoon's work")
    assert put(client, "new", body="").status_code == 409


def test_a_draft_is_discarded(client: FlaskClient, writer: User, database: Session) -> None:
    put(client, "new", body="first")
    assert client.delete("/drafts/new").status_code == 204
    assert client.delete("/drafts/new").status_code == 204
    assert client.get("/drafts/new").status_code == 404
    put(client, "new", body="second")
    assert client.post("/drafts", data={"place": "new"}).status_code == 303
    assert database.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_draft_sent_as_a_form_keeps_its_other_fields(client: FlaskClient, writer: User) -> None:
    kept = client.put(
        "/drafts/new", data={"title": "T", "body": "B", "version": "0", "kind": "question", "x": ["1", "2"]}
    )
    assert kept.status_code == 200
    assert client.get("/drafts/new").json["fields"] == {"kind": "question", "x": ["1", "2"]}  # type: ignore[index]


def test_drafts_are_nobody_elses(client: FlaskClient, writer: User) -> None:
    put(client, "new", body="mine")
    sign_in(client, person())
    assert client.get("/drafts/new").status_code == 404
    assert "mine" not in client.get("/drafts").get_data(as_text=True)
    client.delete("/drafts/new")
    sign_in(client, writer)
    assert client.get("/drafts/new").json["body"] == "mine"  # type: ignore[index]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_drafts_need_somebody(client: FlaskClient, method: str) -> None:
    answer = getattr(client, method)("/drafts/new", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_a_draft_begins_only_where_one_sees_something(client: FlaskClient, writer: User) -> None:
    member_of_seven = person(grants=("alliance:7",))
    private = make.thread(author=member_of_seven, board=make.board(audience="alliance:7", slug="inner"))
    hidden = make.opening_post(private)
    places = (
        f"thread:{private.id}",
        f"post:{hidden.id}",
        "new:materials/inner",
        "thread:999999999",
        "post:0",
        "new:materials/nowhere",
        "new:../../etc",
        "elsewhere",
        "new:materials/" + "x" * 80,
        "thread:" + "9" * 30,
    )
    for place in places:
        assert put(client, place, body="x").status_code == 404, place
    public = make.thread()
    for place in (f"thread:{public.id}", f"post:{make.opening_post(public).id}", "new:materials/general"):
        assert put(client, place, body="x").status_code == 200, place


def test_what_was_begun_can_be_saved_after_the_thread_went_away(client: FlaskClient, writer: User) -> None:
    thread = make.thread(title="A thread that will vanish")
    put(client, f"thread:{thread.id}", body="half an answer")
    with unit_of_work():
        thread.deleted_at = now()
    assert put(client, f"thread:{thread.id}", body="a whole answer", version=1).status_code == 200
    page = client.get("/drafts").get_data(as_text=True)
    assert "a whole answer" in page
    assert "A thread that will vanish" not in page


def test_the_list_leads_to_where_a_draft_continues(client: FlaskClient, writer: User) -> None:
    thread = make.thread(title="Encapsulation at 85 degrees", author=writer)
    post = make.opening_post(thread)
    put(client, "new:materials/perovskite", title="Begun on a board", body="one")
    put(client, f"thread:{thread.id}", body="two")
    put(client, f"post:{post.id}", body="three")
    page = client.get("/drafts").get_data(as_text=True)
    assert 'href="/new?place=materials/perovskite"' in page
    assert f'href="/threads/{thread.id}-' in page
    assert f'href="/posts/{post.id}/edit"' in page
    assert "Begun on a board" in page
    assert page.count("Encapsulation at 85 degrees") == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"body": "x" * 130_000}, 413),
        ({"body": "x", "fields": {"notes": "y" * 20_000}}, 413),
        ({"body": ["x"]}, 422),
        ({"body": "x", "fields": {"a": {"b": 1}}}, 422),
        ({"body": "x", "fields": ["a"]}, 422),
        ({"body": "x", "version": "soon"}, 422),
        ({"body": "x", "version": [1]}, 422),
        ("a string", 422),
    ],
)
def test_what_is_no_draft_is_refused(client: FlaskClient, writer: User, sent: Any, status: int) -> None:
    answer = client.put("/drafts/new", json=sent, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_broken_json_is_refused(client: FlaskClient, writer: User) -> None:
    answer = client.put("/drafts/new", data=b'{"body": ', content_type="application/json")
    assert answer.status_code == 422


def test_strange_characters_survive_or_go(client: FlaskClient, writer: User) -> None:
    kept = client.put(
        "/drafts/new",
        data=b'{"body": "a\\u0000b \\ud800 c \\ud83d\\ude00", "fields": {"k\\u0000": "v\\u0000"}}',
        content_type="application/json",
    )
    assert kept.status_code == 200
    found = client.get("/drafts/new").json
    assert found is not None
    assert found["body"] == "ab  c 😀"
    assert found["fields"] == {"k": "v"}


def test_drafts_do_not_grow_without_end(client: FlaskClient, writer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    assert put(client, "new", body="one").status_code == 200
    assert put(client, "new:materials/general", body="two").status_code == 200
    assert put(client, "new:materials/graphene", body="three").status_code == 422
    assert put(client, "new", body="one, changed", version=1).status_code == 200


def test_a_sent_reply_takes_its_draft_along(client: FlaskClient, writer: User, database: Session) -> None:
    thread = make.thread()
    put(client, f"thread:{thread.id}", body="We measure at 25 ℃.")
    sent = client.post(f"/threads/{thread.id}/posts", data={"body": "We measure at 25 ℃."})
    assert sent.status_code == 303
    assert database.scalar(select(func.count()).select_from(Draft)) == 0


def test_the_action_says_when_it_was_too_late(database: Session) -> None:
    viewer = viewer_for(person().id)
    with unit_of_work():
        drafts.save(viewer, place="new", body="one")
        with pytest.raises(drafts.StaleDraftError) as caught:
            drafts.save(viewer, place="new", body="two")
    assert caught.value.draft.body == "one"


def test_a_preview_is_cooked_like_a_post(client: FlaskClient, writer: User) -> None:
    page = client.post("/preview", data={"body": "**bold** @writer <script>alert(1)</script> $x^2$"})
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    html = page.get_data(as_text=True)
    assert "<strong>bold</strong>" in html
    assert 'href="/people/writer"' in html
    assert "<script" not in html
    assert 'class="math"' in html
    assert client.post("/preview", json={"body": "*x*"}).get_data(as_text=True).strip() == "<p><em>x</em></p>"


@pytest.mark.parametrize(("sent", "status"), [({"body": "x" * 60_001}, 413), ({"body": 1}, 422), ({}, 200), ([1], 200)])
def test_a_preview_has_bounds(client: FlaskClient, writer: User, sent: Any, status: int) -> None:
    assert client.post("/preview", json=sent).status_code == status


def test_a_preview_is_for_those_who_write(client: FlaskClient) -> None:
    assert client.post("/preview", data={"body": "x"}).status_code == 401
