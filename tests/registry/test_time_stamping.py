"""From a checkpoint to its token and back into the log: who is asked, when, what is kept, and what goes wrong."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from asn1crypto import tsp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ip_registry.actions.renewing import renew, uncovered
from ip_registry.actions.stamping import LONGEST_WAIT, ask_about_file, keep_token, open_questions
from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.jobs.time import ask_authorities, renew_old_tokens, stamp
from ip_registry.log_cli import freeze
from ip_registry.logs import current_log
from ip_registry.models import LedgerEntry, PendingLeaf, TimeToken
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.times import Interval, proven_interval
from ip_registry.sequencing import sequence
from ip_registry.time.asking import ask
from ip_registry.time.authorities import Authority, parse_authorities
from ip_registry.time.tokens import verify_token
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import registry as make
from tests.makers.authorities import DAY, Maker, listening
from tests.registry.test_time_tokens import openssl_verifies

Answer = Callable[[bytes], bytes | tuple[int, bytes]]


class Answering:
    """An authority that changes its mind."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, query: bytes) -> bytes | tuple[int, bytes]:
        return self.answer(query)


class Asked:
    """A site whose authorities answer as the test says."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app = app
        self._folder = folder

    def authority(self, url: str, maker: Maker) -> Authority:
        path = self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}.pem"
        path.write_bytes(maker.chain)
        found = Authority(url, path)
        self._app.config["TIME_AUTHORITIES"] = (*self._app.config["TIME_AUTHORITIES"], found)
        return found


@pytest.fixture
def asked(app: Flask, database: Session, tmp_path: Path) -> Iterator[Asked]:
    usual = app.config["TIME_AUTHORITIES"]
    yield Asked(app, tmp_path)
    app.config["TIME_AUTHORITIES"] = usual


def tokens(database: Session) -> list[TimeToken]:
    database.expire_all()
    return list(database.scalars(select(TimeToken).order_by(TimeToken.id)))


def later(**how_much: float) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(**how_much), tick=True)


def test_a_registration_gets_its_interval(client: FlaskClient, database: Session, asked: Asked, tmp_path: Path) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        first = make.record()
        assert interval(first) is None
        ask_authorities()
        sequence()
        second = make.record()
        with later(seconds=40):
            ask_authorities()
    stamped = tokens(database)
    assert [(one.state, one.size, one.attempts) for one in stamped] == [("good", 1, 1), ("good", 3, 1)]
    early, late = interval(first), interval(second)
    assert early is not None
    assert late is not None
    assert (early.not_before, early.not_after) == (None, stamped[0].stated_at)
    assert (late.not_before, late.not_after) == (stamped[0].stated_at, stamped[1].stated_at)
    assert late.names == ("Test authority",)
    assert not late.is_demo
    assert not late.is_contested
    (tmp_path / "checkpoint.txt").write_text(latest_checkpoint().body)
    (tmp_path / "it.tsr").write_bytes(stamped[1].token)
    (tmp_path / "chain.pem").write_bytes(stamped[1].chain_pem)
    assert openssl_verifies(tmp_path, "it.tsr", "chain.pem")


def test_the_hash_of_the_token_is_logged(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        make.record()
        ask_authorities()
    (row,) = tokens(database)
    assert database.scalar(select(PendingLeaf.leaf_hash)) == row.anchor_hash
    sequence()
    leaf = database.scalar(select(LedgerEntry.leaf).where(LedgerEntry.leaf_hash == row.anchor_hash))
    assert f'"c":"{hashlib.sha256(row.token).hexdigest()}"'.encode() in leaf
    assert b'"t":"anchor"' in leaf


def test_anchors_alone_ask_for_no_stamp(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        make.record()
        for minutes in (0, 5, 10):
            with later(minutes=minutes):
                ask_authorities()
                sequence()
        assert len(tokens(database)) == 1
        make.record()
        with later(minutes=15):
            ask_authorities()
        assert [one.size for one in tokens(database)] == [1, 3]


def test_an_authority_is_not_asked_at_every_checkpoint(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        for _ in range(3):
            make.record()
            ask_authorities()
        assert [one.size for one in tokens(database)] == [1]
        with later(seconds=31):
            ask_authorities()
        assert [one.size for one in tokens(database)] == [1, 4]


def test_the_worker_asks_after_its_unit_of_work(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        make.record()
        with unit_of_work():
            stamp()
            assert tokens(database) == []
    assert [one.state for one in tokens(database)] == ["good"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _query: b"<html>busy</html>", "not a time stamp"),
        (lambda _query: (503, b""), "status 503"),
        (lambda _query: b"0\x050\x03\x02\x01\x02", "refused: rejection"),
        (lambda _query: b"x" * 70_000, "too long"),
        (lambda _query: Maker().token(hashlib.sha256(b"else").digest(), nonce=1), "not to the question"),
        (lambda query: Maker().answer(query), "lead to no accepted root"),
        (lambda query: Maker(with_certificates=False).answer(query), "neither in it nor in the chain"),
    ],
)
def test_an_answer_that_proves_nothing_is_asked_for_again(
    client: FlaskClient, database: Session, asked: Asked, answer: Answer, reason: str
) -> None:
    maker, answering = Maker(), Answering(answer)
    with listening(answering) as url:
        asked.authority(url, maker)
        made = make.record()
        ask_authorities()
        (row,) = tokens(database)
        assert (row.state, row.token, row.attempts) == ("waiting", None, 1)
        assert reason in row.last_error
        assert interval(made) is None
        ask_authorities()
        assert tokens(database)[0].attempts == 1
        answering.answer = maker.answer
        with later(seconds=20):
            ask_authorities()
    (row,) = tokens(database)
    assert (row.state, row.last_error, row.attempts) == ("good", "", 2)


def test_what_outsiders_write_is_kept_legible(client: FlaskClient, database: Session, asked: Asked) -> None:
    """A NUL in a name or in a refusal, which no database keeps, does not end the worker's work."""
    maker = Maker("An\0 odd\u202e name")
    refusal = tsp.PKIStatusInfo({"status": "rejection", "status_string": ["busy\0\n"]}).dump()
    answering = Answering(lambda _query: b"0" + bytes([len(refusal)]) + refusal)
    with listening(answering) as url:
        asked.authority(url, maker)
        make.record()
        ask_authorities()
        assert tokens(database)[0].last_error == "The authority refused: rejection (busy)."
        answering.answer = maker.answer
        with later(seconds=20):
            ask_authorities()
    assert [(row.state, row.authority) for row in tokens(database)] == [("good", "An odd name")]


