"""Whatever is sent is answered: with what was asked for, or with a refusal, and never with a failure."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.cooking import LONGEST_BODY
from forum.models import Thread
from tests import makers
from tests.makers.forum import opening_post, thread
from tests.makers.people import person, sign_in

assert makers

NUL = "a\x00b"
DIGITS = "9" * 5000
THREAD = {"place": "materials/general", "kind": "question", "title": "How is this measured?", "body": "By whom?"}


@pytest.fixture
def answering(app: Flask) -> Iterator[None]:
    """Failures become answers, as they do on the site itself."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    yield
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=None)


@pytest.mark.usefixtures("answering", "database")
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/sign-in", {"name": NUL, "password": "a walk along the river"}),
        (
            "/sign-up",
            {"handle": NUL, "display_name": NUL, "email": f"{NUL}@example.cn", "password": f"river {NUL} walk"},
        ),
        ("/forgot", {"email": f"{NUL}@example.cn"}),
    ],
)
def test_forms_of_strangers_take_any_character(client: FlaskClient, path: str, form: dict[str, str]) -> None:
    assert client.post(path, data=form).status_code in {303, 422}


@pytest.mark.usefixtures("answering", "database")
@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/bookmarks", {"kind": "forum.thread", "ref_id": "{thread}", "note": NUL}, 303),
        ("/drafts", {"place": NUL}, 303),
        ("/settings", {"display_name": "Lin Wei", "bio": NUL}, 303),
        ("/threads/{thread}/posts", {"body": NUL, "once": NUL}, 303),
        ("/threads", {**THREAD, "once": NUL}, 303),
        ("/threads", {**THREAD, "place": f"materials{NUL}/general"}, 422),
        ("/threads/{thread}/posts", {"body": "Here.", "reply_to": "9" * 40}, 303),
        ("/threads/{thread}/posts", {"body": "Here.", "reply_to": DIGITS}, 303),
        ("/posts/{post}/edit", {"title": "Measured anew", "body": "How?", "version": DIGITS}, 303),
        ("/threads/{thread}/poll", {"option": DIGITS}, 404),
    ],
)
def test_forms_of_members_take_any_character_and_any_number(
    client: FlaskClient, path: str, form: dict[str, str], status: int
) -> None:
    author = person()
    started = thread(author=author)
    sign_in(client, author)
    numbers = {"thread": started.id, "post": opening_post(started).id}
    sent = {name: value.format(**numbers) for name, value in form.items()}
    assert client.post(path.format(**numbers), data=sent).status_code == status


@pytest.mark.usefixtures("answering", "database")
@pytest.mark.parametrize("address", ["/people?q=a%00b", "/people/complete?q=a%00b", "/new?place=a%00b"])
def test_no_address_fails_in_the_database(client: FlaskClient, address: str) -> None:
    sign_in(client, person())
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize("zone", ["America/New_York", "Africa/Abidjan", "Asia/Shanghai"])
@pytest.mark.parametrize("closes", ["0001-01-01T00:00", "9999-12-31T23:59", "3000-01-01T00:00"])
def test_a_poll_closes_within_a_lifetime(client: FlaskClient, database: Session, zone: str, closes: str) -> None:
    sign_in(client, person(timezone=zone))
    poll = {"poll_question": "Which?", "poll_options": "one\ntwo", "poll_closes_at": closes}
    assert client.post("/threads", data=THREAD | poll).status_code == 422
    assert database.scalars(select(Thread)).all() == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("reply", [True, False])
def test_what_is_too_long_to_be_posted_is_not_cooked_for_a_preview(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, *, reply: bool
) -> None:
    def cook(_body: str) -> None:
        raise AssertionError("cooked")

    started = thread()
    sign_in(client, person())
    monkeypatch.setattr("forum.cooking.cook_post", cook)
    form = {**THREAD, "body": "a" * (LONGEST_BODY + 1), "preview": "1"}
    assert client.post(f"/threads/{started.id}/posts" if reply else "/threads", data=form).status_code == 422
