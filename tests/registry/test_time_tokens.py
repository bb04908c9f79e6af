"""Time stamps: what is a proof, what is none, and that other people's tokens are read as they meant them."""

import base64
import hashlib
import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import decode_timestamp_response

from ip_registry.time.answers import LARGEST
from ip_registry.time.chains import delivered_chain, read_chain
from ip_registry.time.tokens import TokenError, verify_imprint, verify_token
from kernel.clock import now
from tests.makers.authorities import DAY, Maker, maker_whose_root_ends_in_a_zero_bit

VECTORS = Path(__file__).parent.parent / "vectors"
RFC3161 = VECTORS / "rfc3161"
HELLO = b"hello"
DATA = b"a checkpoint\n"
IMPRINT = hashlib.sha256(DATA).digest()


def vector(name: str) -> bytes:
    return (RFC3161 / name).read_bytes()


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_real_tokens_of_every_hash_are_read(algorithm: str) -> None:
    found = verify_token(vector(f"sigstage/response-{algorithm}.tsr"), HELLO, vector("sigstage/ts_chain.pem"))
    assert found.authority == "sigstore-tsa · sigstore.dev"
    assert found.gen_time.replace(microsecond=0, second=0) == datetime(2025, 5, 9, 11, 58, tzinfo=UTC)
    assert not found.is_demo


def test_the_time_stamp_of_a_public_log_is_read() -> None:
    bundle = json.loads(next((VECTORS / "rekor").glob("*.json")).read_text())
    (stamp,) = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    signature = base64.b64decode(bundle["messageSignature"]["signature"])
    token = base64.b64decode(stamp["signedTimestamp"])
    assert verify_token(token, signature, vector("sigstage/ts_chain.pem")).authority == "sigstore-tsa · sigstore.dev"


def test_a_token_counts_although_its_certificate_has_ended_since() -> None:
    token, root = vector("identrust/issue-104.tsr"), vector("identrust/ts_chain.pem")
    found = verify_token(token, HELLO, root)
    assert found.gen_time == datetime(2025, 3, 11, 8, 52, 8, tzinfo=UTC)
    assert found.expires_at.date().isoformat() == "2026-01-17"
    assert verify_token(token, HELLO, root, at=found.expires_at) == found
    with pytest.raises(TokenError, match="ended on 2026-01-17"):
        verify_token(token, HELLO, root, at=found.expires_at + timedelta(seconds=1))


def test_a_token_without_its_certificate_needs_it_in_the_chain() -> None:
    chain = vector("sigstage/ts_chain.pem")
    root = chain[chain.rindex(b"-----BEGIN") :]
    foreign = (VECTORS / "sigstore-tsa" / "issue1482-timestamp-with-no-cert").read_bytes()
    message = (VECTORS / "sigstore-tsa" / "issue1482-message").read_bytes()
    for token, data in ((vector("sigstage/response-no-embedded-cert.tsr"), HELLO), (foreign, message)):
        assert verify_token(token, data, chain).authority == "sigstore-tsa · sigstore.dev"
        with pytest.raises(TokenError, match="neither in it nor in the chain"):
            verify_token(token, data, root)


def test_certificates_that_somebody_put_in_change_nothing() -> None:
    chain = vector("test_tsa/ts_chain.pem")
    clean = verify_token(vector("test_tsa/response.tsr"), HELLO, chain)
    assert verify_token(vector("test_tsa/response-injected-certs.tsr"), HELLO, chain) == clean
    assert clean.authority == "Test TSA Timestamping · local"


def test_a_false_signature_is_refused() -> None:
    with pytest.raises(TokenError, match="signature of the token is false"):
        verify_token(vector("sigstage/response-invalid-signature.tsr"), HELLO, vector("sigstage/ts_chain.pem"))


def test_an_unrelated_root_is_refused() -> None:
    with pytest.raises(TokenError, match="lead to no accepted root"):
        verify_token(vector("test_tsa/response.tsr"), HELLO, vector("sigstage/ts_chain.pem"))


def test_a_chain_without_a_root_accepts_nothing() -> None:
    leaf, intermediate, root = vector("test_tsa/ts_chain.pem").split(b"-----END CERTIFICATE-----\n")[:3]
    end = b"-----END CERTIFICATE-----\n"
    token = vector("test_tsa/response.tsr")
    with pytest.raises(TokenError, match="no root certificate"):
        verify_token(token, HELLO, leaf + end + intermediate + end)
    with pytest.raises(TokenError, match="lead to no accepted root"):
        verify_token(token, HELLO, root + end)
    assert verify_token(token, HELLO, intermediate + end + root + end)


def test_a_root_whose_signature_is_said_to_have_a_bit_fewer_is_no_root() -> None:
    maker = maker_whose_root_ends_in_a_zero_bit()
    token, der = maker.token(IMPRINT), bytearray(maker.root.public_bytes(Encoding.DER))
    der[-1 - len(maker.root.signature)] = 1
    assert read_chain(bytes(der))[0].signature == maker.root.signature
    assert (
        verify_token(token, DATA, maker.chain).root == hashlib.sha256(maker.root.public_bytes(Encoding.DER)).hexdigest()
    )
    with pytest.raises(TokenError, match="no root certificate"):
        verify_token(token, DATA, bytes(der))


def test_only_the_root_that_a_token_leads_to_is_named() -> None:
    maker, stranger = Maker(), Maker(name="Somebody else")
    found = verify_token(maker.token(IMPRINT), DATA, stranger.chain + maker.chain)
    assert found.root == maker.root.fingerprint(SHA256()).hex()


