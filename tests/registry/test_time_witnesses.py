"""Witnesses of the site's log: what they sign is kept, shown, and counts as an outsider's word about time."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ip_registry import sequencing
from ip_registry.actions.cosigning import Submission, keep_cosignatures
from ip_registry.jobs import time as jobs
from ip_registry.jobs.time import ask_authorities, ask_witnesses
from ip_registry.keys import log_of
from ip_registry.logs import current_log
from ip_registry.models import Cosignature, TimeToken
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.proofs import proof_text
from ip_registry.queries.times import proven_interval
from ip_registry.queries.trust import policy
from ip_registry.sequencing import NotSigningError
from ip_registry.time.authorities import Authority
from ip_registry.time.outsiders_cli import outsiders
from ip_registry.time.watching import witness_states
from ip_registry.witnesses import configured_witnesses
from kernel.clock import now
from kernel.work import unit_of_work
from ledger.keys import Kind, Signer
from ledger.log import LogState
from ledger.notes import Signature, Verified
from ledger.policies import parse_policy, policy_of
from ledger.proofs import verify_proof
from ledger.witnesses import Witness, create_memory, serve_witness
from tests.makers import registry as make
from tests.makers.authorities import Maker, listening
from tests.makers.search import settings

ED = Signer("witness.example.org", Kind.ED25519_COSIGNATURE, b"e" * 32)
PQ = Signer("witness.example.org", Kind.ML_DSA_44, b"p" * 32)
Watched = Callable[..., AbstractContextManager[str]]


@pytest.fixture(autouse=True)
def nobody_was_silent() -> Iterator[None]:
    jobs._silences.clear()
    yield
    jobs._silences.clear()


@pytest.fixture
def watched(app: Flask, client: FlaskClient, database: Session, tmp_path: Path) -> Watched:
    """A witness over the network, and a site that is configured with it; `off` is by how much its clock is wrong."""

    @contextmanager
    def run(*, off: timedelta = timedelta(), memory: str = "memory") -> Iterator[str]:
        here = current_log(database)
        assert here is not None
        path = tmp_path / memory
        if not path.exists():
            create_memory(path)
        keys = policy_of(log=[s.verifier for s in log_of(here.origin).signers], witnesses={}, threshold=0)
        clock = lambda: int((now() + off).timestamp())  # noqa: E731 - a clock in one line
        server = serve_witness(Witness(path, policy=keys, signers=[ED, PQ], clock=clock), host="127.0.0.1", port=0)
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with settings(app, witnesses=configured(url)):
            try:
                yield url
            finally:
                server.shutdown()
                server.server_close()
                thread.join()

    return run


def configured(url: str) -> str:
    return f"{ED.verifier} {url}/; {PQ.verifier} {url}/"


def lines(database: Session) -> list[tuple[int, str]]:
    database.expire_all()
    query = select(Cosignature).order_by(Cosignature.size, Cosignature.name)
    return [(one.size, one.name) for one in database.scalars(query)]


def both(*sizes: int) -> list[tuple[int, str]]:
    """A line of each of its two keys."""
    return [(size, ED.name) for size in sizes for _key in (ED, PQ)]


def test_a_witness_cosigns_what_grows(watched: Watched, database: Session) -> None:
    with watched():
        first = make.record()
        ask_witnesses()
        for _ in range(3):
            make.record()
        ask_witnesses()
        ask_witnesses()
        assert lines(database) == both(1, 4)
        note = latest_checkpoint().note
        assert note.count(f"— {ED.name} ") == 2
        proven = verify_proof(proof_text(first.index), first.sealed.leaf.data, policy())
    assert proven.index == first.index
    assert {one.name for one in proven.cosignatures} == {ED.name}


def test_a_witness_with_two_keys_is_one_voice(app: Flask, client: FlaskClient, database: Session) -> None:
    other = Signer("other.example.org", Kind.ED25519_COSIGNATURE, b"o" * 32)
    third = Signer("third.example.org", Kind.ML_DSA_44, b"t" * 32)
    entries = [f"{signer.verifier} http://127.0.0.1:9/" for signer in (PQ, third, ED, other)]
    with settings(app, witnesses=";".join(entries)):
        trust = policy()
        assert trust == parse_policy(str(trust))
    assert {one.name: one.verifier for one in trust.witnesses} == {
        "witness.example.org": ED.verifier,
        "witness.example.org-mldsa": PQ.verifier,
        "other.example.org": other.verifier,
        "third.example.org": third.verifier,
    }
    assert not trust.is_quorum([ED.verifier, PQ.verifier])  # two of three witnesses are asked for, not of four keys
    for one in (ED, PQ):
        assert trust.is_quorum([one.verifier, other.verifier])
    assert trust.is_quorum([other.verifier, third.verifier])


def test_a_key_that_was_changed_keeps_its_witness(app: Flask, client: FlaskClient, database: Session) -> None:
    new = Signer(ED.name, Kind.ED25519_COSIGNATURE, b"n" * 32)
    entries = f"{ED.verifier} http://127.0.0.1:9/; {new.verifier} http://127.0.0.1:9/; {new.verifier}"
    with settings(app, witnesses=entries):
        trust = policy()
        assert trust == parse_policy(str(trust))
    assert sorted(one.name for one in trust.witnesses) == ["witness.example.org", "witness.example.org-2"]
    assert trust.is_quorum([ED.verifier])
    assert trust.is_quorum([new.verifier])
    assert not trust.is_quorum([])


def test_a_cosignature_is_an_outsiders_word_about_time(watched: Watched, database: Session) -> None:
    with watched():
        made = make.record()
        assert proven_interval(made.record.log_id, index=made.index, after_size=0) is None
        ask_witnesses()
    found = proven_interval(made.record.log_id, index=made.index, after_size=0)
    assert found is not None
    assert {one.name for one in found.outsiders} == {ED.name}
    assert abs(found.not_after - now()) < timedelta(seconds=30)
    assert not found.is_contested
    assert all(one.is_witness for one in found.outsiders)


@pytest.mark.parametrize("time", [0, None, 2**40, 2**62])
def test_a_line_that_states_no_possible_time_is_not_kept(
    client: FlaskClient, database: Session, time: int | None
) -> None:
    make.record()
    here = current_log(database)
    assert here is not None
    submission = Submission("http://127.0.0.1:9", (ED.verifier,), here.id, here.size, "", 0)
    line = Verified(ED.verifier, Signature(ED.name, ED.verifier.key_id, b"x"), time)
    with unit_of_work():
        assert keep_cosignatures(submission, [line], asked_at=now()) == 0
    assert lines(database) == []


def test_a_site_that_forgot_how_far_a_witness_is_asks_again_from_there(watched: Watched, database: Session) -> None:
    with watched():
        make.record()
        make.record()
        ask_witnesses()
        with unit_of_work() as work:
            work.execute(delete(Cosignature))
        make.record()
        ask_witnesses()
    assert lines(database) == both(3)


def test_a_new_witness_begins_with_what_there_is(watched: Watched, database: Session) -> None:
    with watched(memory="first"):
        make.record()
        ask_witnesses()
    with watched(memory="second"):
        make.record()
        ask_witnesses()
    assert lines(database) == both(1, 2)


def test_a_witness_that_knows_more_than_we_is_not_believed_quietly(
    app: Flask, client: FlaskClient, database: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    make.record()
    with (
        listening(lambda _body: (409, b"99\n"), content_type="text/x.tlog.size") as url,
        settings(app, witnesses=configured(url)),
    ):
        ask_witnesses()
    assert lines(database) == []
    assert "the witness has seen 99 entries" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [(500, b"broken"), (200, b""), (200, b"nonsense\n"), (200, "— somebody AAAAAAAA\n".encode()), (403, b"no")],
)
def test_an_answer_that_is_no_cosignature_is_not_kept(
    app: Flask, client: FlaskClient, database: Session, answer: tuple[int, bytes]
) -> None:
    calls = []
    make.record()

    def reply(body: bytes) -> tuple[int, bytes]:
        calls.append(body)
        return answer

    with listening(reply) as url, settings(app, witnesses=configured(url)):
        ask_witnesses()
        ask_witnesses()
    assert lines(database) == []
    assert len(calls) == 1  # the second time it is left alone
    assert [silence for _until, silence in jobs._silences.values()] == [jobs.SILENCE]


def test_a_silent_witness_is_asked_ever_more_rarely(app: Flask, client: FlaskClient, database: Session) -> None:
    make.record()
    start = now()
    asked = 0
    with settings(app, witnesses=f"{ED.verifier} http://127.0.0.1:9"):
        for minute in range(60):
            with time_machine.travel(start + timedelta(minutes=minute), tick=False):
                before = dict(jobs._silences)
                ask_witnesses()
                asked += before != jobs._silences
    assert 6 <= asked <= 10


def test_a_silent_witness_does_not_hold_up_the_others(app: Flask, watched: Watched, database: Session) -> None:
    gone = Signer("gone.example.org", Kind.ED25519_COSIGNATURE, b"g" * 32)
    with watched() as url, settings(app, witnesses=f"{gone.verifier} http://127.0.0.1:9; {configured(url)}"):
        make.record()
        ask_witnesses()
    assert lines(database) == both(1)


def test_a_witness_whose_clock_is_wrong_is_contested_and_contests(
    app: Flask, watched: Watched, database: Session, tmp_path: Path
) -> None:
    maker = Maker()
    chain = tmp_path / "chain.pem"
    chain.write_bytes(maker.chain)
    usual = app.config["TIME_AUTHORITIES"]
    with watched(off=-timedelta(hours=2)), listening(maker.answer) as url:
        app.config["TIME_AUTHORITIES"] = (Authority(url, chain),)
        made = make.record()
        ask_authorities()
        assert [row.state for row in database.scalars(select(TimeToken))] == ["good"]
        ask_witnesses()
    app.config["TIME_AUTHORITIES"] = usual
    database.expire_all()
    (row,) = database.scalars(select(TimeToken))
    assert row.state == "contested"
    found = proven_interval(made.record.log_id, index=made.index, after_size=0)
    assert found is not None
    assert not found.is_demo
    assert found.is_contested
    assert found.not_after == row.stated_at
    assert found.names == (ED.name, "Test authority")


def test_the_start_can_be_checked_against_what_witnesses_have_seen(watched: Watched, database: Session) -> None:
    with watched():
        make.record()
        ask_witnesses()
        make.record()
        here = current_log(database)
        assert here is not None
        keys = [signer.verifier for signer in log_of(here.origin).signers]
        seen = witness_states(here.origin, keys, configured_witnesses())
        unknown = witness_states("elsewhere.example/ip/2026", keys, configured_witnesses())
    assert {state.size for state in seen.values()} == {1}
    assert set(seen) == {ED.name}
    assert all(isinstance(state, LogState) for state in seen.values())
    assert unknown == {}
    assert witness_states(here.origin, keys, configured_witnesses()) == {}


def test_a_site_that_forgot_what_a_witness_saw_signs_nothing(
    app: Flask, client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database and the high-water file were both restored, as with a snapshot of the whole machine."""
    made = make.record()
    ahead = {"witness.example.org": LogState(made.index + 5, b"r" * 32)}
    monkeypatch.setattr(sequencing, "witness_states", lambda *_args: ahead)
    assert sequencing.sequence() is None  # this process has looked already, and is not held up by witnesses again
    make.record()
    sequencing._started.clear()
    with pytest.raises(NotSigningError) as told:
        make.record()
    assert "witness witness.example.org knows 5 entries" in str(told.value.__cause__)
    monkeypatch.undo()
    assert sequencing.sequence() is not None


