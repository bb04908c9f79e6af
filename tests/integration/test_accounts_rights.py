import json

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import cli
from accounts.actions.grants import grant, let_in, revoke, shut_out
from accounts.directory import Wanted, people_found, people_named
from accounts.models import Grant, User
from accounts.passwords import is_password
from accounts.queries import complete_handles, person_by_handle, persons
from accounts.viewers import viewer_for, viewer_of_token
from kernel.errors import ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError
from kernel.ids import hash_token
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.people import api_token, person, sign_in


def test_only_staff_give_and_take_rights(database: Session) -> None:
    staff, member = person(staff=True), person()
    with unit_of_work():
        grant(viewer_for(staff.id), user_id=member.id, token="moderator:3")
        grant(viewer_for(staff.id), user_id=member.id, token="moderator:3")
    assert viewer_for(member.id).moderates(3)
    assert not viewer_for(member.id).moderates(4)
    for actor, refusal in ((viewer_for(member.id), ForbiddenError), (Viewer(), UnauthenticatedError)):
        with pytest.raises(refusal):
            grant(actor, user_id=member.id, token="staff")
        with pytest.raises(refusal):
            revoke(actor, user_id=staff.id, token="staff")
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=member.id, token="moderator:3")
    assert not viewer_for(member.id).moderates(3)


@pytest.mark.parametrize("token", ["public", "members", "user:3", "moderator:x", "staff moderator:1", ""])
def test_tokens_that_are_nobodys_to_give_are_refused(database: Session, token: str) -> None:
    staff = person(staff=True)
    with pytest.raises(InvalidError):
        grant(viewer_for(staff.id), user_id=staff.id, token=token)


def test_who_is_shut_out_is_nobody_until_they_are_let_in(database: Session) -> None:
    member = person()
    with unit_of_work():
        shut_out(member.id)
    assert not viewer_for(member.id).signed_in
    with unit_of_work():
        let_in(member.id)
    assert viewer_for(member.id).is_member


def test_suspended_people_are_found_nowhere(database: Session) -> None:
    gone, here = person(handle="gone-away", suspended=True), person(handle="good-day")
    with pytest.raises(NotFoundError):
        person_by_handle("gone-away")
    assert person_by_handle("Good-Day").id == here.id
    assert [offer.handle for offer in complete_handles("go")] == ["good-day"]
    assert [row.handle for row in people_found(Viewer(), Wanted()).items] == ["good-day"]
    assert cards(Viewer(), [Ref("accounts.user", gone.id)]) == {}
    assert set(persons([gone.id, here.id])) == {gone.id, here.id}, "what they wrote keeps their name"


def test_people_are_found_by_name_and_like_signs_are_plain(database: Session) -> None:
    lin = person(handle="lin-wei", display_name="林蔚", fields=["钙钛矿"]).id
    helen = person(handle="helen", display_name="Helen 100%").id
    assert people_named(Viewer(), "林") == [lin]
    assert people_named(Viewer(), "钙钛") == [lin]
    assert people_named(Viewer(), "%") == [helen]
    assert people_named(Viewer(), "HELEN") == [helen]
    assert complete_handles("%") == []
    assert [offer.handle for offer in complete_handles("林")] == ["lin-wei"]


def test_people_come_in_pages(database: Session) -> None:
    made = [person().id for _ in range(5)]
    first = people_found(Viewer(), Wanted(), limit=3)
    second = people_found(Viewer(), Wanted(), limit=3, cursor=first.next)
    assert [row.id for row in (*first.items, *second.items)] == made[::-1]
    assert second.next is None


def test_the_command_makes_staff_and_prints_a_password(database: Session) -> None:
    run = CliRunner()
    first = json.loads(run.invoke(cli.admin, ["create", "Boss@example.cn", "--json"]).output)
    user = database.scalars(select(User).where(User.email == "boss@example.cn")).one()
    assert (first["handle"], user.handle) == ("boss", "boss")
    assert is_password(first["password"], user.password_hash)
    assert viewer_for(user.id).is_staff
    again = run.invoke(cli.admin, ["create", "boss@example.cn"])
    assert again.exit_code == 0
    assert "stays as it was" in again.output
    assert len(database.scalars(select(Grant).where(Grant.user_id == user.id)).all()) == 1
    assert run.invoke(cli.admin, ["create", "nonsense"]).exit_code == 1
    other = json.loads(run.invoke(cli.admin, ["create", "admin@example.cn", "--json"]).output)
    assert other["handle"] == "admin-1", "reserved as it is"


def test_the_command_prints_one_token_and_nothing_else(database: Session) -> None:
    user = person(email="lab@example.cn")
    output = CliRunner().invoke(cli.token, ["create", "lab@example.cn", "--scope", "read", "--scope", "write"]).output
    opened = viewer_of_token(hash_token(output.strip()))
    assert opened is not None
    assert opened.viewer.user_id == user.id
    assert opened.scopes == {"read", "write"}
    assert CliRunner().invoke(cli.token, ["create", "nobody@example.cn"]).exit_code == 1
    person(email="new@example.cn", confirmed=False)
    assert CliRunner().invoke(cli.token, ["create", "new@example.cn"]).exit_code == 1


def test_the_api_takes_tokens_within_their_scopes_and_no_cookies(app: Flask, client: FlaskClient) -> None:
    user = person()
    sign_in(client, user)
    assert client.get("/api/v1/me").status_code == 401, "a cookie means nothing here"

    def ask(secret: str) -> int:
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code

    def write(secret: str) -> int:
        return client.post(
            "/api/v1/notifications/read", json={}, headers={"Authorization": f"Bearer {secret}"}
        ).status_code

    reading, both = api_token(user, scopes=("read",)), api_token(user)
    assert ask(reading) == 200
    assert write(both) == 204
    assert write(reading) == 403
    assert ask("guildhall_nonsense") == 401
    assert ask("") == 401
    assert client.get("/api/v1/me", headers={"Authorization": "Basic bGluOndlaQ=="}).status_code == 401
    assert client.get("/settings", headers={"Authorization": f"Bearer {both}"}).status_code == 200, "the cookie, here"
    client.post("/sign-out")
    assert client.get("/settings", headers={"Authorization": f"Bearer {both}"}).status_code == 303, (
        "pages take no tokens"
    )
