"""One flipped bit anywhere in a bundle is caught, or changes nothing that is claimed."""

import warnings
from collections.abc import Iterable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from ip_registry.envelopes.keys import key_file
from ip_registry.evidence.bundle import BundleError, make_bundle, members_of
from ip_registry.evidence.verdicts import State
from ip_registry.evidence.verifying import verify_bundle
from tests.makers.authorities import maker_whose_root_ends_in_a_zero_bit
from tests.registry.evidence import make_kit
from tests.registry.test_verifying import zipped

WHOLLY = {"entry.json", "record/salt", "checkpoint.txt"}
TRIED = 150  # bits of every other file, evenly over it
NAMES = [
    "entry.json",
    "record/salt",
    "checkpoint.txt",
    "entry.tlog-proof",
    "policy.txt",
    "record/opening.json",
    "record/authors.json",
    "manifest.json",
    "owner-key.json",
    "tsa/test.tsr",
    "tsa/test.chain.pem",
    "consistency/10.proof",
    "consistency/39.proof",
    "after/anchor.json",
    "after/anchor.tlog-proof",
    "after/token.tsr",
    "after/token.chain.pem",
    "README.txt",
]


@pytest.fixture(scope="module")
def kit():
    made = make_kit(maker=maker_whose_root_ends_in_a_zero_bit())
    key = key_file(made.sealed.key, made.sealed.leaf.hash)
    return replace(made, parts=replace(made.parts, papers={"README.txt": b"read me"}, owner_key=key))


def claims(data: bytes) -> set[object] | None:
    """Everything that is claimed; None when the bundle proves nothing."""
    try:
        verdict = verify_bundle(data)
    except BundleError:
        return None
    if not verdict.proven:
        return None
    said = {line.text for line in verdict.lines if line.state is State.PROVEN}
    return {*said, verdict.interval, verdict.leaf_hash, verdict.index, verdict.title, verdict.origin}


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def places(length: int, count: int) -> range:
    """Bits spread over a file; the step is odd, so that all eight of a byte come up."""
    return range(0, length * 8, max(1, length * 8 // count) | 1)


def places_before_the_signature(pem: bytes) -> Iterable[int]:
    """The bits that say how the signature of a certificate begins: nothing signs them."""
    certificate = load_pem_x509_certificate(pem)
    before = len(certificate.public_bytes(Encoding.DER)) - len(certificate.signature)
    lines = pem.splitlines(keepends=True)
    for place in range((before - 3) * 8 // 6, (before + 3) * 8 // 6):
        row, column = divmod(place, len(lines[1].rstrip()))
        start = sum(map(len, lines[: 1 + row])) + column
        yield from range(start * 8, start * 8 + 8)


def test_every_file_is_tried(kit):
    assert set(NAMES) == set(members_of(kit.parts))


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_in_a_file_is_caught_or_claims_nothing_else(kit, name):
    members = members_of(kit.parts)
    before, content = claims(zipped(members)), members[name]
    tried = range(len(content) * 8) if name in WHOLLY else places(len(content), TRIED)
    unsigned = places_before_the_signature(content) if name.endswith(".chain.pem") else ()
    for place in (*tried, *unsigned):
        after = claims(zipped({**members, name: flipped(content, place)}))
        assert after is None or after <= before, f"bit {place} of {name}"
        assert after is None or name not in WHOLLY, f"bit {place} of {name} went unnoticed"


def test_a_flipped_bit_in_the_zip_file_is_caught_or_claims_nothing_else(kit):
    data = make_bundle(kit.parts)
    before = claims(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that came up twice
        for place in places(len(data), 1500):
            after = claims(flipped(data, place))
            assert after is None or after <= before, f"bit {place}"
