"""Checking the leaf's place: the path to a signed checkpoint, its witnesses, and the log at other sizes."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.leaves import OF_THE_LOG, Leaf, parse_leaf
from ip_registry.evidence.verdicts import Check, Findings, shown
from ip_registry.evidence.verifying_time import token_time
from ledger.checkpoints import Checkpoint, parse_checkpoint
from ledger.encoding import as_text, decimal, hash_from_base64
from ledger.errors import FormatError, LedgerError
from ledger.keys import Verifier
from ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.notes import Verified, open_note, parse_note
from ledger.policies import NONE, Policy
from ledger.proofs import parse_proof

CONSISTENCY = re.compile(r"consistency/(0|[1-9][0-9]*)\.proof", re.ASCII)
OLD = "old "
LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Trust:
    """Whose signatures count: the reader's own policy and roots, or those that came with the bundle."""

    policy: Policy
    is_own: bool
    roots: bytes | None


@dataclass(frozen=True)
class Place:
    """Where the leaf stands, and the checkpoint that says so, signed as the policy asks."""

    index: int
    checkpoint: Checkpoint
    text: str
    verified: tuple[Verified, ...]


def check_place(findings: Findings, members: Mapping[str, bytes], trust: Trust) -> Place | None:
    """The leaf's place under a checkpoint that the policy accepts."""
    try:
        place, hashes = _read_place(members["entry.tlog-proof"], trust)
    except LedgerError as error:
        findings.failed(
            Check.PLACE,
            N_("The proof is not under a checkpoint that the policy accepts: %(reason)s."),
            reason=str(error),
        )
        return None
    if members.get("checkpoint.txt", place.text.encode()) != place.text.encode():
        findings.failed(Check.PLACE, N_("checkpoint.txt is not the checkpoint of the proof."))
        return None
    if not _is_included(members["entry.json"], place, hashes):
        findings.failed(Check.PLACE, N_("The proof does not lead from the leaf to the root of the checkpoint."))
        return None
    findings.proven(
        Check.PLACE,
        N_("The log %(origin)s holds the leaf at index %(index)s, under its signed checkpoint of size %(size)s."),
        origin=place.checkpoint.origin,
        index=place.index,
        size=place.checkpoint.size,
    )
    return place


def check_witnesses(findings: Findings, place: Place, trust: Trust) -> None:
    """Who cosigned. When the policy asks for witnesses, the time when there were enough of them is an outside time."""
    witnesses = {witness.verifier for witness in trust.policy.witnesses}
    cosigned = [(one.verifier, one.time) for one in place.verified if one.verifier in witnesses and one.time]
    if any(time > LATEST for _, time in cosigned):
        findings.failed(Check.WITNESSES, N_("A witness states a time that no calendar has."))
        return
    dated = sorted(((datetime.fromtimestamp(time, UTC), key) for key, time in cosigned), key=lambda one: one[0])
    for time, key in dated:
        findings.proven(
            Check.WITNESSES,
            N_("The witness %(name)s saw this checkpoint at %(time)s."),
            name=key.name,
            time=shown(time),
        )
    if trust.policy.quorum == NONE:
        findings.unproven(
            Check.WITNESSES,
            N_("The policy asks for no witness: that the log shows everybody the same is its own word."),
        )
        return
    enough = _time_of_quorum(dated, trust.policy)
    if enough is not None:
        findings.seen.append((enough, False))


def check_consistency(findings: Findings, members: Mapping[str, bytes], leaf: Leaf, place: Place, trust: Trust) -> None:
    """That the log before and after is the same log, as far as the bundle shows it."""
    for name in sorted(name for name in members if name.startswith("consistency/")):
        try:
            older, newer = _check_consistency(name, members[name], leaf, place, trust)
        except LedgerError as error:
            findings.failed(
                Check.CONSISTENCY,
                N_("“%(name)s” does not join two sizes of the log: %(reason)s."),
                name=name,
                reason=str(error),
            )
        else:
            findings.proven(
                Check.CONSISTENCY,
                N_("The log of size %(newer)s continues the one of size %(older)s."),
                newer=newer,
                older=older,
            )


