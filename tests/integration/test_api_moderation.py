"""Moderating over the API: the moderator's deeds, the reasons for refusing others, and the log."""

from flask.testing import FlaskClient

from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from tests.makers.api import Program
from tests.makers.forum import board, community, post, thread
from tests.makers.people import person


def _moderator(client: FlaskClient) -> Program:
    return Program(client, person(grants=(f"moderator:{community().id}",)))


def test_only_moderators_of_the_community_moderate(client: FlaskClient) -> None:
    made = thread()
    elsewhere = person(grants=(f"moderator:{community('ict').id}",))
    for user in (person(), elsewhere):
        answer = Program(client, user).put(f"/threads/{made.id}/lock", {})
        assert answer.status_code == 403
        assert "moderators" in answer.json["detail"]
    assert Program(client).put(f"/threads/{made.id}/lock", {}).status_code == 401


def test_a_thread_is_locked_and_pinned_and_let_go_again(client: FlaskClient) -> None:
    made = thread()
    moderator = _moderator(client)
    for deed, state in (("lock", "is_locked"), ("pin", "is_pinned")):
        for _time in range(2):
            assert moderator.put(f"/threads/{made.id}/{deed}", {"reason": "for now"}).status_code == 204
        assert moderator.get(f"/threads/{made.id}").json[state]
        assert moderator.delete(f"/threads/{made.id}/{deed}").status_code == 204
        assert not moderator.get(f"/threads/{made.id}").json[state]
    assert moderator.put(f"/threads/{made.id}/lock").status_code == 204
    assert Program(client, person()).post(f"/threads/{made.id}/posts", {"body": "Too late."}).status_code == 403
    acts = [(row["act"], row["reason"]) for row in Program(client).get("/log").json["items"]]
    assert acts[:2] == [("thread.lock", ""), ("thread.unpin", "")]
    assert ("thread.pin", "for now") in acts


def test_a_thread_moves_splits_and_merges(client: FlaskClient) -> None:
    target = board(slug="ovens")
    made = thread(kind=ThreadKind.QUESTION)
    for _number in range(4):
        post(thread=made)
    moderator = _moderator(client)
    moved = moderator.post(f"/threads/{made.id}/move", {"community": "materials", "board": "ovens"})
    assert moved.status_code == 200
    assert moderator.get(f"/threads/{made.id}").json["board"]["slug"] == target.slug
    part = moderator.post(f"/threads/{made.id}/split", {"numbers": [3, 5], "title": "Another matter"}, key="split-once")
    assert part.status_code == 201
    again = moderator.post(
        f"/threads/{made.id}/split", {"numbers": [3, 5], "title": "Another matter"}, key="split-once"
    )
    assert (again.status_code, again.json) == (201, part.json)
    assert moderator.get(f"/threads/{part.json['id']}").json["last_number"] == 2
    merged = moderator.post(f"/threads/{part.json['id']}/merge", {"into": made.id})
    assert merged.json["id"] == made.id
    assert moderator.get(f"/threads/{made.id}").json["last_number"] == 5
    assert moderator.get(f"/threads/{part.json['id']}").json["merged_into_url"].endswith(f"/threads/{made.id}")
    assert run_checks(mend=False) == []


def test_what_is_deleted_comes_back_and_what_is_purged_does_not(client: FlaskClient) -> None:
    made = thread()
    answer = post(thread=made, body="A secret recipe.")
    moderator = _moderator(client)
    assert moderator.delete(f"/posts/{answer.id}").status_code == 422
    assert moderator.delete(f"/posts/{answer.id}", reason="not yours to tell").status_code == 204
    assert moderator.post(f"/posts/{answer.id}/restore", {}).status_code == 204
    assert Program(client).get(f"/posts/{answer.id}").status_code == 200
    assert moderator.delete(f"/threads/{made.id}", reason="spam").status_code == 204
    assert Program(client).get(f"/threads/{made.id}").status_code == 404
    assert moderator.post(f"/threads/{made.id}/restore").status_code == 204
    assert Program(client).get(f"/threads/{made.id}").status_code == 200
    assert moderator.post(f"/posts/{answer.id}/purge", {"reason": "the owner asks"}).status_code == 403
    staff = Program(client, person(staff=True))
    assert staff.post(f"/posts/{answer.id}/purge", {"reason": "the owner asks"}).status_code == 204
    shown = staff.get(f"/threads/{made.id}/posts").json["items"][1]
    assert (shown["is_purged"], shown["body_markdown"], shown["body_html"]) == (True, None, None)
    assert run_checks(mend=False) == []


def test_the_log_keeps_to_what_one_may_see(client: FlaskClient) -> None:
    hidden = thread(board=board(audience="alliance:7"), author=person(grants=("alliance:7",)), title="Canary")
    insider = person(grants=("alliance:7", f"moderator:{community().id}"))
    assert Program(client, insider).put(f"/threads/{hidden.id}/pin", {"reason": "canary"}).status_code == 204
    assert Program(client, insider).get("/log").json["items"][0]["thing"]["title"] == "Canary"
    for program in (Program(client), Program(client, person())):
        assert program.get("/log").json["items"] == []
