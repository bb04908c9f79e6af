"""Reading over the API: what everybody sees, what only some see, and how requests are refused."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import ApiToken
from forum.actions.threads import PollDraft
from forum.models.thread import ThreadKind
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now
from kernel.db import db
from kernel.work import unit_of_work
from tests.makers.api import PREFIX, Program, queries
from tests.makers.forum import board, community, post, thread
from tests.makers.people import api_token, person, sign_in


def test_the_communities_come_with_their_boards_in_the_language_asked_for(client: FlaskClient) -> None:
    thread(title="Drift of a load cell")
    for language in ("en", "zh"):
        answer = client.get(f"{PREFIX}/communities", headers={"Accept-Language": language})
        assert answer.json["next"] is None
        materials = next(item for item in answer.json["items"] if item["slug"] == "materials")
        assert materials["thread_count"] == 1
        assert materials["url"] == "http://127.0.0.1:8000/communities/materials"
        assert "general" in [row["slug"] for row in materials["boards"]]
        home = community()
        assert materials["name"] == (home.name_zh if language == "zh" else home.name_en)
    assert "Accept-Language" in answer.headers["Vary"]
    one = Program(client).get("/communities/materials").json
    assert one == next(item for item in answer.json["items"] if item["slug"] == "materials")


def test_a_community_lists_its_threads_by_keyset(client: FlaskClient) -> None:
    made = [thread(title=f"Thread number {number}").id for number in range(5)]
    anybody = Program(client)
    first = anybody.get("/communities/materials/threads", limit=2).json
    second = anybody.get("/communities/materials/threads", limit=2, cursor=first["next"]).json
    third = anybody.get("/communities/materials/threads", limit=2, cursor=second["next"]).json
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == made[::-1]
    assert third["next"] is None
    assert first["items"][0]["me"] is None
    assert first["items"][0]["author"]["handle"].startswith("person-")


def test_lists_narrow_by_board_view_and_lens(client: FlaskClient) -> None:
    aside = board(slug="aside")
    there = thread(board=aside)
    asked = thread(kind=ThreadKind.QUESTION)
    result = thread(kind=ThreadKind.ACHIEVEMENT)
    anybody = Program(client)

    def ids(path: str, **query: str) -> list[int]:
        return [item["id"] for item in anybody.get(path, **query).json["items"]]

    assert ids("/communities/materials/threads", board="aside") == [there.id]
    assert ids("/communities/materials/threads", view="open") == [asked.id]
    assert ids("/communities/materials/threads", lens="achievements") == [result.id]
    assert ids("/threads", lens="achievements") == [result.id]
    assert ids("/threads") == [result.id, asked.id, there.id]
    assert anybody.get("/communities/materials/threads", board="nowhere").status_code == 404
    assert anybody.get("/communities/nowhere/threads").status_code == 404


def test_tags_lead_to_their_threads(client: FlaskClient) -> None:
    made = thread(tags=("碳纤维", "raman"))
    anybody = Program(client)
    found = {item["name"]: item for item in anybody.get("/tags").json["items"]}
    assert found["碳纤维"]["thread_count"] == 1
    assert [item["id"] for item in anybody.get("/tags/碳纤维/threads").json["items"]] == [made.id]
    assert anybody.get("/tags/nobody-says-it/threads").status_code == 404


def test_a_thread_says_what_it_is_and_what_i_made_of_it(client: FlaskClient) -> None:
    author = person()
    made = thread(author=author, poll=PollDraft("Which one?", ["This", "That"]))
    post(thread=made)
    shown = Program(client).get(f"/threads/{made.id}").json
    assert shown["last_number"] == 2
    assert shown["me"] is None
    assert [option["text"] for option in shown["poll"]["options"]] == ["This", "That"]
    assert shown["source"] is None
    mine = Program(client, author).get(f"/threads/{made.id}").json["me"]
    assert mine["level"] == "watching"
    assert mine["may_reply"]
    assert not mine["may_moderate"]


def test_posts_come_by_number_from_anywhere(client: FlaskClient) -> None:
    made = thread(body="The **first**.")
    replies = [post(thread=made, body=f"Reply {number}.") for number in range(2, 7)]
    anybody = Program(client)
    page = anybody.get(f"/threads/{made.id}/posts", limit=2).json
    assert [item["number"] for item in page["items"]] == [1, 2]
    assert page["items"][0]["body_markdown"] == "The **first**."
    assert "<strong>first</strong>" in page["items"][0]["body_html"]
    following = anybody.get(f"/threads/{made.id}/posts", limit=2, cursor=page["next"]).json
    assert [item["number"] for item in following["items"]] == [3, 4]
    tail = anybody.get(f"/threads/{made.id}/posts", **{"from": 5}).json
    assert [item["number"] for item in tail["items"]] == [5, 6]
    assert tail["next"] is None
    assert anybody.get(f"/posts/{replies[0].id}").json["body_markdown"] == "Reply 2."


def test_an_imported_post_names_its_author_source_and_licence(client: FlaskClient, database: Session) -> None:
    made = thread()
    opening = Program(client).get(f"/threads/{made.id}/posts").json["items"][0]
    assert opening["source"] is None
    with unit_of_work() as work:
        made.source_name, made.source_url, made.licence = "A forum", "https://forum.example/1", "CC BY-SA 4.0"
        made.author_id, made.author_name = None, "Ada"
        from forum.models import Post

        row = work.get_one(Post, opening["id"])
        row.author_id, row.author_name, row.author_url = None, "Ada", "https://forum.example/ada"
    opening = Program(client).get(f"/threads/{made.id}/posts").json["items"][0]
    assert opening["author"] == {"name": "Ada", "handle": None, "url": "https://forum.example/ada"}
    assert opening["source"] == {"name": "A forum", "url": "https://forum.example/1", "licence": "CC BY-SA 4.0"}


def test_a_person_shows_what_they_tell(client: FlaskClient) -> None:
    person(handle="lin-wei", display_name="Lin Wei")
    shown = Program(client).get("/people/lin-wei").json
    assert shown["name"] == "Lin Wei"
    assert "email" not in shown
    assert Program(client).get("/people/nobody-here").status_code == 404


def test_me_says_whose_token_it_is(client: FlaskClient) -> None:
    shown = Program(client, person(handle="lin-wei", grants=("moderator:3",)), scopes=("read",)).get("/me").json
    assert shown["handle"] == "lin-wei"
    assert shown["scopes"] == ["read"]
    assert shown["rights"] == ["moderator:3"]
    assert Program(client).get("/me").status_code == 401


@pytest.mark.parametrize("audience", ["members", "alliance:7", "staff"])
def test_a_private_board_is_absent_everywhere(client: FlaskClient, audience: str) -> None:
    hidden = board(audience=audience, slug="hidden")
    author = person(staff=True, grants=("alliance:7",))
    made = thread(board=hidden, author=author, title="Canary in the title", tags=("canary",))
    answer = post(thread=made, author=author, body="Canary in the text")
    outsider = person(confirmed=False) if audience == "members" else person()
    for program in (Program(client), Program(client, outsider)):
        for path in (
            f"/threads/{made.id}",
            f"/threads/{made.id}/posts",
            f"/posts/{answer.id}",
            f"/posts/{answer.id}/revisions",
            "/communities/materials/threads?board=hidden",
            "/tags/canary/threads",
        ):
            assert program.get(path).status_code == 404, path
        for path in ("/communities", "/communities/materials", "/communities/materials/threads", "/threads", "/tags"):
            text = program.get(path).text
            assert "anary" not in text, path
            assert "hidden" not in text, path
    insider = Program(client, author)
    assert insider.get(f"/posts/{answer.id}").json["body_markdown"] == "Canary in the text"
    assert insider.get(f"/threads/{made.id}").json["is_private"]


def test_writes_to_what_is_out_of_sight_are_not_found(client: FlaskClient) -> None:
    author = person(grants=("alliance:7",))
    made = thread(board=board(audience="alliance:7"), author=author)
    answer = post(thread=made, author=author)
    member = Program(client, person())
    for method, path, body in (
        ("POST", f"/threads/{made.id}/posts", {"body": "Let me in."}),
        ("PATCH", f"/posts/{answer.id}", {"body": "Mine now."}),
        ("DELETE", f"/posts/{answer.id}", None),
        ("PUT", f"/posts/{answer.id}/reactions/like", None),
        ("PUT", f"/threads/{made.id}/read", {"number": 1}),
        ("PUT", f"/threads/{made.id}/poll/votes", {"options": []}),
        ("PUT", f"/threads/{made.id}/accepted/2", None),
        ("PUT", "/follows", {"kind": "forum.thread", "ref_id": made.id, "level": "watching"}),
        ("PUT", "/bookmarks", {"kind": "forum.post", "ref_id": answer.id}),
        ("PUT", f"/drafts/thread:{made.id}", {"body": "A try."}),
        ("PUT", f"/threads/{made.id}/lock", {}),
        ("POST", f"/threads/{made.id}/merge", {"into": made.id}),
    ):
        assert member.send(method, path, body).status_code == 404, path


def test_a_deleted_post_keeps_its_number_and_nothing_else(client: FlaskClient) -> None:
    author = person()
    made = thread()
    gone = post(thread=made, author=author, body="Said too soon.")
    assert Program(client, author).delete(f"/posts/{gone.id}").status_code == 204
    shown = Program(client).get(f"/threads/{made.id}/posts").json["items"][1]
    assert (shown["number"], shown["is_deleted"], shown["body_markdown"], shown["body_html"]) == (2, True, None, None)
    assert Program(client).get(f"/posts/{gone.id}").status_code == 404
    moderator = Program(client, person(grants=(f"moderator:{made.community_id}",)))
    assert moderator.get(f"/posts/{gone.id}").json["body_markdown"] == "Said too soon."


def test_a_bad_token_is_refused_even_where_none_is_needed(client: FlaskClient, database: Session) -> None:
    user = person()
    expired = api_token(user)
    with unit_of_work() as work:
        work.query(ApiToken).update({"expires_at": now()})
    for value in ("Bearer nonsense", "Basic YTpi", f"Bearer {expired}", f"Bearer {api_token(person(suspended=True))}"):
        answer = client.get(f"{PREFIX}/communities", headers={"Authorization": value})
        assert answer.status_code == 401, value
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"


def test_scopes_bound_what_a_token_does(client: FlaskClient) -> None:
    made = thread()
    reader = Program(client, person(), scopes=("read",))
    assert reader.get(f"/threads/{made.id}").status_code == 200
    refused = reader.post(f"/threads/{made.id}/posts", {"body": "No."})
    assert refused.status_code == 403
    assert "write" in refused.json["detail"]
    writer = Program(client, person(), scopes=("write",))
    assert writer.get("/me").status_code == 403
    assert writer.post(f"/threads/{made.id}/posts", {"body": "Yes."}).status_code == 201


def test_a_session_cookie_means_nothing(client: FlaskClient) -> None:
    sign_in(client, person())
    assert client.get(f"{PREFIX}/me").status_code == 401
    assert client.put(f"{PREFIX}/follows", json={}).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/threads/999999999", 404),
        ("/threads/99999999999999999999999", 404),
        ("/nothing", 404),
        ("/people/a%00b", 404),
        ("/threads?cursor=garbage", 422),
        ("/threads?cursor=", 422),
        ("/threads?cursor=WzEsMl0", 422),
        ("/threads?limit=0", 422),
        ("/threads?limit=101", 422),
        ("/threads?limit=many", 422),
        ("/threads?view=sideways", 422),
        ("/threads?lens=a%00b", 422),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_problem(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(PREFIX + path)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) >= {"type", "title", "status", "detail"}
    if status == 422:
        assert answer.json["errors"]


def test_a_cursor_beyond_all_calendars_is_unreadable(client: FlaskClient) -> None:
    from kernel.paging import encode_cursor

    plain = encode_cursor([now(), 1])
    assert Program(client).get("/threads", cursor=plain).status_code == 200
    import base64
    import json

    for text in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"):
        wild = base64.urlsafe_b64encode(json.dumps([{"t": text}, 1]).encode()).decode().rstrip("=")
        assert Program(client).get("/threads", cursor=wild).status_code == 422


def test_the_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete(f"{PREFIX}/communities")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"


def test_lists_ask_the_database_at_most_six_times(client: FlaskClient, app: Flask) -> None:
    author = person()
    reader = person()
    made = thread(author=author, kind=ThreadKind.QUESTION, tags=("annealing",))
    program = Program(client, reader)
    answers = [post(thread=made) for _number in range(4)]
    for kind, thing in (("forum.thread", made.id), ("forum.post", answers[0].id)):
        program.put("/bookmarks", {"kind": kind, "ref_id": thing})
    post(thread=made, body=f"@{reader.handle}, look at this.")
    for path in (
        "/communities",
        "/communities/materials/threads",
        "/threads",
        "/tags",
        "/tags/annealing/threads",
        f"/threads/{made.id}",
        f"/threads/{made.id}/posts",
        f"/posts/{answers[0].id}",
        "/bookmarks",
        "/notifications",
        "/drafts",
        "/files",
        "/log",
        "/me",
    ):
        with queries(at_most=6):
            assert program.get(path).status_code == 200


def test_writes_are_limited_by_member(tmp_path: Path) -> None:
    site = create_app(Settings(data=tmp_path, rate_limits=True, log_requests=False))
    with site.app_context():
        db.create_all()
        tokens = [api_token(person()) for _number in range(2)]
        db.session.remove()
    client = site.test_client()

    def attempt(token: str) -> int:
        answer = client.post(f"{PREFIX}/threads", json={}, headers={"Authorization": f"Bearer {token}"})
        assert answer.content_type == "application/problem+json"
        return answer.status_code

    assert {attempt(tokens[0]) for _time in range(30)} == {422}
    assert attempt(tokens[0]) == 429
    assert attempt(tokens[1]) == 422
    with site.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("prefix", ["", PREFIX])
@pytest.mark.parametrize(
    "path",
    ["/threads/99999999999999999999999", "/posts/99999999999999999999999", "/people/a%00b", "/communities/a%00b"],
)
def test_an_address_that_no_database_can_hold_leads_nowhere(client: FlaskClient, prefix: str, path: str) -> None:
    assert client.get(prefix + path).status_code == 404