def test_an_answer_to_another_question_is_refused(client: FlaskClient, database: Session, asked: Asked) -> None:
    """A real token of the right authority about the right bytes, but an old one: its nonce is not ours."""
    maker = Maker()
    make.record()
    replayed = maker.token(hashlib.sha256(latest_checkpoint().body.encode()).digest(), nonce=7)
    with listening(lambda _query: replayed) as url:
        asked.authority(url, maker)
        ask_authorities()
    (row,) = tokens(database)
    assert row.state == "waiting"
    assert "not to the question" in row.last_error


def test_who_does_not_answer_is_asked_ever_more_rarely_and_about_what_is_newest(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        pass
    authority = asked.authority(url, maker)
    make.record()
    start, asked_at = now(), []
    for minute in range(240):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False), unit_of_work():
            if open_questions([authority]):
                asked_at.append(minute)
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert gaps == sorted(gaps)
    assert gaps[-1] <= LONGEST_WAIT.total_seconds() / 60
    assert 6 < len(asked_at) < 12
    make.record()
    with later(hours=6):
        ask_authorities()
    (row,) = tokens(database)
    assert row.size == 2
    assert "ConnectionRefusedError" in row.last_error


def test_an_answer_that_comes_after_another_worker_kept_one_changes_nothing(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        authority = asked.authority(url, maker)
        make.record()
        with unit_of_work():
            (question,) = open_questions([authority])
        ask_authorities()
        assert tokens(database)[0].state == "waiting"
        first, second = ask(authority, question.imprint), ask(authority, question.imprint)
        for one in (first, second):
            with unit_of_work():
                keep_token(question, one)
    assert tokens(database)[0].token == first.token
    assert database.scalar(select(func.count()).select_from(PendingLeaf)) == 1


def test_a_removed_authority_is_forgotten_where_it_never_answered(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority("http://127.0.0.1:9/", maker)
        make.record()
        ask_authorities()
        assert [one.state for one in tokens(database)] == ["waiting"]
        client.application.config["TIME_AUTHORITIES"] = (Authority(url, asked._folder / "none.pem"),)
        (asked._folder / "none.pem").write_bytes(maker.chain)
        ask_authorities()
    assert [(one.url, one.state) for one in tokens(database)] == [(url, "good")]


def test_two_authorities_that_disagree_contest_each_other(client: FlaskClient, database: Session, asked: Asked) -> None:
    right, wrong = Maker("Right"), Maker("Wrong", off=-timedelta(minutes=9))
    with listening(right.answer) as one, listening(wrong.answer) as two:
        asked.authority(one, right)
        asked.authority(two, wrong)
        made = make.record()
        ask_authorities()
    assert [row.state for row in tokens(database)] == ["contested", "contested"]
    found = interval(made)
    assert found is not None
    assert found.is_contested
    assert found.not_after == max(row.stated_at for row in tokens(database))


def test_a_third_one_shows_who_is_wrong(client: FlaskClient, database: Session, asked: Asked) -> None:
    makers = [Maker("One"), Maker("Wrong", off=timedelta(hours=1)), Maker("Two", off=timedelta(minutes=1))]
    with listening(makers[0].answer) as one, listening(makers[1].answer) as two, listening(makers[2].answer) as three:
        for url, maker in zip((one, two, three), makers, strict=True):
            asked.authority(url, maker)
        made = make.record()
        ask_authorities()
    states = {row.authority: row.state for row in tokens(database)}
    assert states == {"One": "good", "Wrong": "contested", "Two": "good"}
    found = interval(made)
    assert found is not None
    assert (found.is_contested, found.names) == (False, ("One", "Two"))


def test_who_is_alone_and_far_from_our_clock_is_contested(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker(off=-DAY)
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        make.record()
        ask_authorities()
    assert [row.state for row in tokens(database)] == ["contested"]


def test_who_answers_hours_later_is_not_contested(client: FlaskClient, database: Session, asked: Asked) -> None:
    prompt, slow = Maker("Prompt"), Maker("Slow")
    answering = Answering(lambda _query: (503, b""))
    with listening(prompt.answer) as one, listening(answering) as two:
        asked.authority(one, prompt)
        asked.authority(two, slow)
        made = make.record()
        ask_authorities()
        answering.answer = slow.answer
        with later(hours=3):
            ask_authorities()
    rows = tokens(database)
    assert [row.state for row in rows] == ["good", "good"]
    found = interval(made)
    assert found is not None
    assert found.not_after == rows[0].stated_at


def test_a_quiet_log_is_stamped_again_before_a_certificate_ends(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    old, new = Maker("Old", ends=now() + 60 * DAY), Maker("New")
    with listening(old.answer) as one:
        asked.authority(one, old)
        make.record()
        ask_authorities()
        sequence()
    with listening(new.answer) as two:
        client.application.config["TIME_AUTHORITIES"] = ()
        authority = asked.authority(two, new)
        with unit_of_work():
            assert uncovered(tokens(database)[0].log_id) is not None
            assert renew([authority])
            renew([authority])
        ask_authorities()
        sequence()
    first, second = tokens(database)
    assert (second.state, second.size, second.renews_id) == ("good", 2, first.id)
    leaf = database.scalar(select(LedgerEntry.leaf).where(LedgerEntry.leaf_hash == second.anchor_hash))
    assert b'"t":"renew"' in leaf
    with unit_of_work():
        assert uncovered(first.log_id) is None
        assert not renew([authority])


def test_tokens_are_renewed_every_year_and_not_more_often(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        authority = asked.authority(url, maker)
        make.record()
        for days in (0, 100, 366, 367, 500, 735):
            with later(days=days):
                with unit_of_work():
                    renew([authority])
                ask_authorities()
                sequence()
    rows = tokens(database)
    assert [row.size for row in rows] == [1, 2, 3]
    assert [row.renews_id for row in rows] == [None, rows[0].id, rows[0].id]


def test_a_closed_log_is_vouched_for_by_the_next(client: FlaskClient, database: Session, asked: Asked) -> None:
    make.record()
    last = latest_checkpoint()
    assert client.application.test_cli_runner().invoke(freeze, ["--yes"]).exit_code == 0
    for _ in range(2):
        with unit_of_work():
            renew_old_tokens()
        sequence()
    database.expire_all()
    here = current_log(database)
    assert here is not None
    leaves = database.scalars(select(LedgerEntry.leaf).where(LedgerEntry.log_id == here.id)).all()
    (leaf,) = [parse_leaf(data) for data in leaves]
    assert (leaf.type, leaf.c) == ("anchor", hashlib.sha256(last.body.encode()).hexdigest())
    assert last.log_id != here.id


def test_one_file_can_be_stamped_by_itself(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    made = make.record(files={"draft.txt": b"what I found"})
    sha256 = hashlib.sha256(b"what I found").hexdigest()
    with listening(maker.answer) as url:
        authority = asked.authority(url, maker)
        with unit_of_work():
            facts = {"log_id": made.record.log_id, "record_id": made.record.id, "sha256": sha256}
            assert ask_about_file(**facts, authorities=[authority]) == 1
            assert ask_about_file(**facts, authorities=[authority]) == 0
        ask_authorities()
    over_file = next(row for row in tokens(database) if row.record_id == made.record.id)
    assert over_file.state == "good"
    assert over_file.anchor_hash is not None
    assert verify_token(over_file.token, b"what I found", over_file.chain_pem).authority == "Test authority"


def test_asking_is_cheap_where_nothing_happened(client: FlaskClient, database: Session, asked: Asked) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        authority = asked.authority(url, maker)
        make.record()
        ask_authorities()
        sequence()
        with unit_of_work():
            assert open_questions([authority]) == []


def test_an_empty_log_is_not_stamped(client: FlaskClient, database: Session, asked: Asked) -> None:
    authority = asked.authority("http://127.0.0.1:9/", Maker())
    ask_authorities()
    with unit_of_work():
        assert not renew([authority])
    assert tokens(database) == []


def test_the_setting_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "chain.pem"
    path.write_bytes(Maker().chain)
    found = parse_authorities(f"https://me:p%40ss@tsa.example/stamp?x=1|{path}\n http://other.example ;")
    assert [(one.url, one.chain, one.credentials) for one in found] == [
        ("https://tsa.example/stamp?x=1", path, "me:p@ss"),
        ("http://other.example", None, ""),
    ]
    assert "p@ss" not in repr(found)
    for wrong in ("ftp://a.example", "a.example", "http://a.example http://a.example"):
        with pytest.raises(ValueError, match="GUILDHALL_TSA_URLS"):
            parse_authorities(wrong)


def interval(made: make.Made) -> Interval | None:
    return proven_interval(made.record.log_id, index=made.index, after_size=made.record.after_size)
