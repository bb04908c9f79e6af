"""Witnesses: what they cosign, what they refuse and how, on both sides and over the network."""

import http.client
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, open_checkpoint, read_checkpoint, sign_checkpoint
from ledger.cosignatures import cosignatures_of
from ledger.errors import FormatError, WitnessError
from ledger.keys import Kind
from ledger.memory import MemoryStorage
from ledger.policies import policy_of
from ledger.tree import consistency_proof
from ledger.witnesses import (
    Reply,
    Witness,
    WitnessAheadError,
    add_checkpoint_body,
    ask_witness,
    create_memory,
    parse_add_checkpoint,
    serve_witness,
)
from ledger.witnesses.server import MOST_BYTES
from tests.ledger.logs import LOG_KEY, NOW, ORIGIN, WITNESS, WITNESS_PQ, log_of, signer

STORAGE = log_of(3, 4, 300)
SIZES = (0, 3, 7, 307)
KEYS = [WITNESS.verifier, WITNESS_PQ.verifier]
SIZE_TYPE = "text/x.tlog.size"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    create_memory(tmp_path / "witness.db")
    return open_witness(tmp_path)


def open_witness(place: Path) -> Witness:
    policy = policy_of(log=[LOG_KEY.verifier], witnesses={}, threshold=0)
    return Witness(place / "witness.db", policy=policy, signers=[WITNESS, WITNESS_PQ], clock=lambda: NOW)


def note_of(size: int, storage: MemoryStorage = STORAGE) -> str:
    return storage.checkpoints(size - 1, 1)[0].note


def body(old: int, new: int, proof: list[bytes] | None = None) -> bytes:
    if proof is None:
        proof = consistency_proof(STORAGE, old, new) if 0 < old <= new else []
    return add_checkpoint_body(old=old, proof=proof, note=note_of(new))


def seen(witness: Witness, origin: str = ORIGIN) -> Reply:
    return witness.checkpoint(sha256(origin.encode()).hexdigest())


def test_a_log_is_cosigned_with_every_key_as_it_grows(witness: Witness) -> None:
    for old, new in zip((0, *SIZES), SIZES, strict=False):
        reply = witness.add_checkpoint(body(old, new))
        assert reply.status == 200
        cosigned = cosignatures_of(note_of(new) + reply.body.decode(), KEYS)
        assert [(one.verifier, one.time) for one in cosigned] == [(key, NOW) for key in KEYS]


def test_what_a_witness_has_seen_can_be_read_with_all_signatures(witness: Witness) -> None:
    assert seen(witness).status == 404
    witness.add_checkpoint(body(0, 7))
    reply = seen(witness)
    assert reply.status == 200
    opened = open_checkpoint(reply.body, [LOG_KEY.verifier, *KEYS], origin=ORIGIN)
    assert (opened.checkpoint.size, len(opened.verified)) == (7, 3)
    assert seen(witness, "another.example").status == 404


def test_the_same_checkpoint_is_cosigned_again(witness: Witness) -> None:
    assert [witness.add_checkpoint(body(old, 7)).status for old in (0, 7, 7)] == [200, 200, 200]


def test_a_wrong_old_size_is_answered_with_the_right_one(witness: Witness) -> None:
    reply = witness.add_checkpoint(body(3, 7))
    assert (reply.status, reply.body, reply.content_type) == (409, b"0\n", SIZE_TYPE)
    witness.add_checkpoint(body(0, 7))
    for old in (0, 3):
        reply = witness.add_checkpoint(body(old, 307))
        assert (reply.status, reply.body, reply.content_type) == (409, b"7\n", SIZE_TYPE)
    assert read_checkpoint(seen(witness).body).size == 7


def test_a_smaller_checkpoint_is_a_conflict_and_takes_nothing_back(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 307))
    assert witness.add_checkpoint(body(3, 7)).status == 409
    assert witness.add_checkpoint(body(0, 7)).status == 409
    assert witness.add_checkpoint(body(307, 7)).status == 400
    assert read_checkpoint(seen(witness).body).size == 307


