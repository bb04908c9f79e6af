from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for, viewer_of_session
from kernel.db import db
from kernel.viewer import Viewer
from tests.makers.people import person, sign_in


def test_grants_become_rights_and_audience(database: Session) -> None:
    viewer = viewer_for(person(staff=True, grants=("moderator:3", "alliance:7:council")).id)
    assert viewer.rights == {"staff", "moderator:3"}
    assert viewer.audience == {"public", "members", "staff", "alliance:7:council", f"user:{viewer.user_id}"}


def test_before_the_address_is_confirmed_no_grant_counts(database: Session) -> None:
    viewer = viewer_for(person(confirmed=False, grants=("moderator:3", "alliance:7")).id)
    assert viewer.signed_in
    assert not viewer.is_member
    assert viewer.rights == frozenset()
    assert viewer.audience == {"public", f"user:{viewer.user_id}"}


def test_suspended_and_unknown_people_are_outsiders(database: Session) -> None:
    assert viewer_for(person(suspended=True).id) == Viewer()
    assert viewer_for(10**9) == Viewer()


def test_a_session_opens_until_it_expires(client: FlaskClient) -> None:
    assert viewer_of_session("0" * 64) is None
    row = sign_in(client, person(handle="lin-wei"))
    opened = viewer_of_session(row.token_hash)
    assert opened is not None
    assert opened.viewer.handle == "lin-wei"
    assert opened.viewer.session_id == row.id


def test_knowing_who_is_there_costs_one_query_and_for_strangers_none(client: FlaskClient) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    user = person(staff=True, grants=("moderator:3", "alliance:7"))
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get("/check-mail")
        assert [statement for statement in asked if statement.startswith("SELECT")] == []
        sign_in(client, user)
        asked.clear()
        client.get("/check-mail")
        assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