def test_a_token_about_something_else_is_refused() -> None:
    with pytest.raises(TokenError, match="about something else"):
        verify_token(vector("sigstage/response-sha256.tsr"), b"hullo", vector("sigstage/ts_chain.pem"))


def test_only_the_hash_needs_to_be_known() -> None:
    maker = Maker()
    token = maker.token(IMPRINT)
    assert verify_imprint(token, IMPRINT, maker.chain) == verify_token(token, DATA, maker.chain)
    with pytest.raises(TokenError, match="hash that is not accepted: sha512"):
        verify_imprint(vector("sigstage/response-sha512.tsr"), IMPRINT, vector("sigstage/ts_chain.pem"))


def test_old_hashes_are_refused() -> None:
    maker = Maker()
    with pytest.raises(TokenError, match="hash that is not accepted: sha1"):
        verify_token(maker.token(hashlib.sha1(DATA).digest(), algorithm="sha1"), DATA, maker.chain)  # noqa: S324 - refused


def test_unsorted_certificates_are_sorted_before_they_are_read() -> None:
    """Many authorities send them so; the order is signed by nobody."""
    maker = Maker(is_unsorted=True)
    token = maker.token(IMPRINT)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(token)
    assert verify_token(token, DATA, maker.chain).authority == "Test authority"


def test_a_bare_token_is_as_good_as_a_response() -> None:
    token, chain = vector("sigstage/response-sha256.tsr"), vector("sigstage/ts_chain.pem")
    bare = decode_timestamp_response(token).time_stamp_token()
    assert verify_token(bare, HELLO, chain) == verify_token(token, HELLO, chain)


@pytest.mark.parametrize(
    ("maker", "reason"),
    [
        (Maker(names_signer=False), "does not name the certificate"),
        (Maker(with_certificates=False), "neither in it nor in the chain"),
        (Maker(usage=ExtendedKeyUsageOID.CODE_SIGNING), "lead to no accepted root"),
        (Maker(off=-20 * DAY), "not valid when the token says it was made"),
        (Maker(begins=now() - 9 * DAY, ends=now() - 5 * DAY), "not valid when the token says it was made"),
    ],
)
def test_what_a_token_must_have(maker: Maker, reason: str) -> None:
    with pytest.raises(TokenError, match=reason):
        verify_token(maker.token(IMPRINT), DATA, maker.chain)


@pytest.mark.parametrize(
    "token", [b"", b"0", b"0\x00", b"0\x050\x03\x02\x01\x00", b"<html>", b"\x30\x80" * 500, b"0" * LARGEST]
)
def test_bytes_that_are_no_time_stamp_are_refused(token: bytes) -> None:
    with pytest.raises(TokenError, match="not a time stamp"):
        verify_token(token, DATA, Maker().chain)


def test_a_refusal_of_the_authority_is_told() -> None:
    with pytest.raises(TokenError, match="The authority refused: rejection"):
        verify_token(b"0\x050\x03\x02\x01\x02", DATA, Maker().chain)


def test_too_many_bytes_are_not_even_read() -> None:
    with pytest.raises(TokenError, match="larger than 65536 bytes"):
        verify_token(b"0" * (LARGEST + 1), DATA, Maker().chain)


@pytest.mark.parametrize("chain", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_chain_that_cannot_be_read_is_refused(chain: bytes) -> None:
    with pytest.raises(TokenError, match="chain of certificates cannot be read"):
        verify_token(vector("sigstage/response-sha256.tsr"), HELLO, chain)


def test_no_flipped_bit_changes_what_a_token_says() -> None:
    """What no signature covers may differ, as the status of a response; then nothing that is claimed does."""
    maker = Maker()
    token = maker.token(IMPRINT)
    claimed = verify_token(token, DATA, maker.chain)
    accepted = 0
    for bit in random.Random(7).sample(range(len(token) * 8), 900):  # noqa: S311 - a sample that is the same every time
        flipped = bytearray(token)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            found = verify_token(bytes(flipped), DATA, maker.chain)
        except TokenError:
            continue
        accepted += 1
        assert found == claimed, bit
    assert accepted < 20


def test_the_chain_is_taken_as_it_is_delivered_where_none_was_laid_down() -> None:
    maker = Maker(with_root=True)
    token = maker.token(IMPRINT)
    chain = delivered_chain(token)
    assert [one.subject.rfc4514_string() for one in read_chain(chain)] == [
        "CN=Test authority",
        "CN=Test authority root",
    ]
    assert verify_token(token, DATA, chain).authority == "Test authority"
    with pytest.raises(TokenError, match="does not deliver its root"):
        delivered_chain(Maker().token(IMPRINT))


def test_openssl_reads_the_same_as_we(tmp_path: Path) -> None:
    """Unsorted certificates, a false hash and another root, seen by a program that is not ours."""
    maker = Maker(is_unsorted=True)
    (tmp_path / "checkpoint.txt").write_bytes(DATA)
    (tmp_path / "chain.pem").write_bytes(maker.chain)
    (tmp_path / "other.pem").write_bytes(Maker().chain)
    (tmp_path / "one.tsr").write_bytes(maker.token(IMPRINT))
    (tmp_path / "two.tsr").write_bytes(maker.token(hashlib.sha256(b"else").digest()))
    assert openssl_verifies(tmp_path, "one.tsr", "chain.pem")
    assert not openssl_verifies(tmp_path, "two.tsr", "chain.pem")
    assert not openssl_verifies(tmp_path, "one.tsr", "other.pem")


def openssl_verifies(folder: Path, token: str, chain: str) -> bool:
    command = ["openssl", "ts", "-verify", "-data", "checkpoint.txt", "-in", token, "-CAfile", chain]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "Verification: OK" in done.stdout
