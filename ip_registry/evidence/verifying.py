"""Checking an evidence bundle, offline and with nobody's help: everything that is in it, and your own copies."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.leaves import FIRST, Leaf, parse_leaf
from ip_registry.envelopes.manifests import Manifest
from ip_registry.envelopes.openings import Opening
from ip_registry.envelopes.sealing import Readable
from ip_registry.evidence.bundle import LARGEST_BUNDLE, BundleError, open_bundle
from ip_registry.evidence.verdicts import Check, Findings, Verdict
from ip_registry.evidence.verifying_bitcoin import check_bitcoin
from ip_registry.evidence.verifying_copies import check_copies
from ip_registry.evidence.verifying_log import Trust, check_after, check_consistency, check_place, check_witnesses
from ip_registry.evidence.verifying_record import check_authors, check_key, check_manifest, check_opening
from ip_registry.evidence.verifying_time import check_file_tokens, check_tokens, say_times
from ledger.errors import LedgerError
from ledger.keys import Kind
from ledger.policies import Policy, parse_policy

Given = Path | tuple[str, Readable]
CHECKED = ("entry.json", "entry.tlog-proof", "checkpoint.txt", "policy.txt", "manifest.json", "owner-key.json")
LARGEST_PAPER = 1_048_576  # bytes
CHECKED_FOLDERS = ("record/", "tsa/", "consistency/", "after/", "ots/")


def verify_bundle(
    source: Path | bytes,
    files: Sequence[Given] = (),
    policy: str | bytes | None = None,
    *,
    roots: bytes | None = None,
    progress: Callable[[int], object] | None = None,
    most: int = LARGEST_BUNDLE,
) -> Verdict:
    """What a bundle proves, and whether `files` (paths, folders, or names with streams) are the ones that were sealed.

    `policy` and `roots` (PEM) are whom the reader trusts; without them those in the bundle count, and the verdict says
    so. Raises BundleError when the file is no bundle, unpacks to more than `most` bytes, or the reader's own policy is
    none.
    """
    members = open_bundle(source if isinstance(source, bytes) else _read(source), most=most)
    _must_be_short(members)
    for name in ("entry.json", "entry.tlog-proof"):
        if name not in members:
            raise BundleError(N_("There is no “%(name)s” in it: this is no evidence bundle."), name=name)
    trust = Trust(_policy(members, policy), is_own=policy is not None, roots=roots)
    findings = Findings()
    leaf = _check_leaf(findings, members["entry.json"])
    opening, manifest = _check_record(findings, members, leaf) if leaf else (None, None)
    place = check_place(findings, members, trust)
    if place:
        check_witnesses(findings, place, trust)
        check_tokens(findings, members, place.text.encode(), roots)
        check_file_tokens(findings, members, manifest, roots)
        check_bitcoin(findings, members, place.text.encode())
        if leaf:
            check_consistency(findings, members, leaf, place, trust)
            check_after(findings, members, leaf, trust)
        say_times(findings)
    check_copies(findings, files, manifest, progress)
    _say_limits(findings, members, trust)
    return Verdict(
        lines=tuple(findings.lines),
        interval=findings.interval,
        copies=tuple(findings.copies),
        leaf_hash=leaf.hash if leaf else None,
        index=place.index if place else None,
        origin=place.checkpoint.origin if place else None,
        title=opening.title if opening else None,
    )


def _must_be_short(members: Mapping[str, bytes]) -> None:
    """All that is parsed is short, but for the list of files, which is read piece by piece."""
    for name, content in members.items():
        is_parsed = name in CHECKED or name.startswith(CHECKED_FOLDERS)
        if is_parsed and name != "manifest.json" and len(content) > LARGEST_PAPER:
            raise BundleError(N_("“%(name)s” is larger than such a file can be."), name=name)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BUNDLE + 1)
    except OSError as error:
        raise BundleError(N_("“%(path)s” cannot be read."), path=str(path)) from error
    if len(data) > LARGEST_BUNDLE:
        raise BundleError(N_("This zip file is larger than an evidence bundle can be."))
    return data


def _policy(members: Mapping[str, bytes], own: str | bytes | None) -> Policy:
    given = members.get("policy.txt") if own is None else own
    if given is None:
        raise BundleError(N_("There is no policy.txt in the bundle: say whom you trust with a policy of your own."))
    try:
        policy = parse_policy(given)
    except LedgerError as error:
        raise BundleError(N_("The policy cannot be read: %(reason)s."), reason=str(error)) from error
    if not policy.logs:
        raise BundleError(N_("The policy names no log."))
    return policy


def _check_leaf(findings: Findings, data: bytes) -> Leaf | None:
    try:
        leaf = parse_leaf(data)
    except EnvelopeError as error:
        findings.failed(Check.LEAF, error.sentence, **error.values)
        return None
    if leaf.type not in FIRST:
        findings.failed(Check.LEAF, N_("The leaf is of type “%(type)s”, with which no record begins."), type=leaf.type)
        return None
    findings.proven(
        Check.LEAF,
        N_("Whoever holds the key %(key)s signed the leaf %(hash)s, of type “%(type)s”."),
        key=leaf.k,
        hash=leaf.hash,
        type=leaf.type,
    )
    return leaf


def _check_record(
    findings: Findings, members: Mapping[str, bytes], leaf: Leaf
) -> tuple[Opening | None, Manifest | None]:
    opening = check_opening(findings, members, leaf)
    manifest = check_manifest(findings, members, opening)
    check_authors(findings, members, opening)
    check_key(findings, members, leaf)
    return opening, manifest


def _say_limits(findings: Findings, members: Mapping[str, bytes], trust: Trust) -> None:
    if not trust.is_own:
        findings.unproven(
            Check.TRUST,
            N_("The keys that count came with the bundle itself. Compare them with what you know of the log: %(keys)s"),
            keys=", ".join(str(log.verifier) for log in trust.policy.logs if log.verifier.kind == Kind.ED25519),
        )
    unread = sorted(name for name in members if name not in CHECKED and not name.startswith(CHECKED_FOLDERS))
    if unread:
        findings.unproven(Check.LIMITS, N_("For people, and not checked: %(names)s."), names=", ".join(unread))
    findings.unproven(
        Check.LIMITS,
        N_("Nothing here shows what became of the record later: whether it was assigned, withdrawn or disputed."),
    )
    findings.unproven(
        Check.LIMITS,
        N_("No evidence of this kind proves that the work is new, who made it, or that there is a right to it."),
    )
