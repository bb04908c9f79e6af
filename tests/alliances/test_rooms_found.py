"""Documents, events and calls in the search and for programs: found by whom they are for, at every moment."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import User
from alliances.actions import documents, event_allies
from alliances.joining import end_membership
from alliances.models import MemberState
from kernel.work import unit_of_work
from tests.makers import rooms as make
from tests.makers.alliances import alliance
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import index


def found(client: FlaskClient, who: User, words: str) -> set[str]:
    """The titles that somebody finds."""
    sign_in(client, who)
    page = client.get(f"/search?q={words}").get_data(as_text=True)
    return {
        title
        for title in ("Zqopen", "Zqinner", "Zqcouncil", "Zqjoint", "Zqcall")
        if f"{title}</a>" in page or f"{title}</mark>" in page
    }


def test_things_of_an_alliance_are_found_by_whom_they_are_for(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    made, other = alliance(members=4), alliance()
    make.document(made, title="Zqopen", body="zqword", audience="public")
    inner = make.document(made, title="Zqinner", body="zqword")
    make.document(made, title="Zqcouncil", body="zqword", audience="council")
    joint = make.event(made, title="Zqjoint", body="zqword")
    call = make.call(made, title="Zqcall", body="zqword", audience="members")
    make.bid(made, call, made.people[2], body="zqsealed")
    with unit_of_work():
        event_allies.ask_ally(
            made.viewer(), slug=made.alliance.slug, event_id=joint.id, ally=other.alliance.slug, message="Shall we?"
        )
    with unit_of_work():
        event_allies.answer_ally(
            other.viewer(), slug=other.alliance.slug, event_id=joint.id, accept=True, message="Yes"
        )
    with index(app, "whoosh"):
        assert found(client, made.people[0], "zqword") == {"Zqopen", "Zqinner", "Zqcouncil", "Zqjoint", "Zqcall"}
        assert found(client, made.people[3], "zqword") == {"Zqopen", "Zqinner", "Zqjoint", "Zqcall"}
        assert found(client, other.people[2], "zqword") == {"Zqopen", "Zqjoint"}
        assert found(client, person(), "zqword") == {"Zqopen"}
        assert found(client, made.people[2], "zqsealed") == set()
        with unit_of_work():
            end_membership(made.alliance, made.members[3], state=MemberState.LEFT, actor=None)
            event_allies.leave_event(other.viewer(), slug=other.alliance.slug, event_id=joint.id)
            documents.set_document(
                made.viewer(), slug=made.alliance.slug, document_id=inner.id, title="Zqinner", audience="council"
            )
        assert found(client, made.people[3], "zqword") == {"Zqopen"}
        assert found(client, other.people[2], "zqword") == {"Zqopen"}
        assert "Zqinner" not in found(client, made.people[2], "zqword")


def test_programs_read_and_write_what_their_owners_may(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    slug = made.alliance.slug
    chair, member, stranger = (Program(client, who) for who in (made.people[0], made.people[3], person()))
    written = chair.post(f"/alliances/{slug}/documents", {"title": "Protocol", "body": "One", "readers": "members"})
    assert written.status_code == 201
    number = written.json["id"]
    later = chair.post(f"/alliances/{slug}/documents/{number}/versions", {"base": 1, "body": "Two"})
    assert (later.status_code, later.json["latest"]) == (201, 2)
    assert chair.post(f"/alliances/{slug}/documents/{number}/versions", {"base": 1, "body": "Three"}).status_code == 409
    assert member.get(f"/alliances/{slug}/documents/{number}?version=1").json["body"] == "One"
    assert stranger.get(f"/alliances/{slug}/documents/{number}").status_code == 404
    assert stranger.get(f"/alliances/{slug}/documents").json["items"] == []
    assert member.post(f"/alliances/{slug}/documents", {"title": "x", "body": "x"}).status_code == 403
    planned = chair.post(
        f"/alliances/{slug}/events",
        {
            "title": "Meeting",
            "starts_at": "2031-05-01T10:00:00+08:00",
            "ends_at": "2031-05-01T12:00:00+08:00",
            "timezone": "Asia/Shanghai",
        },
    )
    assert planned.status_code == 201, planned.get_data(as_text=True)
    assert planned.json["starts_at"] == "2031-05-01T02:00:00Z"
    event = planned.json["id"]
    assert [row["id"] for row in member.get(f"/alliances/{slug}/events").json["items"]] == [event]
    assert stranger.get(f"/alliances/{slug}/events/{event}").status_code == 404
    wrong = {"title": "x", "starts_at": "9999-12-31T23:59:59Z", "ends_at": "9999-12-31T23:59:59Z"}
    assert chair.post(f"/alliances/{slug}/events", wrong).status_code == 422
    call = make.call(made)
    bid = stranger.post(f"/alliances/{slug}/calls/{call.id}/bids", {"team": "Ours", "body": "We laminate it."})
    assert bid.status_code == 201
    assert [row["team"] for row in bid.json["bids"]] == ["Ours"]
    assert chair.get(f"/alliances/{slug}/calls/{call.id}").json["bids"] == []
    assert [row["title"] for row in member.get(f"/alliances/{slug}/calls").json["items"]] == [call.title]
