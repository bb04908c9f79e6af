"""A new password ends what the old one began."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from kernel.mail import Mail
from kernel.mail.outbox import whole
from tests import makers
from tests.makers.people import PASSWORD, person, sign_in

assert makers

NEW = "another walk by the lake"


def letter(database: Session, to: str, kind: str) -> str:
    """The path of the link in the newest mail to this address."""
    mail = database.scalars(select(Mail).where(Mail.recipient == to).order_by(Mail.id.desc())).first()
    body = whole(mail, mail.body) if mail else ""
    found = re.search(rf"(/{kind}/[\w-]+)", body)
    assert found is not None, body
    return found[1]


def test_a_change_of_address_asked_for_with_the_old_password_is_void_after_a_reset(
    client: FlaskClient, database: Session
) -> None:
    owner = person(handle="owner", email="owner@example.cn")
    sign_in(client, owner)
    client.post("/settings/email", data={"email": "thief@example.net", "current": PASSWORD})
    theft = letter(database, "thief@example.net", "confirm")
    client.delete_cookie("guildhall")
    client.post("/forgot", data={"email": "owner@example.cn"})
    assert client.post(letter(database, "owner@example.cn", "reset"), data={"password": NEW}).status_code == 303
    assert client.post(theft).status_code == 410
    database.expire_all()
    assert database.get_one(User, owner.id).email == "owner@example.cn"


def test_a_new_password_does_not_spend_the_letter_that_confirms_the_own_address(
    client: FlaskClient, database: Session
) -> None:
    sign_in(client, person(handle="newcomer", email="newcomer@example.cn", confirmed=False))
    client.post("/settings/confirmation")
    confirming = letter(database, "newcomer@example.cn", "confirm")
    client.post("/settings/password", data={"current": PASSWORD, "password": NEW})
    assert client.post(confirming).status_code == 303