def test_the_command_is_a_witness_that_stands_alone(
    app: Flask, client: FlaskClient, database: Session, tmp_path: Path
) -> None:
    here = current_log(database)
    assert here is not None
    command = [sys.executable, "-m", "guildhall", "witness", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "w")]
    command += [f"--log={signer.verifier}" for signer in log_of(here.origin).signers]
    without_name = subprocess.run(command, capture_output=True, text=True, check=False)
    assert without_name.returncode == 1
    assert "needs a --name" in without_name.stderr
    with (
        running([*command, "--name", "witness.example.org"]) as (vkeys, url),
        settings(app, witnesses="; ".join(f"{vkey} {url}" for vkey in vkeys)),
    ):
        make.record()
        ask_witnesses()
    assert lines(database) == [(1, "witness.example.org")] * 2
    with running(command) as (again, _url):
        assert again == vkeys
    (tmp_path / "w" / "witness.sqlite").unlink()
    forgot = subprocess.run(command, capture_output=True, text=True, check=False)
    assert forgot.returncode == 1
    assert "does not exist" in forgot.stderr


@contextmanager
def running(command: list[str]) -> Iterator[tuple[list[str], str]]:
    """The keys and the address that a witness prints when it starts."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        printed = [process.stdout.readline().strip() for _ in range(3)]
        yield printed[:2], printed[2].removeprefix("It listens at ")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_an_operator_sees_who_answers(app: Flask, watched: Watched, database: Session, tmp_path: Path) -> None:
    maker, chain = Maker(), tmp_path / "chain.pem"
    chain.write_bytes(maker.chain)
    usual = app.config["TIME_AUTHORITIES"]
    nobody = app.test_cli_runner().invoke(outsiders)
    assert nobody.exit_code == 1
    assert "names anybody" in nobody.output
    try:
        with watched(), listening(maker.answer) as url:
            app.config["TIME_AUTHORITIES"] = (Authority(url, chain),)
            make.record()
            assert app.test_cli_runner().invoke(outsiders).exit_code == 1  # the witness has seen nothing yet
            ask_witnesses()
            make.record()
            told = app.test_cli_runner().invoke(outsiders)
            assert told.exit_code == 0, told.output
            assert re.search(rf"ok   {url}: Test authority, \d s off our clock", told.output)
            assert "laid down" in told.output
            assert told.output.count("witness.example.org: has seen 1 of 2 entries") == 1
        app.config["TIME_AUTHORITIES"] = (Authority("http://127.0.0.1:9/"),)
        gone = app.test_cli_runner().invoke(outsiders)
        assert gone.exit_code == 1
        assert "fail http://127.0.0.1:9/: ConnectionRefusedError" in gone.output
    finally:
        app.config["TIME_AUTHORITIES"] = usual
