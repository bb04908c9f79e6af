"""Proofs as files: read strictly, and true to the last bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cosignatures import add_signatures, cosign
from ledger.errors import FormatError, LedgerError, PolicyError, ProofError, SignatureError
from ledger.merkle import leaf_hash
from ledger.policies import Policy, policy_of
from ledger.proofs import Proof, VerifiedEntry, format_proof, parse_proof, verify_leaf, verify_proof
from ledger.tree import inclusion_proof
from tests.ledger.logs import LOG_KEY, LOG_KEY_PQ, NOW, WITNESS, WITNESS_PQ, both_witnesses, leaves, log_of

SIZE, INDEX = 300, 123
ENTRY = leaves(1, INDEX)[0]
LOG_OF_300 = log_of(200, 100)
NOTE = LOG_OF_300.checkpoints(SIZE - 1, 1)[0].note
COSIGNED = add_signatures(NOTE, [cosign(NOTE, key, time=NOW) for key in (WITNESS, WITNESS_PQ)])
PATH = inclusion_proof(LOG_OF_300, INDEX, SIZE)
TEXT = format_proof(INDEX, PATH, COSIGNED, b"extra")
LIGHT = format_proof(INDEX, PATH, add_signatures(NOTE, [cosign(NOTE, WITNESS, time=NOW)]), b"extra")
ONE_WITNESS = policy_of(log=[LOG_KEY.verifier], witnesses={"w1": WITNESS.verifier}, threshold=1)


def claim(text: bytes, policy: Policy) -> VerifiedEntry | None:
    try:
        return verify_proof(text, ENTRY, policy)
    except LedgerError:
        return None


def test_a_proof_says_where_the_entry_is_and_who_saw_the_log_when() -> None:
    verified = verify_proof(TEXT, ENTRY, both_witnesses())
    assert (verified.index, verified.checkpoint.size, verified.checkpoint.root) == (
        INDEX,
        SIZE,
        LOG_OF_300.state().root,
    )
    assert [(one.name, one.time) for one in verified.cosignatures] == [(WITNESS.name, NOW), (WITNESS_PQ.name, NOW)]
    assert verify_leaf(TEXT, leaf_hash(ENTRY), both_witnesses()) == verified
    assert verify_proof(TEXT, ENTRY, [LOG_KEY.verifier]).cosignatures == ()


def test_a_log_is_not_its_own_witness() -> None:
    text = format_proof(INDEX, PATH, add_signatures(NOTE, [cosign(NOTE, LOG_KEY_PQ, time=NOW)]))
    policy = policy_of(log=[LOG_KEY.verifier, LOG_KEY_PQ.verifier], witnesses={}, threshold=0)
    assert verify_proof(text, ENTRY, policy).cosignatures == ()


def test_a_proof_is_read_as_it_was_written() -> None:
    assert parse_proof(TEXT) == Proof(INDEX, tuple(PATH), COSIGNED, b"extra")
    assert parse_proof(TEXT.encode()) == parse_proof(TEXT)
    for extra in (None, b"", b"\x00\xff"):
        proof = parse_proof(format_proof(INDEX, PATH, NOTE, extra))
        assert (proof.extra, proof.note) == (extra, NOTE)


def test_the_first_entry_of_a_log_needs_no_path() -> None:
    note = log_of(1).checkpoints(0, 1)[0].note
    assert verify_proof(format_proof(0, [], note), leaves(1)[0], both_witnesses(0)).checkpoint.size == 1


def test_every_flipped_bit_is_caught_or_changes_nothing_that_is_claimed() -> None:
    good = LIGHT.encode()
    truth = verify_proof(good, ENTRY, ONE_WITNESS)
    harmless = 0
    for at in range(len(good) * 8):
        flipped = bytearray(good)
        flipped[at // 8] ^= 1 << at % 8
        found = claim(bytes(flipped), ONE_WITNESS)
        assert found in (None, truth), f"bit {at}: {bytes(flipped[max(0, at // 8 - 20) : at // 8 + 20])!r}"
        harmless += found is not None
    # Only `extra` may change: six bits in each of the seven signs of its base64, less what is not base64 any more.
    assert 0 < harmless <= 7 * 8


@given(st.data())
def test_a_flipped_bit_is_caught_with_ml_dsa_too(data: st.DataObject) -> None:
    flipped = bytearray(TEXT.encode())
    at = data.draw(st.integers(0, len(flipped) * 8 - 1))
    flipped[at // 8] ^= 1 << at % 8
    truth = verify_proof(TEXT, ENTRY, both_witnesses())
    assert claim(bytes(flipped), both_witnesses()) in (None, truth)


@given(st.integers(0, len(ENTRY) * 8 - 1))
def test_a_flipped_bit_of_the_entry_is_caught(at: int) -> None:
    flipped = bytearray(ENTRY)
    flipped[at // 8] ^= 1 << at % 8
    with pytest.raises(ProofError):
        verify_proof(TEXT, bytes(flipped), both_witnesses())


def test_a_proof_for_another_entry_or_another_size_is_refused() -> None:
    with pytest.raises(ProofError):
        verify_proof(TEXT, leaves(1, INDEX + 1)[0], both_witnesses())
    older = LOG_OF_300.checkpoints(199, 1)[0].note
    with pytest.raises(ProofError):
        verify_proof(format_proof(INDEX, PATH, older), ENTRY, both_witnesses(0))


def test_a_proof_that_too_few_or_nobody_signed_is_refused() -> None:
    with pytest.raises(PolicyError):
        verify_proof(LIGHT, ENTRY, both_witnesses())
    with pytest.raises(SignatureError):
        verify_proof(LIGHT, ENTRY, [WITNESS_PQ.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace("@v1", "@v2", 1),
        TEXT.replace("index", "place", 1),
        TEXT.replace("index ", "index  ", 1),
        TEXT.replace("index 123", "index 0123", 1),
        TEXT.replace("index 123", "index -123", 1),
        TEXT.replace("index 123", "index 123\nextra AAAA", 1),
        TEXT.replace("extra ", "extra  ", 1),
        TEXT.replace("extra ", "extra\t", 1),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n\n", "\n", 1),
        TEXT.replace("\n\n", "\n\n\n", 1),
        "\n" + TEXT,
        TEXT + "\n",
        TEXT[:-1],
        "c2sp.org/tlog-proof@v1\n\n" + NOTE,
        "c2sp.org/tlog-proof@v1\nextra AAAA\n\n" + NOTE,
        format_proof(INDEX, [b"x" * 32] * 64, NOTE),
        format_proof(INDEX, [b"x" * 31], NOTE),
        format_proof(INDEX, PATH, NOTE).replace("=\n", "\n", 1),
    ],
)
def test_what_is_not_a_proof_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_proof(text)


def test_a_proof_is_only_written_with_a_note() -> None:
    with pytest.raises(FormatError):
        format_proof(0, [], "no note")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    for text in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 1\n\n" + data):
        with pytest.raises(FormatError):
            parse_proof(text)
