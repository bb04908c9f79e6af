"""A cookie or token that was stolen and then revoked opens nothing, wherever it is tried."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions import signing
from accounts.actions.tokens import revoke_token
from accounts.models import ApiToken, User
from accounts.viewers import viewer_for
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.people import PASSWORD, another, api_token, person, sign_in

PRIVATE = ("/settings", "/settings/security", "/notifications", "/conversations", "/drafts", "/bookmarks", "/new")


def stolen(client: FlaskClient, user: User) -> FlaskClient:
    """A thief with a copy of the cookie."""
    sign_in(client, user)
    thief, kept = another(client), client.get_cookie("guildhall")
    assert kept is not None
    thief.set_cookie("guildhall", kept.value)
    return thief


@pytest.mark.parametrize("ending", ["sign-out", "revoked", "others", "password"])
def test_a_revoked_cookie_opens_nothing_anywhere(client: FlaskClient, ending: str) -> None:
    user = person()
    board = make.board(audience="members")
    thread = make.thread(author=user, board=board)
    thief, own = stolen(client, user), another(client)
    row = sign_in(own, user)
    page = f"/threads/{thread.id}"
    for _time in range(2):  # the second time it is ready-made
        assert thief.get(page, follow_redirects=True).status_code == 200
    viewer = viewer_for(user.id)
    assert row.user_id == viewer.user_id
    if ending == "sign-out":
        client.post("/sign-out")
    elif ending == "revoked":
        with unit_of_work():
            signing.revoke_all_sessions(user.id)
    elif ending == "others":
        own.post("/settings/sessions/revoke-others")
    else:
        own.post("/settings/password", data={"password": "six climate chambers"})
    assert thief.get(page, follow_redirects=True).status_code == 404
    for path in PRIVATE:
        answer = thief.get(path)
        assert (answer.status_code, answer.location[:9]) == (303, "/sign-in?"), path
    assert thief.post(f"{page}/posts", data={"body": "Hello"}).status_code == 401
    assert thief.post("/reauthenticate", data={"proof_password": PASSWORD}).status_code == 401
    assert thief.get("/api/v1/me").status_code == 401


def test_a_cookie_opens_nothing_of_the_api(client: FlaskClient) -> None:
    thief = stolen(client, person())
    assert thief.get("/settings").status_code == 200
    assert thief.get("/api/v1/me").status_code == 401


def test_a_revoked_token_opens_nothing(client: FlaskClient, database: Session) -> None:
    user = person()
    head = {"Authorization": f"Bearer {api_token(user)}"}
    assert client.get("/api/v1/me", headers=head).status_code == 200
    number = database.scalars(select(ApiToken.id).where(ApiToken.user_id == user.id)).one()
    with unit_of_work():
        revoke_token(viewer_for(user.id), token_id=number)
    assert client.get("/api/v1/me", headers=head).status_code == 401
    assert client.get("/settings", headers=head).status_code == 303
