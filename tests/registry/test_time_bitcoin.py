"""OpenTimestamps: who is given a checkpoint, what is kept of the answers, and that none of it counts as a time."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from opentimestamps.core.notary import PendingAttestation
from opentimestamps.core.serialize import BytesDeserializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions.bitcoin import SPACING
from ip_registry.evidence.bundle import BitcoinProof, make_bundle, members_of, open_bundle, pack
from ip_registry.evidence.gathering import parts_of
from ip_registry.evidence.verdicts import State
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.jobs.bitcoin import ask_calendars, stamp_by_bitcoin
from ip_registry.jobs.time import ask_authorities
from ip_registry.models import BitcoinStamp
from ip_registry.queries.bitcoin import first_stamp, newest_stamps
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.times import proven_interval
from ip_registry.sequencing import sequence
from ip_registry.time import calendars as calendar_settings
from ip_registry.time.bitcoin import submit, upgrade
from ip_registry.time.calendars import parse_calendars
from ip_registry.time.errors import AskingError
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import registry as make
from tests.makers.authorities import Maker, listening
from tests.makers.calendars import Calendar, calendar
from tests.makers.people import person
from tests.registry import evidence
from tests.registry.test_pages import read
from tests.registry.test_time_stamping import Asked, asked

__all__ = ["asked"]

VECTORS = Path(__file__).parents[1] / "vectors" / "opentimestamps"
IMPRINT = hashlib.sha256(b"three lines\n").digest()
KNOWN_BLOCK = 358391


@pytest.fixture
def here(app: Flask, database: Session) -> Iterator[Calendar]:
    """A calendar that the site is configured with."""
    with calendar() as found:
        app.config["CALENDARS"] = (found.url,)
        yield found
    app.config["CALENDARS"] = ()


def rows(database: Session) -> list[BitcoinStamp]:
    database.expire_all()
    return list(database.scalars(select(BitcoinStamp).order_by(BitcoinStamp.size)))


def later(how_much: timedelta) -> time_machine.travel:
    return time_machine.travel(now() + how_much, tick=True)


def read_proof(proof: bytes | None) -> DetachedTimestampFile:
    assert proof is not None
    return DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))


def test_a_checkpoint_goes_to_the_calendar_and_into_a_block(
    client: FlaskClient, database: Session, here: Calendar
) -> None:
    made = make.record()
    ask_calendars()
    digest = hashlib.sha256(latest_checkpoint().body.encode()).digest()
    assert here.given == [digest]
    (pending,) = rows(database)
    assert (pending.size, pending.block) == (1, None)
    assert read_proof(pending.proof).file_digest == digest
    assert "OpenTimestamps: pending" in read(client, f"/registry/{made.number}")
    ask_calendars()
    assert here.asked == []  # a block takes its time
    with later(timedelta(hours=1)):
        ask_calendars()
        assert len(here.asked) == 1
        assert rows(database)[0].block is None
    here.block = 800_000
    with later(timedelta(hours=3)):
        ask_calendars()
    (done,) = rows(database)
    assert done.block == 800_000
    assert read_proof(done.proof).file_digest == digest
    for page in (f"/registry/{made.number}", "/registry/log"):
        assert "OpenTimestamps: Bitcoin block 800000" in read(client, page)
    with later(timedelta(days=9)):
        ask_calendars()
    assert len(here.asked) == 2


def test_no_block_is_a_proven_time(client: FlaskClient, database: Session, here: Calendar) -> None:
    made = make.record()
    here.block = 1
    ask_calendars()
    with later(timedelta(hours=1)):
        ask_calendars()
    assert rows(database)[0].block == 1
    assert proven_interval(made.record.log_id, index=made.index, after_size=0) is None
    page = read(client, f"/registry/{made.number}")
    assert "No outsider has vouched for a time yet." in page
    assert "ots verify" in page


def test_nobody_is_asked_where_no_calendar_is_named(client: FlaskClient, database: Session) -> None:
    make.record()
    stamp_by_bitcoin()
    assert rows(database) == []
    assert "OpenTimestamps" not in read(client, "/registry/log")


def test_only_news_is_given_and_not_too_often(client: FlaskClient, database: Session, here: Calendar) -> None:
    make.record()
    ask_calendars()
    make.record()
    ask_calendars()
    assert len(here.given) == 1
    with later(SPACING):
        ask_calendars()
    assert len(here.given) == 2
    with later(SPACING * 3):
        ask_calendars()
    assert len(here.given) == 2
    assert [row.size for row in rows(database)] == [1, 2]


def test_who_does_not_answer_is_asked_about_the_newest(client: FlaskClient, database: Session, here: Calendar) -> None:
    here.status = 503
    make.record()
    ask_calendars()
    assert "status 503" in rows(database)[0].last_error
    make.record()
    here.status = 200
    ask_calendars()
    assert len(here.given) == 1
    with later(timedelta(minutes=2)):
        ask_calendars()
    assert here.given[-1] == hashlib.sha256(latest_checkpoint().body.encode()).digest()
    assert [(row.size, row.proof is None) for row in rows(database)] == [(2, False)]


def test_garbage_changes_nothing(client: FlaskClient, database: Session, here: Calendar) -> None:
    make.record()
    ask_calendars()
    before = rows(database)[0].proof
    here.block, here.garbage = 800_000, b"\xff\x00\x01"
    with later(timedelta(hours=1)):
        ask_calendars()
    (row,) = rows(database)
    assert (row.proof, row.block) == (before, None)
    assert "is no time stamp" in row.last_error
    here.garbage = None
    with later(timedelta(hours=9)):
        ask_calendars()
    assert rows(database)[0].block == 800_000


def test_one_calendar_of_two_is_enough() -> None:
    with calendar() as good, calendar() as bad:
        bad.status = 500
        both = (bad.url, good.url)
        pending = submit(IMPRINT, both)
        assert pending.block is None
        good.block = 700_000
        assert upgrade(pending.proof, both).block == 700_000
        good.status = 500
        with pytest.raises(AskingError, match="status 500"):
            submit(IMPRINT, both)


def test_a_proof_sends_us_to_no_other_server() -> None:
    with calendar() as stranger, calendar() as ours:
        ours.name = stranger.url
        with pytest.raises(AskingError, match="the setting does not name"):
            submit(IMPRINT, (ours.url,))
        pending = submit(IMPRINT, (ours.url, stranger.url))
        asked_before = len(stranger.asked)
        assert upgrade(pending.proof, (ours.url,)) == pending
        assert len(stranger.asked) == asked_before


def test_proofs_of_others_are_read() -> None:
    known = (VECTORS / "hello-world.txt.ots").read_bytes()
    assert upgrade(known, ()).block == KNOWN_BLOCK
    for name in ("incomplete", "two-calendars"):
        waiting = (VECTORS / f"{name}.txt.ots").read_bytes()
        assert upgrade(waiting, ()).block is None
        uris = [one for _at, one in read_proof(waiting).timestamp.all_attestations()]
        assert all(isinstance(one, PendingAttestation) for one in uris)
    with pytest.raises(AskingError, match="cannot be read"):
        upgrade(known[:-1], ())


def test_the_setting_says_what_is_wrong_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_calendars("") == ()
    assert parse_calendars(" https://a.example/ https://b.example  https://a.example") == (
        "https://a.example",
        "https://b.example",
    )
    for wrong in ("ftp://a.example", "a.example", "https://user:secret@a.example"):
        with pytest.raises(ValueError, match="not an http") as refusal:
            parse_calendars(wrong)
        assert "secret" not in str(refusal.value)
    monkeypatch.setattr(calendar_settings, "find_spec", lambda _name: None)
    assert parse_calendars("") == ()
    with pytest.raises(ValueError, match=r"guildhall\[ots\]"):
        parse_calendars("https://a.example")


def test_the_bundle_has_the_proof_and_the_checkpoint_that_it_is_over(
    client: FlaskClient, database: Session, asked: Asked, here: Calendar
) -> None:
    owner, maker = person(), Maker()
    made = make.record(owner)
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        ask_authorities()
    sequence()
    make.record()
    ask_calendars()  # about a later checkpoint than the one that was stamped
    data = make_bundle(parts_of(viewer_for(owner.id), made.number, locale="en", site="https://guild.test"))
    members = open_bundle(data)
    assert members["ots/checkpoint.txt"].decode() == latest_checkpoint().body
    assert members["ots/checkpoint.txt"] != members["checkpoint.txt"]
    assert (
        read_proof(members["ots/checkpoint.ots"]).file_digest == hashlib.sha256(members["ots/checkpoint.txt"]).digest()
    )
    verdict = verify_bundle(data)
    assert verdict.proven, verdict.failures
    (line,) = [line for line in verdict.lines if "OpenTimestamps" in line.text]
    assert line.state is State.UNPROVEN
    assert "ots verify -f ots/checkpoint.txt ots/checkpoint.ots" in line.text
    members["ots/checkpoint.txt"] += b"x"
    assert not verify_bundle(pack(members)).proven


def test_a_proof_over_something_else_is_refused() -> None:
    parts = evidence.make_kit().parts
    body = members_of(parts)["checkpoint.txt"].decode()
    with calendar() as some:
        proof = submit(hashlib.sha256(body.encode()).digest(), (some.url,)).proof
        other = submit(hashlib.sha256(b"a/b\n1\nx\n").digest(), (some.url,)).proof
    assert verify_bundle(make_bundle(replace(parts, bitcoin=BitcoinProof(body, proof)))).proven
    for wrong in (BitcoinProof(body, other), BitcoinProof("a/b\n1\nx\n", other), BitcoinProof(body, b"")):
        assert not verify_bundle(make_bundle(replace(parts, bitcoin=wrong))).proven
    alone = members_of(replace(parts, bitcoin=BitcoinProof(body, proof)))
    del alone["ots/checkpoint.txt"]
    assert not verify_bundle(pack(alone)).proven


def test_a_block_is_preferred_to_what_waits_and_the_first_to_later_ones(database: Session) -> None:
    log_id = make.record().record.log_id
    with unit_of_work() as work:
        for size, block in ((2, None), (4, 900_001), (6, 900_003), (8, None), (9, None)):
            work.add(BitcoinStamp(log_id=log_id, size=size, proof=b"x", block=block))
        work.add(BitcoinStamp(log_id=log_id, size=10))
    found = {size: first_stamp(log_id, size) for size in (1, 4, 5, 7, 10)}
    assert {size: one.size if one else None for size, one in found.items()} == {1: 4, 4: 4, 5: 6, 7: 8, 10: None}
    assert [(one.size, one.block) for one in newest_stamps(log_id)] == [(6, 900_003), (9, None)]
