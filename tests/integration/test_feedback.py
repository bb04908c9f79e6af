"""Suggestions about the site: where they stand, who wants them, who is told, and what changed."""

from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from feedback import actions, queries
from feedback.models import Change, Suggestion
from forum.actions.merging import merge_thread
from forum.actions.removal import delete_thread
from forum.loading import board_at
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from kernel.errors import ForbiddenError, InvalidError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.feedback import decided, suggestion, voted
from tests.makers.people import newcomer, person, sign_in


@pytest.fixture
def steward(database: Session) -> User:
    return person(staff=True)


def told(database: Session, user: User) -> list[tuple[str, str]]:
    rows = select(Notice).where(Notice.user_id == user.id).order_by(Notice.id)
    return [(row.event, row.reason) for row in database.scalars(rows)]


def titles(viewer: Viewer, **narrow: str) -> list[str]:
    return [row.thread.title for row in queries.suggestion_page(viewer, **narrow).items]


def test_a_suggestion_is_taken_up_and_whoever_made_it_sees_it_in_what_changed(
    client: FlaskClient, database: Session, steward: User
) -> None:
    """Scenario 19, through the pages."""
    author, friend = person(), person()
    sign_in(client, author)
    sent = client.post("/feedback", data={"title": "Remember my order", "body": "It is lost each time."})
    assert sent.status_code == 303
    thread_id = database.scalars(select(Suggestion.thread_id)).one()
    assert "Received" in client.get(sent.location).text
    sign_in(client, friend)
    assert client.post(f"/feedback/{thread_id}/vote", data={"wanted": "1"}).status_code == 303
    sign_in(client, steward)
    decision = {"state": "done", "note": "Lists keep their order now.", "link": "https://example.org/1"}
    assert client.post(f"/feedback/{thread_id}/decision", data=decision).status_code == 303
    assert told(database, author) == [("suggestion.done", "my-suggestion")]
    assert told(database, friend) == [("suggestion.done", "my-vote")]
    entry = database.scalars(select(LogEntry).where(LogEntry.act == "suggestion.decide")).one()
    assert (entry.actor_id, entry.reason) == (steward.id, "Lists keep their order now.")
    sign_in(client, author)
    changes = client.get("/changes").text
    assert "Remember my order" in changes
    assert "Your suggestion" in changes
    assert "was taken up" in client.get("/notifications").text
    assert "Remember my order" in client.get("/feeds/changes.atom").text


def test_what_a_newcomer_suggests_waits_and_they_are_told_so(client: FlaskClient, database: Session) -> None:
    sign_in(client, newcomer())
    sent = client.post("/feedback", data={"title": "Two columns of tags", "body": "One is long on a phone."})
    assert sent.location.startswith("/submissions/")
    page = client.get(sent.location).text
    assert "A moderator looks at it before it appears" in page
    assert "Two columns of tags" in page


@pytest.mark.parametrize(("locale", "month"), [("en", "March 2026"), ("zh_Hans", "2026年3月")])
def test_months_of_what_changed_are_named_in_the_readers_language(
    client: FlaskClient, database: Session, steward: User, locale: str, month: str
) -> None:
    sign_in(client, steward)
    with time_machine.travel(datetime(2026, 3, 9, 12, tzinfo=UTC), tick=False):
        client.post("/changes", data={"title_en": "Search is faster", "title_zh": "搜索更快"})
    sign_in(client, person(locale=locale))
    assert f">{month}</h2>" in client.get("/changes").text


def test_suggestions_are_listed_by_how_many_want_them_and_by_state(database: Session, steward: User) -> None:
    stranger = Viewer(locale="en")
    first, second = suggestion(title="The first of two"), suggestion(title="The second of two")
    assert titles(stranger) == ["The second of two", "The first of two"]
    voted(first, person())
    assert titles(stranger) == ["The first of two", "The second of two"]
    assert titles(stranger, by_votes=False)[0] == "The second of two"
    decided(second, "declined", by=steward, note="It would slow every page down.")
    assert titles(stranger, state="received") == ["The first of two"]
    assert titles(stranger, state="declined") == ["The second of two"]
    assert queries.counts(stranger) == {"received": 1, "started": 0, "done": 0, "declined": 1}
    first_page = queries.suggestion_page(stranger, limit=1)
    rest = queries.suggestion_page(stranger, cursor=first_page.next)
    assert [row.thread.id for row in (*first_page.items, *rest.items)] == [first.id, second.id]


def test_a_vote_counts_once_and_can_be_taken_back(database: Session) -> None:
    thread, fan = suggestion(), person()
    voted(thread, fan, fan)
    assert database.get_one(Suggestion, thread.id).votes == 1
    with unit_of_work():
        assert actions.vote(viewer_for(fan.id), thread_id=thread.id, wanted=False) == 0
    assert run_checks(mend=False) == []


