"""The pages of my data: fresh proofs, one's own and nobody else's, and the staff's word on posts of the past."""

import hashlib
import io
import re
from itertools import count
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.blobs import blob_store
from accounts.models import Departure, PersonArchive, User, UserSession
from accounts.personal import working
from activity.models import Notice
from kernel.db import session
from kernel.jobs import run_due
from kernel.mail import Mail
from kernel.work import unit_of_work
from tests.makers import archives as make
from tests.makers import forum
from tests.makers.people import PASSWORD, person, sign_in


def signed_in(client: FlaskClient, user: User) -> None:
    """With a proof of a moment ago."""
    row = sign_in(client, user)
    with unit_of_work() as work:
        work.execute(update(UserSession).where(UserSession.id == row.id).values(proved_at=row.created_at))


def test_an_archive_is_asked_for_with_a_proof_and_fetched_by_its_owner_alone(
    client: FlaskClient, database: Session
) -> None:
    me, other = person(), person()
    forum.thread(author=me, title="A thread to take along")
    signed_in(client, me)
    assert client.post("/settings/data/archives").status_code == 303
    assert "progress" in client.get("/settings/data").get_data(as_text=True)
    make.work()
    page = client.get("/settings/data").get_data(as_text=True)
    address = re.search(r'href="(/settings/data/archives/\d+)"', page)
    assert address is not None
    answer = client.get(address[1])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert make.rows(answer.get_data(), "forum-threads")[0]["title"] == "A thread to take along"
    assert session_notice(me) == "archive.ready"
    signed_in(client, other)
    assert client.get(address[1]).status_code == 404
    assert client.get("/settings/data/import").status_code == 200


def session_notice(user: User) -> str | None:
    """What the bell tells them."""

    return session().scalar(select(Notice.event).where(Notice.user_id == user.id))


def test_an_old_sign_in_is_no_proof(client: FlaskClient, database: Session) -> None:
    row = sign_in(client, person())
    with unit_of_work() as work:
        work.execute(update(UserSession).where(UserSession.id == row.id).values(proved_at=None))
    assert client.get("/settings/data/deletion").headers["Location"].startswith("/reauthenticate")
    assert client.post("/settings/data/archives").status_code == 403
    assert database.scalar(select(PersonArchive.id)) is None


def test_going_asks_for_a_choice_and_can_be_stopped_with_one_press(client: FlaskClient, database: Session) -> None:
    me = person()
    signed_in(client, me)
    assert client.post("/settings/data/deletion").status_code == 422
    assert client.post("/settings/data/deletion", data={"choice": "remove"}).status_code == 303
    database.expire_all()
    assert database.get_one(Departure, me.id).removes
    assert "/settings/data/deletion/stop" in client.get("/settings/data").get_data(as_text=True)
    assert client.post("/settings/data/deletion/stop").status_code == 303
    database.expire_all()
    assert database.get(Departure, me.id) is None


@time_machine.travel("2026-11-26T17:00:00Z", tick=False)
def test_the_mail_names_the_day_that_the_page_names(client: FlaskClient, database: Session) -> None:
    me = person(timezone="Asia/Shanghai")
    signed_in(client, me)
    client.post("/settings/data/deletion", data={"choice": "anonymise"})
    (mail,) = database.scalars(select(Mail).where(Mail.user_id == me.id))
    assert "2026-12-11" in mail.body
    assert "2026-12-11" in client.get("/settings/data").get_data(as_text=True)


def test_a_file_that_is_no_archive_is_refused_beside_its_field(client: FlaskClient, database: Session) -> None:
    signed_in(client, person())
    sent = {"file": (io.BytesIO(b"no archive"), "mine.zip")}
    answer = client.post("/settings/data/import", data=sent, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "damaged, or no ZIP" in answer.get_data(as_text=True)


def test_an_archive_is_looked_through_by_the_worker_and_the_page_says_how_far_it_is_and_why_it_was_refused(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = person(email="mover@example.cn")
    packed = make.packed(me)
    bomb = make.changed(packed, lambda files: files.__setitem__("data/forum-posts.jsonl", b" " * 30_000_000))
    signed_in(client, me)
    sent = {"file": (io.BytesIO(bomb), "mine.zip")}
    with monkeypatch.context() as there:
        there.setattr("zipfile.ZipFile", None)  # the request reads the directory, and unpacks nothing
        assert client.post("/settings/data/import", data=sent).status_code == 303
    assert "Waits for its turn" in client.get("/settings/data/import").text
    second = {"file": (io.BytesIO(packed), "again.zip")}
    assert client.post("/settings/data/import", data=second).status_code == 409, "one at a time"
    make.work()
    page = client.get("/settings/data/import").text
    assert "Unpacked, it would be larger than an archive of one person is. Nothing of it was kept." in page
    mail = database.scalars(select(Mail).where(Mail.subject == "Your archive was refused")).one()
    assert "Unpacked, it would be larger" in mail.body
    run_due()
    refused = database.scalars(select(PersonArchive).where(PersonArchive.kind == "import")).one()
    assert refused.sha256 is None
    assert not blob_store().has(hashlib.sha256(bomb).hexdigest())


def test_the_page_says_how_far_looking_and_taking_in_are(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = person(email="mover@example.cn")
    for _ in range(3):
        forum.thread(author=me)
    packed = make.packed(me)
    signed_in(client, me)
    assert client.post("/settings/data/import", data={"file": (io.BytesIO(packed), "mine.zip")}).status_code == 303
    ticks = count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks))
    monkeypatch.setattr(working, "time", clock)  # one step at a time, however fast
    seen = []
    while working.advance(seconds=1.5) and len(seen) < 1000:
        found = re.search(r"(Looked through|Taken in): (\d+) %", client.get("/settings/data/import").text)
        seen.append((found[1], int(found[2])) if found else None)
    steps = [one for one in seen if one is not None]
    assert {step for step, _percent in steps} == {"Looked through", "Taken in"}
    for step in ("Looked through", "Taken in"):
        percents = [percent for name, percent in steps if name == step]
        assert percents == sorted(percents)
    assert "taken in" in client.get("/settings/data/import").text


def test_whoever_left_is_gone_and_their_pages_say_nothing(app: Flask, client: FlaskClient, database: Session) -> None:
    me = person(handle="leaving-now")
    thread = forum.thread(author=me, title="What stays")
    make.gone(me)
    assert client.get("/people/leaving-now").status_code == 404
    page = client.get(f"/threads/{thread.id}-{thread.slug}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Former member" in page
    assert "leaving-now" not in page
    sent = {"name": "leaving-now", "password": PASSWORD}
    assert client.post("/sign-in", data=sent).status_code == 422