def test_another_root_for_a_known_size_is_a_conflict(witness: Witness) -> None:
    fork = sign_checkpoint(Checkpoint(ORIGIN, 7, b"f" * 32), [LOG_KEY])
    witness.add_checkpoint(body(0, 7))
    reply = witness.add_checkpoint(add_checkpoint_body(old=7, proof=[], note=fork))
    assert (reply.status, reply.content_type) == (409, "text/plain; charset=utf-8")
    assert seen(witness).body.decode().startswith(note_of(7))


def test_an_empty_log_has_the_root_of_nothing(witness: Witness) -> None:
    false = sign_checkpoint(Checkpoint(ORIGIN, 0, b"f" * 32), [LOG_KEY])
    assert witness.add_checkpoint(add_checkpoint_body(old=0, proof=[], note=false)).status == 409
    assert witness.add_checkpoint(body(0, 0)).status == 200


@pytest.mark.parametrize(
    "proof", [[], [b"x" * 32], consistency_proof(STORAGE, 3, 307), consistency_proof(STORAGE, 7, 307)[:-1]]
)
def test_a_proof_that_does_not_hold_is_refused(witness: Witness, proof: list[bytes]) -> None:
    witness.add_checkpoint(body(0, 7))
    assert witness.add_checkpoint(body(7, 307, proof)).status == 422
    assert read_checkpoint(seen(witness).body).size == 7


def test_no_proof_is_taken_where_none_belongs(witness: Witness) -> None:
    assert witness.add_checkpoint(body(0, 7, [b"x" * 32])).status == 422
    witness.add_checkpoint(body(0, 7))
    assert witness.add_checkpoint(body(7, 7, [b"x" * 32])).status == 422


def test_a_fork_with_a_good_signature_is_refused(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 7))
    fork = log_of(3, 5)
    proof = consistency_proof(fork, 7, 8)
    assert witness.add_checkpoint(add_checkpoint_body(old=7, proof=proof, note=note_of(8, fork))).status == 200
    forged = sign_checkpoint(Checkpoint(ORIGIN, 307, b"f" * 32), [LOG_KEY])
    proof = consistency_proof(STORAGE, 8, 307)
    assert witness.add_checkpoint(add_checkpoint_body(old=8, proof=proof, note=forged)).status == 422


def test_a_log_that_is_not_known_is_not_found(witness: Witness) -> None:
    origin = "another.example"
    note = sign_checkpoint(Checkpoint(origin, 1, b"r" * 32), [signer(origin, Kind.ED25519)])
    assert witness.add_checkpoint(add_checkpoint_body(old=0, proof=[], note=note)).status == 404


def test_a_known_log_without_its_signature_is_forbidden(witness: Witness) -> None:
    for key in (signer(ORIGIN, Kind.ED25519, 9), signer(ORIGIN, Kind.ML_DSA_44)):
        note = sign_checkpoint(Checkpoint(ORIGIN, 1, b"r" * 32), [key])
        assert witness.add_checkpoint(add_checkpoint_body(old=0, proof=[], note=note)).status == 403
    falsified = note_of(7).replace("\n7\n", "\n8\n")
    assert witness.add_checkpoint(add_checkpoint_body(old=0, proof=[], note=falsified)).status == 403
    assert seen(witness).status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\xff",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + note_of(7).encode(),
        b"old -1\n\n" + note_of(7).encode(),
        b"new 0\n\n" + note_of(7).encode(),
        b"old 0\nAAAA\n\n" + note_of(7).encode(),
        b"old 0\n\n" + note_of(7).encode()[:-1],
        b"old 0\n\nno\n\n\xe2\x80\x94 name AAAAAAA=\n",
        add_checkpoint_body(old=3, proof=[b"x" * 32] * 64, note=note_of(7)),
    ],
)
def test_what_is_not_a_request_is_a_bad_one(witness: Witness, wrong: bytes) -> None:
    assert witness.add_checkpoint(wrong).status == 400


