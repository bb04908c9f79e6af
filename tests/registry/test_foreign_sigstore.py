"""Sigstore's client for Python, which knows nothing of us, follows our proofs and reads our checkpoints.

What is called here is not its public interface, which wants entries of its own log: its version is pinned.
"""

import base64
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint
from sigstore.errors import VerificationError

from ledger.proofs import Proof, parse_proof
from tests.registry.evidence import LOG, Kit, make_kit


@pytest.fixture(scope="module", params=[1, 7, 64, 300])
def kit(request: pytest.FixtureRequest) -> Kit:
    return make_kit(others=request.param)


def follow(leaf: bytes, proof: Proof) -> None:
    """Follow a proof from the leaf to the root that the checkpoint names, as they would for an entry of theirs."""
    checkpoint = SignedCheckpoint.from_text(proof.note).checkpoint
    inner = SimpleNamespace(
        canonicalized_body=leaf,
        inclusion_proof=SimpleNamespace(
            log_index=proof.index,
            tree_size=checkpoint.log_size,
            hashes=list(proof.hashes),
            root_hash=bytes.fromhex(checkpoint.log_hash),
        ),
    )
    verify_merkle_inclusion(SimpleNamespace(_inner=inner))


def test_their_verifier_accepts_our_proof(kit: Kit) -> None:
    follow(kit.parts.leaf, parse_proof(kit.parts.proof))


def test_their_verifier_refuses_what_was_tampered_with(kit: Kit) -> None:
    proof, leaf = parse_proof(kit.parts.proof), kit.parts.leaf
    flipped = bytes([proof.hashes[0][0] ^ 1]) + proof.hashes[0][1:]
    for other in (
        replace(proof, hashes=(flipped, *proof.hashes[1:])),
        replace(proof, hashes=proof.hashes[1:]),
        replace(proof, index=proof.index ^ 1),
    ):
        with pytest.raises(VerificationError):
            follow(leaf, other)
    with pytest.raises(VerificationError):
        follow(leaf + b" ", proof)


def test_their_reader_finds_the_signature_of_the_log_among_those_of_witnesses(kit: Kit) -> None:
    read = SignedCheckpoint.from_text(parse_proof(kit.parts.proof).note)
    assert read.checkpoint.origin == LOG.origin
    assert len(read.signed_note.signatures) == 4
    verifier = LOG.signers[0].verifier
    ours = [one for one in read.signed_note.signatures if one.sig_hash == verifier.key_id]
    key, signature = Ed25519PublicKey.from_public_bytes(verifier.public), base64.b64decode(ours[0].signature)
    key.verify(signature, read.signed_note.note.encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, read.signed_note.note.replace(LOG.origin, "other").encode())
