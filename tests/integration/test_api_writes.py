"""Writing over the API: each deed does what the page's does, and says so."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from forum.actions.threads import PollDraft
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from tests.makers.api import PREFIX, Program
from tests.makers.forum import post, thread
from tests.makers.people import person

START = {"community": "materials", "title": "Which oven for epoxy?", "body": "Ours drifts by **4 K**."}


def test_a_thread_is_started_and_found_at_its_location(client: FlaskClient) -> None:
    author = person()
    program = Program(client, author)
    poll = {"question": "Which?", "options": ["Convection", "Vacuum"], "closes_at": "2099-01-01T00:00:00+08:00"}
    answer = program.post("/threads", {**START, "kind": "question", "tags": ["Epoxy", "ovens"], "poll": poll})
    assert answer.status_code == 201
    assert answer.json["title"] == START["title"]
    assert answer.json["url"].startswith(f"http://127.0.0.1:8000/threads/{answer.json['id']}-")
    assert answer.headers["Location"] == f"{PREFIX}/threads/{answer.json['id']}"
    shown = program.get(f"/threads/{answer.json['id']}").json
    assert (shown["kind"], shown["tags"], shown["board"]["slug"]) == ("question", ["epoxy", "ovens"], "general")
    assert shown["poll"]["closes_at"] == "2098-12-31T16:00:00Z"
    assert run_checks(mend=False) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "Hm"}, "title"),
        ({"title": "      "}, "title"),
        ({"body": ""}, "body"),
        ({"body": " \n "}, "body"),
        ({"body": 7}, "body"),
        ({"kind": "rumour"}, "kind"),
        ({"lens": "telescope"}, "lens"),
        ({"tags": list("abcdefgh")}, "tags"),
        ({"tags": ["a\u0000b"]}, "tags.0"),
        ({"poll": {"question": "Which?", "options": ["One"]}}, "poll.options"),
        ({"poll": {"question": "Which?", "options": ["a", "b"], "closes_at": "2099-01-01T00:00:00"}}, "poll.closes_at"),
        (
            {"poll": {"question": "Which?", "options": ["a", "b"], "closes_at": "9999-12-31T23:59:59-12:00"}},
            "poll.closes_at",
        ),
        (
            {"poll": {"question": "Which?", "options": ["a", "b"], "closes_at": "2001-01-01T00:00:00Z"}},
            "poll_closes_at",
        ),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_named_by_field(client: FlaskClient, change: dict[str, object], field: str) -> None:
    answer = Program(client, person()).post("/threads", {**START, **change})
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_body_must_be_json_and_say_so(client: FlaskClient) -> None:
    headers = Program(client, person()).headers
    for data, content_type, status in (
        ("{", "application/json", 400),
        ('{"title": "\\ud800"}', "application/json", 400),
        ("[]", "application/json", 422),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("{}", "text/plain", 415),
        ("", "", 415),
    ):
        answer = client.post(f"{PREFIX}/threads", data=data, content_type=content_type, headers=headers)
        assert answer.status_code == status, data
        assert answer.content_type == "application/problem+json"


def test_who_may_not_write_is_told_why(client: FlaskClient) -> None:
    assert Program(client).post("/threads", START).status_code == 401
    unconfirmed = Program(client, person(confirmed=False)).post("/threads", START)
    assert unconfirmed.status_code == 403
    assert unconfirmed.json["detail"]
    announcement = Program(client, person()).post("/threads", {**START, "kind": "announcement"})
    assert announcement.status_code == 403
    assert "moderators" in announcement.json["detail"]
    assert Program(client, person()).post("/threads", {**START, "community": "nowhere"}).status_code == 404


def test_a_reply_answers_a_post(client: FlaskClient) -> None:
    made = thread()
    asked = post(thread=made)
    program = Program(client, person(handle="lin-wei"))
    answer = program.post(f"/threads/{made.id}/posts", {"body": "Slowly.", "reply_to": asked.id})
    assert answer.status_code == 201
    assert answer.json["number"] == 3
    shown = client.get(answer.headers["Location"]).json
    assert shown["reply_to"]["number"] == 2
    assert shown["author"]["handle"] == "lin-wei"
    assert run_checks(mend=False) == []


def test_a_post_changes_and_keeps_its_former_texts(client: FlaskClient) -> None:
    author = person()
    made = thread(author=author)
    program = Program(client, author)
    opening = program.get(f"/threads/{made.id}/posts").json["items"][0]
    path = f"/posts/{opening['id']}"
    changed = program.patch(path, {"body": "Better said.", "title": "A better title", "reason": "clearer", "base": 0})
    assert changed.status_code == 200
    assert changed.json["edit_count"] == 1
    assert program.get(path).json["body_markdown"] == "Better said."
    assert program.get(f"/threads/{made.id}").json["title"] == "A better title"
    assert program.patch(path, {"body": "From an older screen.", "base": 0}).status_code == 409
    assert program.patch(path, {"tags": ["curing"]}).json["edit_count"] == 2
    assert program.get(path).json["body_markdown"] == "Better said."
    texts = program.get(f"{path}/revisions").json["items"]
    assert [row["number"] for row in texts] == [1, 2, 3]
    assert texts[1]["reason"] == "clearer"
    assert Program(client, person()).patch(path, {"body": "Mine."}).status_code == 403


def test_a_reaction_is_there_or_not(client: FlaskClient) -> None:
    made = post(thread=thread())
    program = Program(client, person())
    path = f"/posts/{made.id}/reactions/like"
    for _time in range(2):
        assert program.put(path).status_code == 204
        assert program.get(f"/posts/{made.id}").json["reactions"] == [{"name": "like", "count": 1, "is_mine": True}]
    for _time in range(2):
        assert program.delete(path).status_code == 204
        assert program.get(f"/posts/{made.id}").json["reactions"] == []
    assert program.put(f"/posts/{made.id}/reactions/fury").status_code == 404
    assert run_checks(mend=False) == []


def test_an_answer_is_accepted_and_withdrawn(client: FlaskClient) -> None:
    asker = person()
    made = thread(author=asker, kind=ThreadKind.QUESTION)
    post(thread=made)
    program = Program(client, asker)
    assert Program(client, person()).put(f"/threads/{made.id}/accepted/2").status_code == 403
    assert program.put(f"/threads/{made.id}/accepted/2").status_code == 204
    assert program.get(f"/threads/{made.id}").json["accepted_number"] == 2
    assert program.delete(f"/threads/{made.id}/accepted/3").status_code == 404
    assert program.delete(f"/threads/{made.id}/accepted/2").status_code == 204
    assert program.get(f"/threads/{made.id}").json["accepted_number"] is None
    assert run_checks(mend=False) == []


def test_a_vote_shows_the_counts(client: FlaskClient) -> None:
    made = thread(poll=PollDraft("Which?", ["This", "That"]))
    program = Program(client, person())
    options = program.get(f"/threads/{made.id}").json["poll"]["options"]
    assert [option["vote_count"] for option in options] == [None, None]
    path = f"/threads/{made.id}/poll/votes"
    poll = program.put(path, {"options": [options[1]["id"]]}).json
    assert [(option["vote_count"], option["is_mine"]) for option in poll["options"]] == [(0, False), (1, True)]
    assert program.put(path, {"options": [option["id"] for option in options]}).status_code == 422
    assert program.put(path, {"options": []}).json["voter_count"] == 0
    assert run_checks(mend=False) == []


def test_reading_moves_the_mark_forward_only(client: FlaskClient) -> None:
    made = thread()
    post(thread=made)
    program = Program(client, person())
    for number, expected in ((1, 1), (2, 2), (1, 2), (999, 2)):
        assert program.put(f"/threads/{made.id}/read", {"number": number}).status_code == 204
        assert program.get(f"/threads/{made.id}").json["me"]["read_number"] == expected


def test_following_has_levels(client: FlaskClient) -> None:
    made = thread()
    program = Program(client, person())
    facts = {"kind": "forum.thread", "ref_id": made.id, "level": "watching"}
    assert program.put("/follows", facts).json == {**facts, "mail": None}
    assert program.get(f"/threads/{made.id}").json["me"]["level"] == "watching"
    assert program.put("/follows", {**facts, "level": "loudly"}).status_code == 422
    assert program.put("/follows", {**facts, "kind": "forum.nothing"}).status_code == 404
    assert run_checks(mend=False) == []


def test_bookmarks_are_put_aside_and_taken_back(client: FlaskClient) -> None:
    made = thread(title="Worth keeping")
    program = Program(client, person())
    for note in ("first", "second"):
        facts = {"kind": "forum.thread", "ref_id": made.id, "note": note}
        assert program.put("/bookmarks", facts).status_code == 204
    (kept,) = program.get("/bookmarks").json["items"]
    assert (kept["thing"]["title"], kept["note"]) == ("Worth keeping", "second")
    for _time in range(2):
        assert program.delete("/bookmarks", kind="forum.thread", ref_id=str(made.id)).status_code == 204
    assert program.get("/bookmarks").json["items"] == []
    assert program.delete("/bookmarks").status_code == 422


def test_a_draft_goes_on_elsewhere_and_is_never_overwritten_unseen(client: FlaskClient) -> None:
    made = thread()
    program = Program(client, person())
    path = f"/drafts/thread:{made.id}"
    assert program.get(path).status_code == 404
    assert program.put(path, {"body": "Half a thou"}).json["version"] == 1
    assert program.put(path, {"body": "Half a thought.", "version": 1}).json["version"] == 2
    stale = program.put(path, {"body": "An older one.", "version": 1}, key="stale")
    assert stale.status_code == 409
    assert stale.json["draft"]["body"] == "Half a thought."
    assert program.put(path, {"body": "An older one.", "version": 2}, key="stale").status_code == 200
    assert [row["place"] for row in program.get("/drafts").json["items"]] == [f"thread:{made.id}"]
    assert program.put("/drafts/new:materials/general", {"title": "Soon"}).status_code == 200
    assert program.get("/drafts/new:materials/general").json["title"] == "Soon"
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404
    assert program.put("/drafts/nowhere", {"body": "x"}).status_code == 404


def test_notifications_come_with_their_reason_and_are_read(client: FlaskClient) -> None:
    reader = person()
    made = thread()
    post(thread=made, body=f"@{reader.handle}, look.")
    program = Program(client, reader)
    (notice,) = program.get("/notifications").json["items"]
    assert (notice["reason"], notice["is_read"], notice["place"]["ref_id"]) == ("mention", False, made.id)
    assert program.get("/me").json["unread_notices"] == 1
    place = {"kind": "forum.thread", "ref_id": made.id}
    assert program.post("/notifications/read", {"place": place}).status_code == 204
    assert program.get("/notifications").json["items"][0]["is_read"]
    assert program.post("/notifications/read").status_code == 204


def _picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "#2a6").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_file_is_added_used_and_listed(client: FlaskClient, database: Session) -> None:
    program = Program(client, person())

    def send(*files: tuple[str, bytes], **more: str):
        form = {"file": [(BytesIO(content), name) for name, content in files]}
        headers = {**program.headers, **more}
        return client.post(f"{PREFIX}/files", data=form, content_type="multipart/form-data", headers=headers)

    added = send(("sample.png", _picture()), **{"Idempotency-Key": "one-picture"})
    assert added.status_code == 201
    (file,) = added.json["items"]
    assert (file["width"], file["height"]) == (40, 30)
    assert file["markdown"].startswith("![sample")
    again = send(("sample.png", _picture()), **{"Idempotency-Key": "one-picture"})
    assert (again.status_code, again.json) == (201, added.json)
    assert send(("other.png", _picture()), **{"Idempotency-Key": "one-picture"}).status_code == 422
    assert [row["id"] for row in program.get("/files").json["items"]] == [file["id"]]
    refused = send(("page.html", b"<script>alert(1)</script>"))
    assert refused.status_code == 422
    assert refused.content_type == "application/problem+json"
    assert send().status_code == 422
    assert client.post(f"{PREFIX}/files", json={}, headers=program.headers).status_code == 415
    assert program.delete(f"/files/{file['id']}").status_code == 204
