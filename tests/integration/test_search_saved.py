"""Saved searches: kept, renamed, let go of, and run again with the eyes of their owner."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.clock import now
from kernel.errors import InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from portal.jobs import begin_looking
from search_index import saved
from search_index.asking import Asked
from search_index.tables import SavedSearch
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import index


def keep(user: User, text: str = "epoxy") -> SavedSearch:
    with unit_of_work():
        return saved.save(viewer_for(user.id), asked=Asked(text=text))


def run_again(app: Flask, minutes: int = 5) -> None:
    with travel(now() + timedelta(minutes=minutes)), index(app, "whoosh"):
        with unit_of_work():
            begin_looking()
        run_due()


def test_a_search_is_kept_once(client: FlaskClient, database: Session) -> None:
    me = person()
    sign_in(client, me)
    for _again in range(2):
        answer = client.post("/searches", data={"q": "epoxy oven", "community": "materials"})
        assert answer.headers["Location"] == "/search?q=epoxy+oven&community=materials"
    rows = database.scalars(select(SavedSearch).where(SavedSearch.user_id == me.id)).all()
    assert [(row.name, row.address) for row in rows] == [("epoxy oven", "q=epoxy+oven&community=materials")]
    assert "epoxy oven" in client.get("/searches").get_data(as_text=True)


def test_nobody_touches_what_somebody_else_keeps(client: FlaskClient, database: Session) -> None:
    row = keep(person())
    other = person()
    sign_in(client, other)
    assert client.post(f"/searches/{row.id}", data={"name": "mine"}).status_code == 404
    assert client.post(f"/searches/{row.id}/deletion").status_code == 404
    with pytest.raises(NotFoundError):
        saved.mine(viewer_for(other.id), row.id)


def test_it_is_renamed_silenced_and_let_go(client: FlaskClient, database: Session) -> None:
    me = person()
    row = keep(me)
    sign_in(client, me)
    client.post(f"/searches/{row.id}", data={"name": "All about epoxy"})
    client.post(f"/searches/{row.id}", data={"notifies": "no"})
    database.expire_all()
    assert (row.name, row.notifies) == ("All about epoxy", False)
    client.post(f"/searches/{row.id}", data={"name": "  "})
    client.post(f"/searches/{row.id}/deletion")
    assert "No search is saved yet" in client.get("/searches").get_data(as_text=True)


def test_an_empty_or_endless_search_is_not_kept(database: Session) -> None:
    with pytest.raises(InvalidError):
        saved.save(viewer_for(person().id), asked=Asked())
    with pytest.raises(InvalidError):
        saved.save(viewer_for(person().id), asked=Asked(text="钙钛矿" * 100))


def test_what_is_new_makes_one_notice_for_all_of_it(app: Flask, client: FlaskClient, database: Session) -> None:
    me = person()
    make.thread(title="Epoxy of long ago")
    with travel(now() + timedelta(minutes=1)):
        keep(me)
    with travel(now() + timedelta(minutes=2)):
        make.thread(title="Epoxy cures slowly")
        make.thread(title="Epoxy cures fast")
        make.thread(board=make.board(audience="staff"), author=person(staff=True), title="Epoxy for the staff")
    run_again(app)
    run_again(app, minutes=6)
    notices = database.scalars(select(Notice).where(Notice.user_id == me.id)).all()
    assert [notice.reason for notice in notices] == ["saved-search:2"]
    sign_in(client, me)
    text = client.get("/notifications").get_data(as_text=True)
    assert "2 new results" in text
    assert "because you saved this search" in text
    assert "/search?q=epoxy&amp;order=newest" in text
    with travel(now() + timedelta(minutes=7)):
        make.thread(title="Epoxy again")
    run_again(app, minutes=10)
    assert len(database.scalars(select(Notice).where(Notice.user_id == me.id)).all()) == 2


def test_a_silent_search_and_a_suspended_owner_hear_nothing(app: Flask, database: Session) -> None:
    quiet, gone = person(), person()
    row = keep(quiet)
    keep(gone)
    with unit_of_work() as work:
        saved.change(viewer_for(quiet.id), search_id=row.id, notifies=False)
        suspended = work.get(User, gone.id)
        assert suspended is not None
        suspended.suspended_at = now()
    with travel(now() + timedelta(minutes=2)):
        make.thread(title="Epoxy cures slowly")
    run_again(app)
    assert database.scalars(select(Notice).where(Notice.user_id.in_([quiet.id, gone.id]))).all() == []


def test_the_api_keeps_changes_and_lets_go(client: FlaskClient, database: Session) -> None:
    me = Program(client, person())
    made = me.post("/searches", {"address": "q=epoxy&kind=thread", "name": "Epoxy"})
    assert made.status_code == 201
    assert made.json["url"].endswith("/search?q=epoxy&kind=thread")
    path = f"/searches/{made.json['id']}"
    assert me.get(path).json["notifies"] is True
    assert me.patch(path, {"notifies": False, "name": "Quiet"}).json["name"] == "Quiet"
    assert [row["name"] for row in me.get("/searches").json["items"]] == ["Quiet"]
    assert Program(client, person()).get(path).status_code == 404
    assert me.delete(path).status_code == 204
    assert me.get(path).status_code == 404
    assert me.post("/searches", {"address": "x=1"}).status_code == 422
