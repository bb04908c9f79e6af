"""What operators see and do: `guildhall search`, `reindex`, `check`, `recount`, the health page and the staff desk."""

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.models import Post, Thread
from guildhall.cli import main
from kernel.checks import run_checks
from kernel.db import db
from kernel.work import unit_of_work
from search_index.indexing import places, replicas
from tests.integration.test_search_indexing import fresh_word
from tests.makers.forum import post, thread
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index


@pytest.fixture
def indexed(app: Flask, database: Session) -> object:
    with index(app, "whoosh"):
        yield


def run(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_search_at_the_command_line_is_that_of_a_stranger(indexed: object) -> None:
    word = fresh_word()
    made = thread(title=f"Etching of {word}")
    catch_up()
    assert f"Etching of {word}" in run("search", word)
    found = json.loads(run("search", word, "--json"))
    assert found["total"] == 1
    assert found["hits"][0]["key"] == f"forum.thread:{made.id}"


def test_without_an_index_it_says_that_one_is_being_built(app: Flask, database: Session) -> None:
    done = CliRunner().invoke(main, ["search", "anything"])
    assert done.exit_code == 1
    assert "being built" in done.output
    assert json.loads(run("search", "anything", "--json"))["is_building"] is True


def test_reindex_builds_another_one_and_says_how_many(indexed: object) -> None:
    before = places.pointer()
    assert "documents indexed by whoosh" in run("reindex")
    assert places.pointer() != before
    assert "documents indexed by tantivy" in run("reindex", "--engine", "tantivy")
    assert places.pointer().engine == "tantivy"


def test_check_names_what_the_index_lacks_holds_too_long_or_holds_wrongly(indexed: object, database: Session) -> None:
    stale, extra = thread(title="As it was"), thread(title="Soon gone")
    missing = post(thread=stale)
    with unit_of_work() as work:
        work.execute(update(Post).where(Post.id == missing.id).values(deleted_at=missing.created_at))
    catch_up()
    assert faults() == []
    with unit_of_work() as work:  # behind the back of the feed
        work.execute(update(Thread).where(Thread.id == stale.id).values(title="As it is"))
        work.execute(update(Thread).where(Thread.id == extra.id).values(deleted_at=extra.created_at))
        work.execute(update(Post).where(Post.id == missing.id).values(deleted_at=None))
    database.expire_all()
    assert sorted(faults()) == sorted(
        [
            f"forum.thread:{stale.id} is out of date in the search index.",
            f"forum.thread:{extra.id} is in the search index, and should not be.",
            f"forum.post:{missing.id} is missing from the search index.",
        ]
    )
    with unit_of_work():
        run_checks(mend=True)
    catch_up()
    assert faults() == []


def faults() -> list[str]:
    return [fault for fault in run_checks(mend=False) if "search index" in fault]


def test_the_health_page_and_the_desk_say_how_the_index_is(indexed: object, client: FlaskClient) -> None:
    health = client.get("/healthz")
    assert health.status_code == 200
    search = health.json["search"]
    assert (search["state"], search["engine"], search["lag_changes"]) == ("ok", "whoosh", 0)
    assert search["documents"] > 0
    thread()
    assert client.get("/healthz").json["search"]["lag_changes"] > 0
    with unit_of_work():
        replicas.record(places.replica_name(), state="disk full", trouble="No space left on device")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["search"]["state"]) == (200, "disk full")
    sign_in(client, person(staff=True))
    page = client.get("/staff").get_data(as_text=True)
    assert "whoosh" in page
    assert "No space left on device" in page
    db.session.rollback()