def test_a_request_is_read_as_it_was_written() -> None:
    asked = parse_add_checkpoint(body(3, 307))
    assert (asked.old, list(asked.proof), asked.note) == (3, consistency_proof(STORAGE, 3, 307), note_of(307))


def test_a_witness_remembers_what_it_saw_before_it_was_started_again(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(body(0, 7))
    assert open_witness(tmp_path).add_checkpoint(body(0, 307)).status == 409


def test_a_witness_that_lost_its_memory_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(WitnessError, match="does not exist"):
        open_witness(tmp_path)
    create_memory(tmp_path / "witness.db")
    with pytest.raises(WitnessError, match="exists"):
        create_memory(tmp_path / "witness.db")


def test_a_witness_whose_memory_vanished_cosigns_nothing(witness: Witness, tmp_path: Path) -> None:
    (tmp_path / "witness.db").unlink()
    assert witness.add_checkpoint(body(0, 7)).status == 503
    assert not (tmp_path / "witness.db").exists()


def test_a_witness_needs_keys_that_cosign(tmp_path: Path) -> None:
    create_memory(tmp_path / "witness.db")
    policy = policy_of(log=[LOG_KEY.verifier], witnesses={}, threshold=0)
    for signers in ([], [LOG_KEY]):
        with pytest.raises(FormatError):
            Witness(tmp_path / "witness.db", policy=policy, signers=signers, clock=lambda: NOW)


def test_of_racing_requests_one_wins_and_the_others_hear_its_size(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 3))
    bodies = [body(3, 7), body(3, 307)] * 4
    start, replies = threading.Barrier(len(bodies)), list[Reply]()

    def ask(request: bytes) -> None:
        start.wait()
        replies.append(witness.add_checkpoint(request))

    threads = [threading.Thread(target=ask, args=(one,)) for one in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [200] + [409] * (len(bodies) - 1)
    winner = str(read_checkpoint(seen(witness).body).size).encode()
    assert {reply.body for reply in replies if reply.status == 409} == {winner + b"\n"}


def test_a_request_waits_for_the_one_that_is_being_checked(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(body(0, 3))
    other = sqlite3.connect(tmp_path / "witness.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    replies: list[Reply] = []
    thread = threading.Thread(target=lambda: replies.append(witness.add_checkpoint(body(3, 7))))
    thread.start()
    thread.join(0.2)
    assert replies == []
    other.execute("UPDATE head SET size = 5")
    other.execute("COMMIT")
    other.close()
    thread.join()
    assert [(reply.status, reply.body) for reply in replies] == [(409, b"5\n")]


def prove(size: int) -> Callable[[int], list[bytes]]:
    return lambda old: consistency_proof(STORAGE, old, size)


def test_a_log_that_does_not_know_what_a_witness_saw_finds_out(witness: Witness) -> None:
    asked: list[bytes] = []

    def post(request: bytes) -> Reply:
        asked.append(request)
        return witness.add_checkpoint(request)

    for size in (7, 307):
        cosigned = ask_witness(post, note=note_of(size), old=0, prove=prove(size), verifiers=KEYS)
        assert [(one.verifier, one.time) for one in cosigned] == [(key, NOW) for key in KEYS]
    assert [parse_add_checkpoint(one).old for one in asked] == [0, 0, 7]


def test_only_the_cosignatures_of_known_keys_count(witness: Witness) -> None:
    cosigned = ask_witness(
        witness.add_checkpoint, note=note_of(7), old=0, prove=prove(7), verifiers=[WITNESS_PQ.verifier]
    )
    assert [one.verifier for one in cosigned] == [WITNESS_PQ.verifier]
    with pytest.raises(WitnessError, match="no good cosignature"):
        ask_witness(
            witness.add_checkpoint,
            note=note_of(7),
            old=7,
            prove=prove(7),
            verifiers=[signer(WITNESS.name, Kind.ED25519_COSIGNATURE, 9).verifier],
        )


def test_a_log_that_fell_behind_its_witness_hears_how_far(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 307))
    with pytest.raises(WitnessAheadError) as ahead:
        ask_witness(witness.add_checkpoint, note=note_of(7), old=3, prove=prove(7), verifiers=KEYS)
    assert ahead.value.size == 307


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, b"broken"),
        Reply(404, b"who?"),
        Reply(409, b"another root"),
        Reply(409, b"3\n", SIZE_TYPE),
        Reply(409, b"many\n", SIZE_TYPE),
        Reply(409, b"\xff\n", SIZE_TYPE),
        Reply(200, b""),
        Reply(200, b"\xff"),
        Reply(200, b"thanks\n"),
        Reply(200, "— witness.example/w1 AAAAAAA=\n".encode()),
    ],
)
def test_any_other_answer_is_no_cosignature(reply: Reply) -> None:
    with pytest.raises(WitnessError):
        ask_witness(lambda _body: reply, note=note_of(7), old=3, prove=prove(7), verifiers=KEYS)


