"""Signed notes and their keys: what is read, what is refused, who counts."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint, read_checkpoint, sign_checkpoint
from ledger.cosignatures import add_signatures, cosign, cosignatures_of, keep_signatures
from ledger.encoding import decimal, from_base64, to_base64
from ledger.errors import FormatError, SignatureError
from ledger.keys import Kind, Signer, Verifier, parse_signer, parse_vkey
from ledger.log import EMPTY, Log
from ledger.notes import MOST_SIGNATURES, Note, Signature, open_note, parse_note, sign_line, sign_note
from tests.ledger.logs import LOG_KEY, LOG_KEY_PQ, NOW, ORIGIN, WITNESS, WITNESS_PQ, signer

TEXT = Checkpoint(ORIGIN, 7, b"r" * 32).text
NOTE = sign_note(TEXT, [LOG_KEY, WITNESS], time=NOW)
EVERYBODY = [LOG_KEY, LOG_KEY_PQ, WITNESS, WITNESS_PQ]


@pytest.mark.parametrize("key", EVERYBODY, ids=lambda key: f"{key.kind:#04x}")
def test_a_signature_counts_for_its_text_its_key_and_its_name(key: Signer) -> None:
    note = sign_note(TEXT, [key], time=NOW)
    opened = open_note(note, [key.verifier])
    assert (opened.text, opened.verified[0].verifier) == (TEXT, key.verifier)
    assert opened.verified[0].time == (NOW if key.kind.is_timestamped else None)
    with pytest.raises(SignatureError):
        open_note(note.replace("\n7\n", "\n8\n"), [key.verifier])
    with pytest.raises(SignatureError, match="no known key"):
        open_note(note, [signer(key.name, key.kind, 9).verifier])
    with pytest.raises(SignatureError, match="no known key"):
        open_note(note, [signer("somebody.example", key.kind).verifier])


@pytest.mark.parametrize("key", EVERYBODY, ids=lambda key: f"{key.kind:#04x}")
def test_a_key_is_read_as_it_was_written(key: Signer) -> None:
    assert parse_vkey(str(key.verifier)) == key.verifier
    assert parse_signer(key.secret) == key
    assert key.seed.hex() not in repr(key)
    assert to_base64(key.seed) not in repr(key)


@pytest.mark.parametrize("key", [WITNESS, WITNESS_PQ], ids=["0x04", "0x06"])
def test_a_cosignature_counts_for_its_time_alone(key: Signer) -> None:
    line = sign_line(TEXT, key, time=NOW)
    later = Signature(line.name, line.key_id, (NOW + 1).to_bytes(8, "big") + line.signature[8:])
    never = Signature(line.name, line.key_id, (2**63).to_bytes(8, "big") + line.signature[8:])
    for wrong in (later, never):
        with pytest.raises(SignatureError):
            open_note(str(Note(TEXT, (wrong,))), [key.verifier])


def test_a_time_that_no_verifier_can_hold_is_refused_even_when_it_was_signed() -> None:
    time = 2**63
    signature = Ed25519PrivateKey.from_private_bytes(WITNESS.seed).sign(f"cosignature/v1\ntime {time}\n{TEXT}".encode())
    with pytest.raises(SignatureError, match="of no time"):
        WITNESS.verifier.check(TEXT, time.to_bytes(8, "big") + signature)
    with pytest.raises(FormatError):
        sign_line(TEXT, WITNESS, time=time)


def test_an_ml_dsa_cosignature_covers_the_name_of_its_signer_and_no_extension_line() -> None:
    line = sign_line(TEXT, WITNESS_PQ, time=NOW)
    other = Verifier("another.example", Kind.ML_DSA_44, WITNESS_PQ.verifier.public)
    with pytest.raises(SignatureError):
        other.check(TEXT, line.signature)
    assert WITNESS_PQ.verifier.check(TEXT + "extension\n", line.signature) == NOW
    with pytest.raises(SignatureError):
        WITNESS.verifier.check(TEXT + "extension\n", sign_line(TEXT, WITNESS, time=NOW).signature)


def test_only_a_checkpoint_can_be_signed_with_ml_dsa() -> None:
    with pytest.raises(FormatError):
        sign_note("a letter\n", [WITNESS_PQ])


def test_one_false_signature_of_a_known_key_spoils_a_note() -> None:
    false = Signature(WITNESS.name, WITNESS.verifier.key_id, bytes(72))
    note = str(Note(TEXT, (sign_line(TEXT, LOG_KEY), false)))
    assert open_note(note, [LOG_KEY.verifier]).text == TEXT
    with pytest.raises(SignatureError):
        open_note(note, [LOG_KEY.verifier, WITNESS.verifier])


def test_a_key_that_signed_twice_counts_once() -> None:
    lines = tuple(sign_line(TEXT, WITNESS, time=time) for time in (NOW, NOW + 1))
    assert [one.time for one in open_note(str(Note(TEXT, lines)), [WITNESS.verifier]).verified] == [NOW]


def test_a_note_ends_at_its_last_empty_line() -> None:
    text = "first\n\nsecond\n"
    assert open_note(sign_note(text, [LOG_KEY]), [LOG_KEY.verifier]).text == text


@pytest.mark.parametrize("count", [16, MOST_SIGNATURES])
def test_many_unknown_signatures_are_ignored(count: int) -> None:
    unknown = tuple(Signature(f"w{number}", b"abcd", b"x") for number in range(count - 1))
    assert open_note(str(Note(TEXT, (*unknown, sign_line(TEXT, LOG_KEY)))), [LOG_KEY.verifier]).text == TEXT


def test_too_many_signatures_and_too_long_notes_are_refused() -> None:
    unknown = tuple(Signature(f"w{number}", b"abcd", b"x") for number in range(MOST_SIGNATURES + 1))
    with pytest.raises(FormatError, match="too many"):
        parse_note(str(Note(TEXT, unknown)))
    with pytest.raises(FormatError, match="too long"):
        parse_note(sign_note("x" * 999_000 + "\n", [LOG_KEY]) + NOTE * 10)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "more\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("7", "\t7"),
        NOTE.replace("7", "\x007"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "),
        NOTE.replace(f"— {ORIGIN}", "— "),
        NOTE.replace(f"— {ORIGIN}", "— a+b"),
        NOTE.replace(f"— {ORIGIN}", "— a\u3000b"),
        TEXT + "\n— name AAAA\n",
        TEXT + "\n— name AAAAAAA\n",
        TEXT + "\n— name AAAAAA==\n",
        TEXT + "\n— name AAAAAAB=\n",
        TEXT + "\n— name AAAA AAAA\n",
        TEXT + "\n— name AAAA_A==\n",
        NOTE.encode() + b"\xff",
        NOTE.encode("utf-16"),
        NOTE.replace("7", "\ud800", 1),
    ],
)
def test_what_is_not_a_note_is_refused(note: str | bytes) -> None:
    with pytest.raises(FormatError):
        parse_note(note)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        str(LOG_KEY.verifier).replace("+AY", "+BY"),
        str(LOG_KEY.verifier).replace(ORIGIN, "another.example"),
        str(LOG_KEY.verifier) + "A",
        str(LOG_KEY.verifier).upper(),
        "name+00000000+AQ==",
        "name+00000000+/w==",
        "name+00000000+",
        "na me" + str(LOG_KEY.verifier),
        "\ud800" + str(LOG_KEY.verifier),
    ],
)
def test_what_is_not_a_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(FormatError):
        parse_vkey(vkey)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "PRIVATE+KEY+name",
        LOG_KEY.secret.replace("PRIVATE", "PUBLIC"),
        LOG_KEY.secret.replace(ORIGIN, "another.example"),
        LOG_KEY.secret[:-8],
        str(LOG_KEY.verifier),
    ],
)
def test_what_is_not_a_private_key_is_refused(secret: str) -> None:
    with pytest.raises(FormatError):
        parse_signer(secret)


def test_two_keys_that_look_alike_are_refused() -> None:
    class Twin(Verifier):
        @property
        def key_id(self) -> bytes:
            return LOG_KEY.verifier.key_id

    twin = Twin(ORIGIN, Kind.ED25519, WITNESS.verifier.public)
    with pytest.raises(FormatError, match="same key id"):
        open_note(NOTE, [LOG_KEY.verifier, twin])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n1\n",
        f"origin\n1\n{'A' * 43}=",
        f"origin\n01\n{'A' * 43}=\n",
        f"origin\n-1\n{'A' * 43}=\n",
        f"origin\n+1\n{'A' * 43}=\n",
        f"origin\n1 \n{'A' * 43}=\n",
        f"origin\n٣\n{'A' * 43}=\n",
        f"origin\n{2**63}\n{'A' * 43}=\n",
        f"origin\n1\n{'A' * 42}=\n",
        f"origin\n1\n{'A' * 42}B=\n",
        f"origin\n1\n{'A' * 44}\n",
        f"\n1\n{'A' * 43}=\n",
        f"origin\n1\n{'A' * 43}=\n\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_checkpoint(text)


def test_extension_lines_of_other_logs_are_kept_because_they_are_signed() -> None:
    head = Checkpoint("other.example", 1, b"r" * 32, ("one", "two"))
    assert parse_checkpoint(head.text) == head


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 1, b"r" * 32),
        Checkpoint("a\nb", 1, b"r" * 32),
        Checkpoint("a", -1, b"r" * 32),
        Checkpoint("a", 1, b"r"),
        Checkpoint("a", 1, b"r" * 32, ("",)),
    ],
)
def test_a_checkpoint_that_could_not_be_read_again_is_not_written(head: Checkpoint) -> None:
    with pytest.raises(FormatError):
        _ = head.text


def test_a_log_signs_under_its_own_name_and_with_ed25519() -> None:
    with pytest.raises(FormatError):
        sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY.root), [WITNESS])
    with pytest.raises(FormatError):
        Log(ORIGIN, (LOG_KEY_PQ,))
    note = Log(ORIGIN, (LOG_KEY, LOG_KEY_PQ)).sign(EMPTY)
    opened = open_checkpoint(note, [LOG_KEY.verifier, LOG_KEY_PQ.verifier], origin=ORIGIN)
    assert [one.time for one in opened.verified] == [None, 0]


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(SignatureError, match="another log"):
        open_checkpoint(NOTE, [LOG_KEY.verifier], origin="guildhall.example/ip/other")


def test_cosignatures_come_under_the_note_once_each() -> None:
    note = sign_note(TEXT, [LOG_KEY])
    lines = [cosign(note, key, time=NOW) for key in (WITNESS, WITNESS_PQ)]
    cosigned = add_signatures(note, lines)
    assert cosigned.startswith(note)
    assert [one.name for one in parse_note(cosigned).signatures] == [ORIGIN, WITNESS.name, WITNESS_PQ.name]
    again = add_signatures(cosigned, [cosign(note, WITNESS, time=NOW + 5)])
    assert again == cosigned
    keys = [WITNESS.verifier, WITNESS_PQ.verifier]
    assert [(one.name, one.time) for one in cosignatures_of(cosigned, keys)] == [
        (WITNESS.name, NOW),
        (WITNESS_PQ.name, NOW),
    ]
    assert keep_signatures(cosigned, [LOG_KEY.verifier]) == note
    with pytest.raises(FormatError):
        cosign(note, LOG_KEY, time=NOW)


@given(st.integers(0, 2**63 - 1))
def test_a_number_has_one_text(number: int) -> None:
    assert decimal(str(number)) == number
    with pytest.raises(FormatError):
        decimal(f"0{number}")


@given(st.binary(max_size=100))
def test_bytes_have_one_base64(data: bytes) -> None:
    text = to_base64(data)
    assert from_base64(text) == data
    for wrong in (text + "\n", text + "=", " " + text, text.rstrip("=") + "*"):
        with pytest.raises(FormatError):
            from_base64(wrong)


@given(st.text(st.characters(), max_size=200))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    for read in (parse_note, read_checkpoint, parse_checkpoint, parse_vkey, parse_signer):
        try:
            read(text)
        except FormatError:
            continue
