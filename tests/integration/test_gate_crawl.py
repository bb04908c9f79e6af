"""Nobody but its author and whoever decides reads what waits: on no page, in no search, feed, answer or draft."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import BuildError

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions.threads import start_thread
from forum.models import Board, Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.jobs import run_due
from kernel.work import unit_of_work
from moderation.models import Submission
from search_index.similar import similar
from tests.makers import gate as make_gate
from tests.makers.api import Program
from tests.makers.forum import community, thread
from tests.makers.people import newcomer, person, sign_in

WORD = "Zyxwaiting"


@pytest.fixture
def place(database: Session) -> tuple[Thread, User]:
    """A public thread in which a newcomer's reply waits, and beside it their own thread that waits too."""
    new, started = newcomer(), thread(title="Something that everybody reads")
    make_gate.waiting(thread=started, author=new, body=f"{WORD} in a reply")
    general = (
        session().scalars(select(Board).where(Board.community_id == community().id, Board.slug == "general")).one()
    )
    with unit_of_work():
        made = start_thread(
            viewer_for(new.id),
            board=general,
            kind=ThreadKind.QUESTION,
            title=f"{WORD} as a title",
            body=WORD,
            tags=[WORD],
        )
    assert isinstance(made, Submission)
    run_due()
    return started, new


def addresses(app: Flask, facts: dict[str, object]) -> Iterator[str]:
    """Every address that can be asked for with these facts."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: facts[name] for name in rule.arguments if name in facts}
            if "GET" not in (rule.methods or ()) or rule.arguments - set(values):
                continue
            try:
                yield app.url_for(rule.endpoint, **values)
            except BuildError:
                continue


def test_no_page_shows_what_waits(app: Flask, client: FlaskClient, place: tuple[Thread, User]) -> None:
    started, new = place
    submissions = session().scalars(select(Submission.id)).all()
    facts = {
        "thread_id": started.id, "slug": started.slug, "handle": new.handle, "community_slug": "materials",
        "board_slug": "general", "submission_id": submissions[0], "post_id": 1, "number": 1, "name": "perovskite",
        "lens": "experts", "review_id": make_gate.review_of(session().get_one(Submission, submissions[0])).id,
    }  # fmt: skip
    sign_in(client, person(grants=("moderator:999999", "moderator:alliance:7")))  # sees more than anybody without
    asked = 0
    for address in addresses(app, facts):
        if "sign-out" in address:
            continue
        asked += 1
        answer = client.get(address)
        assert WORD not in answer.get_data(as_text=True), address
        answer.close()
    assert asked > 100
    sign_in(client, new)
    assert WORD in client.get(f"/threads/{started.id}-{started.slug}").text
    assert client.get("/submissions").text.count(WORD) == 2


def test_search_and_suggestions_do_not_know_it(client: FlaskClient, place: tuple[Thread, User]) -> None:
    other = person()
    sign_in(client, other)
    for address in (f"/search?q={WORD}", f"/people?q={WORD}", "/tags", "/communities/materials"):
        assert f"{WORD} as a title" not in client.get(address).text
    assert similar(viewer_for(other.id), f"{WORD} as a title") == []
    assert Program(client, other).get("/search", q=WORD).json["items"] == []


def test_a_decider_reads_it_in_the_queue(client: FlaskClient, place: tuple[Thread, User]) -> None:
    sign_in(client, person(grants=(f"moderator:{community().id}",)))
    assert client.get("/moderation").text.count(f"{WORD} in a reply") == 1
