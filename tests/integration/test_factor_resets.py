"""Turning off the second step of whoever lost what it needs: three days in which its owner can object."""

import re
from datetime import timedelta

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.factors import has_second_step
from accounts.models import FactorReset, User, UserSession
from kernel.clock import now
from kernel.jobs import run_due
from kernel.mail import Mail
from kernel.mail.outbox import whole
from tests.makers.factors import authenticator, code_of
from tests.makers.people import PASSWORD, another, person, sign_in

REASON = {"deed": "reset", "reason": "Phone stolen, seen by video with an identity card"}


def asked(client: FlaskClient) -> tuple[User, str]:
    """Somebody whose second step will be turned off, and its secret."""
    who = person()
    secret = authenticator(who)
    sign_in(client, person(staff=True))
    assert client.post(f"/people/{who.handle}/help", data=REASON).status_code == 303
    return who, secret


def link(database: Session, who: User) -> str:
    """What the mail says."""
    mails = database.scalars(select(Mail).where(Mail.recipient == who.email))
    found = re.search(r"(/stop-reset/\S+)", "".join(whole(mail, mail.body) for mail in mails))
    assert found
    return found[1]


def outcome(database: Session, who: User) -> str:
    database.expire_all()
    return database.scalars(select(FactorReset.outcome).where(FactorReset.user_id == who.id)).one()


def test_after_three_days_the_step_is_off_and_every_session_over(client: FlaskClient, database: Session) -> None:
    who, _secret = asked(client)
    sign_in(another(client), who)
    run_due()
    assert has_second_step(who.id)
    assert client.post(f"/people/{who.handle}/help", data=REASON).status_code == 422
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        run_due()
    assert not has_second_step(who.id)
    assert outcome(database, who) == "done"
    assert database.scalar(select(UserSession).where(UserSession.user_id == who.id)) is None
    assert link(database, who)


def test_its_owner_stops_it_by_the_mail_without_signing_in(client: FlaskClient, database: Session) -> None:
    who, _secret = asked(client)
    stranger, path = another(client), link(database, who)
    assert stranger.get(path).status_code == 200
    assert outcome(database, who) == ""
    assert stranger.post(path).status_code == 303
    assert stranger.post(path).status_code == 410
    with time_machine.travel(now() + timedelta(days=4)):
        run_due()
    assert has_second_step(who.id)
    assert outcome(database, who) == "stopped"


def test_whoever_signs_in_with_it_has_not_lost_it(client: FlaskClient, database: Session) -> None:
    who, secret = asked(client)
    own = another(client)
    own.post("/sign-in", data={"name": who.handle, "password": PASSWORD})
    own.post("/sign-in/second", data={"code": code_of(secret)})
    assert outcome(database, who) == "stopped"


def test_it_takes_staff_and_a_second_step(client: FlaskClient, database: Session) -> None:
    who = person()
    sign_in(client, person(staff=True))
    assert client.post(f"/people/{who.handle}/help", data=REASON).status_code == 422
    sign_in(client, who)
    assert client.post(f"/people/{who.handle}/help", data=REASON).status_code == 403
    assert database.scalar(select(FactorReset)) is None
