"""Before an account is opened in another way or taken along, whoever is signed in proves anew that it is theirs."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import ApiToken, User, UserSession
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers.people import PASSWORD, person, sign_in

TOKEN = {"name": "my script", "scopes": ["read", "write"], "lifetime": "30"}


def stale(client: FlaskClient) -> User:
    """Somebody who proved themselves eleven minutes ago."""
    user = person()
    row = sign_in(client, user)
    with unit_of_work() as work:
        work.merge(row).proved_at = now() - timedelta(minutes=11)
    return user


def test_whoever_looks_is_sent_to_the_proof_and_back(client: FlaskClient) -> None:
    stale(client)
    asked = client.get("/settings/tokens?from=mail")
    assert (asked.status_code, asked.location) == (303, "/reauthenticate?next=%2Fsettings%2Ftokens%3Ffrom%3Dmail")
    page = client.get(asked.location)
    assert 'name="proof_next" value="/settings/tokens?from=mail"' in page.text
    proof = {"proof_next": "/settings/tokens?from=mail", "proof_password": PASSWORD}
    refused = client.post("/reauthenticate", data=proof | {"proof_password": "not it at all"})
    assert refused.status_code == 422
    assert client.get("/settings/tokens").status_code == 303
    given = client.post("/reauthenticate", data=proof)
    assert (given.status_code, given.location) == (303, "/settings/tokens?from=mail")
    assert client.get("/settings/tokens").status_code == 200


def test_what_was_sent_waits_for_the_proof_and_then_goes_on(client: FlaskClient, database: Session) -> None:
    user = stale(client)
    asked = client.post("/settings/tokens", data=TOKEN)
    assert asked.status_code == 403
    assert asked.headers["Cache-Control"] == "no-store"
    assert not database.scalars(select(ApiToken).where(ApiToken.user_id == user.id)).all()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', asked.text)
    fields: dict[str, list[str]] = {}
    for name, value in hidden:
        fields.setdefault(name, []).append(value)
    refused = client.post("/reauthenticate", data=fields | {"proof_password": "not it at all"})
    assert refused.status_code == 422
    assert 'value="my script"' in refused.text
    proof = fields | {"proof_password": PASSWORD}
    given = client.post("/reauthenticate", data=proof)
    assert (given.status_code, given.location) == (307, "/settings/tokens")
    assert client.post(given.location, data=proof).status_code == 201  # as a browser answers 307: the same once more
    made = database.scalars(select(ApiToken).where(ApiToken.user_id == user.id)).one()
    assert (made.name, made.scopes) == ("my script", ["read", "write"])


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_a_proof_leads_to_no_other_site(client: FlaskClient, target: str) -> None:
    stale(client)
    for name, status in (("proof_next", 303), ("proof_then", 307)):
        answer = client.post("/reauthenticate", data={name: target, "proof_password": PASSWORD})
        assert (answer.status_code, answer.location) == (status, "/")


def test_a_session_from_before_has_to_prove_itself(client: FlaskClient) -> None:
    row = sign_in(client, person())
    with unit_of_work() as work:
        work.merge(row).proved_at = None
    assert client.get("/settings/tokens").status_code == 303


def test_a_sign_in_is_a_proof(client: FlaskClient, database: Session) -> None:
    user = person()
    client.post("/sign-in", data={"name": user.handle, "password": PASSWORD})
    assert client.get("/settings/tokens").status_code == 200
    assert database.scalars(select(UserSession).where(UserSession.user_id == user.id)).one().proved_at