def test_the_author_does_not_vote_for_their_own(database: Session) -> None:
    author = person()
    thread = suggestion(author=author)
    with pytest.raises(ForbiddenError), unit_of_work():
        actions.vote(viewer_for(author.id), thread_id=thread.id, wanted=True)


def test_only_the_staff_decide_and_a_refusal_says_why(database: Session, steward: User) -> None:
    author = person()
    thread = suggestion(author=author)
    with pytest.raises(ForbiddenError):
        decided(thread, "done", by=author)
    with pytest.raises(InvalidError) as refused:
        decided(thread, "declined", by=steward)
    assert list(refused.value.errors) == ["note"]
    for wrong in ("javascript:alert(1)", "//elsewhere.example", "/\\elsewhere", "ftp://example.org/"):
        with pytest.raises(InvalidError):
            decided(thread, "done", by=steward, link=wrong)


def test_news_takes_the_place_of_older_news(database: Session, steward: User) -> None:
    author = person()
    thread = suggestion(author=author)
    decided(thread, "started", by=steward)
    decided(thread, "done", by=steward)
    assert told(database, author) == [("suggestion.done", "my-suggestion")]


def test_what_is_not_taken_up_after_all_does_not_stand_in_what_changed(database: Session, steward: User) -> None:
    thread = suggestion()
    decided(thread, "done", by=steward)
    assert len(queries.change_page(Viewer()).items) == 1
    decided(thread, "started", by=steward)
    assert queries.change_page(Viewer()).items == []


def test_a_deleted_suggestion_is_nowhere(client: FlaskClient, database: Session, steward: User) -> None:
    thread = suggestion(title="Something about Heronsgate")
    decided(thread, "done", by=steward, note="Heronsgate it is.")
    with unit_of_work():
        delete_thread(viewer_for(steward.id), thread_id=thread.id, reason="spam")
    for path in ("/feedback", "/changes", "/feeds/changes.atom", "/api/v1/feedback", "/api/v1/changes"):
        assert "Heronsgate" not in client.get(path).text
    assert queries.counts(Viewer())["done"] == 0


def test_votes_follow_a_suggestion_into_the_one_it_is_merged_with(database: Session, steward: User) -> None:
    author, other = person(), person()
    thread, into = suggestion(author=author), suggestion(author=other)
    fan, both = person(), person()
    voted(thread, fan, both, other)
    voted(into, both)
    with unit_of_work():
        merge_thread(viewer_for(steward.id), thread_id=thread.id, into_id=into.id)
    assert database.get_one(Suggestion, into.id, populate_existing=True).votes == 3  # fan, both, and who asked twice
    assert titles(Viewer()) == [into.title]
    assert run_checks(mend=False) == []


def test_suggestions_and_nothing_else_are_made_on_the_feedback_board(database: Session) -> None:
    with pytest.raises(ForbiddenError):
        make.thread(kind=ThreadKind.SUGGESTION)
    with pytest.raises(ForbiddenError):
        make.thread(board=board_at(Viewer(), "site", "feedback"))


def test_the_staff_announce_what_nobody_suggested(client: FlaskClient, database: Session, steward: User) -> None:
    sign_in(client, steward)
    line = {"title_zh": "搜索更快了", "title_en": "Search is faster", "note": "", "link": "/search"}
    assert client.post("/changes", data={**line, "title_en": ""}).status_code == 422
    assert client.post("/changes", data=line).status_code == 303
    assert "Search is faster" in client.get("/changes").text
    change = database.scalars(select(Change)).one()
    assert client.post(f"/changes/{change.id}/end").status_code == 303
    assert "Search is faster" not in client.get("/changes").text


def test_programs_read_vote_and_decide(client: FlaskClient, database: Session, steward: User) -> None:
    thread, fan = suggestion(), Program(client, person())
    assert fan.send("PUT", f"/feedback/{thread.id}/vote").json == {"votes": 1}
    assert fan.get(f"/feedback/{thread.id}").json["is_wanted_by_me"] is True
    assert fan.send("PUT", f"/feedback/{thread.id}/decision", {"state": "done"}).status_code == 403
    made = Program(client, steward).send("PUT", f"/feedback/{thread.id}/decision", {"state": "done", "note": "Yes."})
    assert made.json["state"] == "done"
    assert [item["state"] for item in fan.get("/feedback", state="done").json["items"]] == ["done"]
    assert [item["note"] for item in fan.get("/changes").json["items"]] == ["Yes."]
    assert fan.send("DELETE", f"/feedback/{thread.id}/vote").json == {"votes": 0}
