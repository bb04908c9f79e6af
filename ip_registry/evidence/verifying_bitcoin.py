"""Checking what OpenTimestamps left in a bundle, as far as it can be done without a block header of Bitcoin."""

import hashlib
from collections.abc import Mapping

from ip_registry.envelopes.errors import N_
from ip_registry.evidence.verdicts import Check, Findings

CHECKPOINT = "ots/checkpoint.txt"
PROOF = "ots/checkpoint.ots"
# The magic bytes of such a file, its version, and the mark of SHA-256, whose digest follows.
HEADER = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"


def check_bitcoin(findings: Findings, members: Mapping[str, bytes], checkpoint: bytes) -> None:
    """That the proof is over this checkpoint, or over one that the bundle joins to it; a time it never is by itself."""
    body, proof = members.get(CHECKPOINT), members.get(PROOF)
    if body is None and proof is None:
        return
    if body is None or proof is None or not proof.startswith(HEADER + hashlib.sha256(body).digest()):
        findings.failed(Check.TIME, N_("ots/checkpoint.ots is no proof over ots/checkpoint.txt."))
        return
    later = [data.partition(b"\n\n")[2] for name, data in members.items() if name.startswith("consistency/")]
    if body != checkpoint and not any(note.startswith(body + b"\n") for note in later):
        findings.failed(Check.TIME, N_("ots/checkpoint.txt is no checkpoint that this bundle is about."))
        return
    findings.unproven(
        Check.TIME,
        N_("OpenTimestamps: whether a Bitcoin block holds this needs the block. Check it with: %(command)s"),
        command=f"ots verify -f {CHECKPOINT} {PROOF}",
    )