def check_after(findings: Findings, members: Mapping[str, bytes], leaf: Leaf, trust: Trust) -> None:
    """Why the leaf cannot be older: the log that it names in `after` holds the hash of a token, which is not older."""
    if not any(name.startswith("after/") for name in members):
        return
    try:
        time, authority = _check_after(members, leaf, trust)
    except KeyError as error:
        findings.failed(Check.AFTER, N_("“%(name)s” is missing."), name=str(error.args[0]))
    except EnvelopeError as error:
        findings.failed(Check.AFTER, error.sentence, **error.values)
    except LedgerError as error:
        findings.failed(Check.AFTER, N_("The proof in after/ does not hold: %(reason)s."), reason=str(error))
    else:
        findings.not_before = time
        findings.proven(
            Check.AFTER,
            N_("The leaf is not older than %(time)s: the log that its signer knew holds a token of %(name)s."),
            time=shown(time),
            name=authority,
        )


def _read_place(data: bytes, trust: Trust) -> tuple[Place, tuple[bytes, ...]]:
    proof = parse_proof(data)
    opened = trust.policy.open(proof.note)
    return Place(proof.index, opened.checkpoint, parse_note(proof.note).text, opened.verified), proof.hashes


def _is_included(entry: bytes, place: Place, hashes: tuple[bytes, ...]) -> bool:
    try:
        verify_inclusion(
            index=place.index,
            size=place.checkpoint.size,
            leaf=leaf_hash(entry),
            proof=hashes,
            root=place.checkpoint.root,
        )
    except LedgerError:
        return False
    return True


def _time_of_quorum(dated: Iterable[tuple[datetime, Verifier]], policy: Policy) -> datetime | None:
    """When the last witness of the first quorum signed: whichever of them is honest, it saw the checkpoint by then."""
    present: set[Verifier] = set()
    for time, key in dated:
        present.add(key)
        if policy.is_quorum(present):
            return time
    return None


def _check_consistency(name: str, data: bytes, leaf: Leaf, place: Place, trust: Trust) -> tuple[int, int]:
    named = CONSISTENCY.fullmatch(name)
    head, gap, note = as_text(data).partition("\n\n")
    first, *lines = head.split("\n")
    if not named or not gap or not first.startswith(OLD):
        raise FormatError("its form is not known")
    old_size, newer = decimal(first.removeprefix(OLD)), _signed_by_log(note, trust)
    here = place.checkpoint
    if newer.origin != here.origin:
        raise FormatError("it is of another log")
    if old_size == here.size and decimal(named[1]) == newer.size:
        old_root = here.root
    elif newer == here and old_size == leaf.after_size and decimal(named[1]) == old_size:
        old_root = leaf.after_root
    else:
        raise FormatError("it is about other sizes than the bundle")
    verify_consistency(
        old_size=old_size,
        old_root=old_root,
        new_size=newer.size,
        new_root=newer.root,
        proof=[hash_from_base64(line) for line in lines],
    )
    return old_size, newer.size


def _signed_by_log(note: str, trust: Trust) -> Checkpoint:
    """A checkpoint that need not be cosigned: it must only come from the log."""
    keys = [log.verifier for log in trust.policy.logs]
    opened = open_note(note, keys)
    checkpoint = parse_checkpoint(opened.text)
    if checkpoint.origin not in {one.verifier.name for one in opened.verified}:
        raise FormatError("a log signed for another")
    return checkpoint


def _check_after(members: Mapping[str, bytes], leaf: Leaf, trust: Trust) -> tuple[datetime, str]:
    entry, token = members["after/anchor.json"], members["after/token.tsr"]
    chain, proof = members["after/token.chain.pem"], parse_proof(members["after/anchor.tlog-proof"])
    anchor, seen = parse_leaf(entry), _signed_by_log(proof.note, trust)
    if anchor.type not in OF_THE_LOG or anchor.c != hashlib.sha256(token).hexdigest():
        raise EnvelopeError(N_("The anchor in after/ is not of this token."))
    if (seen.size, seen.root) != (leaf.after_size, leaf.after_root):
        raise EnvelopeError(N_("The proof in after/ is not about the state of the log that the leaf names."))
    verify_inclusion(index=proof.index, size=seen.size, leaf=leaf_hash(entry), proof=proof.hashes, root=seen.root)
    verified = token_time(token, chain, trust.roots)
    return verified.gen_time, verified.authority