def test_a_witness_that_repeats_itself_is_asked_once() -> None:
    asked: list[bytes] = []

    def post(request: bytes) -> Reply:
        asked.append(request)
        return Reply(409, b"3\n", SIZE_TYPE)

    with pytest.raises(WitnessError, match="answered 409"):
        ask_witness(post, note=note_of(7), old=3, prove=prove(7), verifiers=KEYS)
    assert len(asked) == 1


def test_a_witness_that_keeps_changing_its_mind_is_given_up() -> None:
    sizes = iter(range(1, 99))
    with pytest.raises(WitnessError, match="changes its mind"):
        ask_witness(
            lambda _body: Reply(409, b"%d\n" % next(sizes), SIZE_TYPE),
            note=note_of(307),
            old=0,
            prove=prove(307),
            verifiers=KEYS,
        )


@contextmanager
def served(witness: Witness) -> Iterator[http.client.HTTPConnection]:
    server = serve_witness(witness, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def fetched(connection: http.client.HTTPConnection, method: str, path: str, data: bytes | None = None) -> Reply:
    connection.request(method, path, data)
    answer = connection.getresponse()
    return Reply(answer.status, answer.read(), answer.headers["Content-Type"])


def test_a_witness_answers_over_one_connection(witness: Witness) -> None:
    with served(witness) as connection:

        def post(request: bytes) -> Reply:
            return fetched(connection, "POST", "/add-checkpoint", request)

        for size in SIZES:
            assert len(ask_witness(post, note=note_of(size), old=0, prove=prove(size), verifiers=KEYS)) == 2
        reply = fetched(connection, "GET", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
        assert reply == seen(witness)
        assert post(body(0, 7)) == Reply(409, b"307\n", SIZE_TYPE)
        for path in ("/", "/add-checkpoint", f"/{'0' * 63}/checkpoint", f"/{'0' * 64}/checkpoint", "/../x"):
            assert fetched(connection, "GET", path).status == 404


def test_what_is_too_long_or_of_unknown_length_is_not_read(witness: Witness) -> None:
    with served(witness) as connection:
        connection.putrequest("POST", "/add-checkpoint")
        connection.putheader("Content-Length", str(MOST_BYTES + 1))
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (413, "close")
    for headers in ({}, {"Content-Length": "-1"}, {"Content-Length": "x"}, {"Transfer-Encoding": "chunked"}):
        with served(witness) as connection:
            connection.putrequest("POST", "/add-checkpoint")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            assert connection.getresponse().status == 411
    with served(witness) as connection:
        assert fetched(connection, "POST", "/", b"x").status == 404
        assert fetched(connection, "PUT", "/add-checkpoint", b"x").status == 501
