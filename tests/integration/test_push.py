"""Notices to browsers without an open page: who is told what, when no more, and where the house is never sent."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke
from accounts.actions.signing import revoke_session
from accounts.models import User, UserSession
from accounts.viewers import viewer_for
from activity.actions import mark_read, notify
from activity.delivering import deliver_due
from activity.models import PushSubscription
from activity.push.sealing import public_key, unpadded
from activity.push.sending import _hand_over
from forum.models import Thread
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.jobs import Job, run_due
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.people import another, person, sign_in
from tests.makers.push import Service, push_service, subscribed

INSIDE = ("https://127.0.0.1/x", "https://10.0.0.8/x", "https://[::1]/x", "https://169.254.169.254/latest")


@pytest.fixture
def service(app: Flask) -> Iterator[Service]:
    with push_service() as made:
        app.config["PUSH_SERVICES"] = frozenset({made.url})
        yield made
        app.config["PUSH_SERVICES"] = frozenset()


def tell(reader: User, thread: Thread, *, actor: User, audience: str = "public") -> None:
    ref, place = Ref("forum.post", make.opening_post(thread).id), Ref("forum.thread", thread.id)
    with unit_of_work():
        notify({reader.id: "mention"}, event="post", actor_id=actor.id, ref=ref, place=place, audience=audience)


def carried() -> None:
    run_due()
    with time_machine.travel(now() + timedelta(minutes=1)):
        deliver_due()


def send(*, after: timedelta = timedelta(minutes=2)) -> None:
    """What the worker does of the jobs once this time has passed."""
    with time_machine.travel(now() + after):
        run_due()


def pushes(database: Session) -> list[Job]:
    return list(database.scalars(select(Job).where(Job.name == "activity.push")))


def test_a_notice_reaches_the_browser_alone_and_says_who_and_where(
    client: FlaskClient, database: Session, service: Service
) -> None:
    reader, actor = person(locale="zh_Hans"), person(display_name="Lin Wei")
    thread = make.thread(author=actor, title="Where copper peels", body="Nobody else may read these words.")
    subscribed(sign_in(client, reader), service.browser())
    tell(reader, thread, actor=actor)
    carried()
    send()
    (told,) = service.told()
    assert "Lin Wei" in told["title"]
    assert any("一" <= letter <= "鿿" for letter in told["title"])
    assert (told["body"], told["tag"], told["lang"]) == (thread.title, f"forum.thread:{thread.id}", "zh-Hans")
    assert told["url"] == f"/posts/{make.opening_post(thread).id}"
    headers, body = service.came[0]
    assert thread.title.encode() not in body
    assert "Nobody else" not in json.dumps(told)
    check_sender(headers["authorization"], service.url)
    assert pushes(database) == []


def check_sender(header: str, audience: str) -> None:
    """As a push service checks it."""
    token, key = (part.strip().partition("=")[2] for part in header.removeprefix("vapid ").split(","))
    said, _dot, signature = token.rpartition(".")
    raw = unpadded(signature)
    assert key == public_key()
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(key))
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point.verify(both, said.encode(), ec.ECDSA(SHA256()))
    claims = json.loads(base64.urlsafe_b64decode(said.partition(".")[2] + "=="))
    assert claims["aud"] == audience
    assert now().timestamp() < claims["exp"] < (now() + timedelta(hours=24)).timestamp()


def test_nothing_is_said_of_what_was_lost_or_read_in_between(
    client: FlaskClient, database: Session, service: Service
) -> None:
    staff, actor, reader = person(staff=True), person(grants=("alliance:7",)), person(grants=("alliance:7",))
    secret = make.thread(author=actor, board=make.board(audience="alliance:7"))
    subscribed(sign_in(client, reader), service.browser())
    tell(reader, secret, actor=actor, audience="alliance:7")
    carried()
    assert len(pushes(database)) == 1
    with unit_of_work():
        revoke(viewer_for(staff.id), user_id=reader.id, token="alliance:7")
    send()
    tell(reader, make.thread(author=actor), actor=actor)
    carried()
    with unit_of_work():
        mark_read(viewer_for(reader.id))
    send()
    assert service.came == []
    assert pushes(database) == []


@pytest.mark.parametrize("ended", ["revoked", "suspended", "expired"])
def test_it_ends_with_the_session(client: FlaskClient, database: Session, service: Service, ended: str) -> None:
    actor, reader = person(), person()
    row = sign_in(client, reader)
    subscribed(row, service.browser())
    tell(reader, make.thread(author=actor), actor=actor)
    carried()
    with unit_of_work() as work:
        if ended == "revoked":
            revoke_session(viewer_for(reader.id), session_id=row.id)
        elif ended == "suspended":
            work.get_one(User, reader.id).suspended_at = now()
        else:
            work.get_one(UserSession, row.id).expires_at = now() - timedelta(seconds=1)
    send()
    assert service.came == []
    if ended == "revoked":
        assert database.scalars(select(PushSubscription)).all() == []


def test_what_is_gone_is_forgotten_and_what_fails_is_tried_again(
    client: FlaskClient, database: Session, service: Service
) -> None:
    actor, reader = person(), person()
    subscribed(sign_in(client, reader), service.browser())
    service.status = 503
    tell(reader, make.thread(author=actor), actor=actor)
    carried()
    send()
    database.expire_all()
    (job,) = pushes(database)
    assert (job.attempts, job.state) == (1, "waiting")
    assert len(database.scalars(select(PushSubscription)).all()) == 1
    service.status = 410
    send(after=timedelta(minutes=5))
    assert pushes(database) == []
    assert database.scalars(select(PushSubscription)).all() == []


@pytest.mark.parametrize("endpoint", [*INSIDE, "http://example.com/x", "https://example.com:8443/x", "file:///etc"])
def test_no_browser_sends_the_house_within_its_own_walls(client: FlaskClient, database: Session, endpoint: str) -> None:
    reader = person()
    row = sign_in(client, reader)
    browser = Service().browser(endpoint)
    if endpoint in INSIDE:
        assert _hand_over(browser, {"tag": "x"}) == 410
    else:
        with pytest.raises(InvalidError):
            subscribed(row, browser)


def test_a_browser_tells_whoever_asked_last_and_nobody_before(
    client: FlaskClient, database: Session, service: Service
) -> None:
    before, now_here = person(), person()
    subscribed(sign_in(client, before), service.browser())
    sign_in(client, now_here)
    browser = service.browser()
    answer = client.post(
        "/settings/push", data={"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    )
    assert answer.status_code == 204
    (row,) = database.scalars(select(PushSubscription)).all()
    assert row.user_id == now_here.id
    assert browser.endpoint not in row.sealed
    stranger = another(client)
    sign_in(stranger, before)
    assert stranger.post(f"/settings/push/{row.id}/end").status_code == 404
    assert "127.0.0.1" in client.get("/settings/notices").text
    client.post(f"/settings/push/{row.id}/trial")
    send()
    assert [told["tag"] for told in service.told()] == ["trial"]
    assert client.post(f"/settings/push/{row.id}/end").status_code == 303
    assert database.scalars(select(PushSubscription.id)).all() == []


def test_keys_that_are_none_are_refused(client: FlaskClient, database: Session, service: Service) -> None:
    reader = person()
    sign_in(client, reader)
    answer = client.post("/settings/push", data={"endpoint": service.url, "p256dh": "x", "auth": "y"})
    assert answer.status_code == 422
