"""One sender against all others: no request tells thousands, holds the database for long, or fills it for ever."""

import io
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from activity.models import Notice
from ip_registry.actions import asking, file_stamps, stamping
from ip_registry.envelopes.openings import Author, new_author
from ip_registry.models import Record, TimeToken
from ip_registry.time.authorities import Authority
from ip_registry.views import verify
from kernel.clock import now
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in


def item(owner: User, others: Sequence[Author]) -> dict[str, Any]:
    """A registration as a program sends it."""
    one = make.sealed(owner, others=others)
    given = make.deposit(one)
    opening = {"opening": given.opening, "salt": given.salt, "authors": given.authors, "manifest": given.manifest}
    return {"leaf": one.leaf.data.decode(), "opening": opening}


def named(user: User) -> Author:
    return new_author(user.display_name, user.handle)


def test_a_batch_asks_no_crowd(client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 3)
    owner, one, two = person(), person(), person()
    items = [item(owner, [named(one), named(two)]) for _ in range(2)]
    refused = Program(client, owner).post("/registrations:batch", {"items": items})
    assert refused.status_code == 422
    assert database.scalar(select(func.count(Record.id))) == 0
    assert database.scalar(select(func.count(Notice.id))) == 0
    assert Program(client, owner).post("/registrations:batch", {"items": items[:1]}).status_code == 201


def test_nobody_asks_crowds_one_by_one(client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_A_DAY", 2)
    owner, author = person(), person()
    program = Program(client, owner)
    sent = [program.post("/registrations", item(owner, [named(author)])).status_code for _ in range(3)]
    assert sent == [201, 201, 429]
    assert program.post("/registrations", item(owner, [])).status_code == 201
    with time_machine.travel(now() + timedelta(days=1, minutes=1), tick=True):
        assert program.post("/registrations", item(owner, [named(author)])).status_code == 201


def test_nobody_is_named_twice(client: FlaskClient, database: Session) -> None:
    owner, author = person(), person()
    refused = Program(client, owner).post("/registrations", item(owner, [named(author)] * 2))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["authors"])


def test_who_asks_for_the_same_answer_again_asks_nobody_anew(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_A_DAY", 1)
    owner = person()
    sent, program = item(owner, [named(person())]), Program(client, owner)
    assert [program.post("/registrations", sent).status_code for _ in range(3)] == [201, 201, 201]
    blind = item(owner, [named(person())])
    assert program.post("/registrations", {"leaf": blind["leaf"]}).status_code == 201
    assert program.post("/registrations", blind).status_code == 429


def test_files_that_wait_for_a_stamp_keep_no_checkpoint_waiting(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamping, "AT_ONCE", 2)
    authority = Authority("https://tsa.example.cn/")
    made = make.record()
    database.add_all(
        TimeToken(
            log_id=made.record.log_id,
            record_id=made.record.id,
            imprint=f"{at:064x}",
            url=authority.url,
            asked_at=now() - timedelta(hours=1),
            attempts=12,
        )
        for at in range(5)
    )
    database.flush()
    asked = stamping.open_questions([authority])
    assert [database.get_one(TimeToken, one.token_id).size for one in asked][:1] == [1]


def test_nobody_has_thousands_of_files_stamped(
    app: Flask, client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_stamps, "MOST_A_DAY", 2)
    monkeypatch.setitem(app.config, "TIME_AUTHORITIES", (Authority("http://127.0.0.1:9/"),))
    owner = person()
    program = Program(client, owner)
    records = [make.record(owner) for _ in range(3)]
    wish = {"path": "draft.txt"}
    sent = [program.post(f"/registrations/{one.number}/stamps", wish).status_code for one in records]
    assert sent == [202, 202, 429]
    other = person()
    path = f"/registrations/{make.record(other).number}/stamps"
    assert Program(client, other).post(path, wish).status_code == 202


def test_looking_at_evidence_holds_up_no_writer(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite whoever writes waits for the transaction of who sent a bundle, unless that is let go first."""
    order: list[str] = []
    monkeypatch.setattr(verify, "step_aside", lambda: order.append("aside"))
    monkeypatch.setattr(verify, "verify_bundle", _noting(order, verify.verify_bundle))
    sign_in(client, person())
    made = make.record()
    bundle = client.get(f"/registry/{made.number}/evidence").data
    answer = client.post("/registry/verify", data={"bundle": (io.BytesIO(bundle), "x.zip")})
    assert answer.status_code == 200
    assert order == ["aside", "verify", "aside", "verify"]


def _noting(order: list[str], call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*given: Any, **more: Any) -> Any:
        order.append("verify")
        return call(*given, **more)

    return noted


def test_a_calendar_that_names_itself_often_is_not_asked_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentimestamps.core.notary import PendingAttestation
    from opentimestamps.core.op import OpAppend, OpSHA256
    from opentimestamps.core.serialize import BytesSerializationContext
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

    from ip_registry.time import bitcoin

    calendar, stamp = "https://calendar.example.cn", Timestamp(b"1" * 32)
    for at in range(60):
        stamp.ops.add(OpAppend(bytes([at]))).attestations.add(PendingAttestation(calendar))
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    asked: list[str] = []
    monkeypatch.setattr(bitcoin, "_answer", lambda url, _message: asked.append(url))
    assert bitcoin.upgrade(context.getbytes(), [calendar]).block is None
    assert len(asked) == bitcoin.MOST_ASKED
