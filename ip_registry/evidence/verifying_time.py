"""Checking the time: tokens of authorities over the checkpoint, and what all outsiders together come to."""

import re
from collections.abc import Mapping
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.manifests import FileRecord, Manifest
from ip_registry.evidence.verdicts import Check, Findings, shown
from ip_registry.time.answers import read_answer
from ip_registry.time.chains import is_root, read_chain
from ip_registry.time.tokens import TokenError, VerifiedToken, verify_imprint, verify_token

TOLERANCE = timedelta(minutes=5)
CHAIN = ".chain.pem"
ENDING = ".tsr"
OF_FILES = "tsa/files/"
PLACE = re.compile(r"tsa/files/([1-9][0-9]{0,8})/[^/]+", re.ASCII)


def check_tokens(findings: Findings, members: Mapping[str, bytes], checkpoint: bytes, roots: bytes | None) -> None:
    """Every token: it must be over the checkpoint, and its chain must lead to a root that is accepted."""
    for name in _tokens_in(members, of_files=False):
        chain = _chain_of(findings, members, name)
        if chain is None:
            continue
        try:
            token = verify_token(members[name], checkpoint, accepted(chain, roots))
        except (TokenError, EnvelopeError) as error:
            _say_useless(findings, name, error)
            continue
        _say_token(findings, token)


def check_file_tokens(
    findings: Findings, members: Mapping[str, bytes], manifest: Manifest | None, roots: bytes | None
) -> None:
    """Tokens over files themselves: each must be over the file whose place in the manifest its folder names.

    They date the file and not the leaf, so the leaf's interval is none of their business.
    """
    for name in _tokens_in(members, of_files=True):
        chain = _chain_of(findings, members, name)
        if chain is None:
            continue
        if manifest is None:
            findings.unproven(
                Check.TIME, N_("“%(name)s” is over a file, but there is no list of files that holds."), name=name
            )
            continue
        try:
            file = _file_of(name, manifest)
            token = verify_imprint(members[name], bytes.fromhex(file.sha256), accepted(chain, roots))
        except (TokenError, EnvelopeError) as error:
            _say_useless(findings, name, error)
            continue
        findings.proven(
            Check.TIME,
            N_("The authority %(name)s saw the hash of “%(path)s” itself at %(time)s; root certificate %(root)s."),
            name=token.authority,
            path=file.path,
            time=shown(token.gen_time),
            root=token.root,
        )


def token_time(token: bytes, chain: bytes, roots: bytes | None) -> VerifiedToken:
    """A token whatever it is over: what counts is when it was made."""
    try:
        answer = read_answer(token)
        if answer.algorithm == "sha256":
            return verify_imprint(token, answer.imprint, accepted(chain, roots))
    except TokenError as error:
        raise EnvelopeError(error.sentence, **error.values) from error
    raise EnvelopeError(N_("The token uses a hash that is not accepted: %(name)s."), name=answer.algorithm)


def say_times(findings: Findings) -> None:
    """Until when the leaf existed at the latest, and whether the outsiders contradict each other."""
    interval = findings.interval
    if interval.not_after is None:
        findings.unproven(Check.TIME, N_("Nobody outside has vouched for a time yet."))
        return
    findings.proven(
        Check.TIME, N_("It existed in exactly this form no later than %(time)s."), time=shown(interval.not_after)
    )
    if interval.is_demo:
        findings.unproven(
            Check.TIME, N_("Only a demonstration authority vouches for the time: nobody outside has to believe it.")
        )
    times = [time for time, _ in findings.seen]
    if max(times) - min(times) > TOLERANCE:
        findings.unproven(
            Check.TIME,
            N_("The outside times lie more than five minutes apart, from %(first)s to %(last)s."),
            first=shown(min(times)),
            last=shown(max(times)),
        )
    if interval.not_before is not None and interval.not_before - TOLERANCE > interval.not_after:
        findings.failed(Check.TIME, N_("The times contradict each other: the earliest is later than the latest."))


def accepted(chain: bytes, roots: bytes | None) -> bytes:
    """The chain; with roots of the reader's own, those take the place of the ones it brings."""
    if roots is None:
        return chain
    between = [one.public_bytes(Encoding.PEM) for one in read_chain(chain) if not is_root(one)]
    return b"".join([*between, b"\n", roots])


def _tokens_in(members: Mapping[str, bytes], *, of_files: bool) -> list[str]:
    return sorted(
        name
        for name in members
        if name.startswith("tsa/") and not name.endswith(CHAIN) and name.startswith(OF_FILES) is of_files
    )


def _chain_of(findings: Findings, members: Mapping[str, bytes], name: str) -> bytes | None:
    chain = members.get(name.removesuffix(ENDING) + CHAIN)
    if not name.endswith(ENDING) or chain is None:
        findings.failed(Check.TIME, N_("“%(name)s” is no token with its chain."), name=name)
        return None
    return chain


def _file_of(name: str, manifest: Manifest) -> FileRecord:
    found = PLACE.fullmatch(name)
    place = int(found[1]) if found else 0
    if not 1 <= place <= len(manifest.records):
        raise EnvelopeError(N_("its folder is not the place of a file in manifest.json."))
    return manifest.records[place - 1]


def _say_useless(findings: Findings, name: str, error: Exception) -> None:
    findings.failed(Check.TIME, N_("“%(name)s” proves no time: %(reason)s"), name=name, reason=str(error))


def _say_token(findings: Findings, token: VerifiedToken) -> None:
    findings.seen.append((token.gen_time, token.is_demo))
    findings.proven(
        Check.TIME,
        N_("The authority %(name)s saw this checkpoint at %(time)s; root certificate %(root)s."),
        name=token.authority,
        time=shown(token.gen_time),
        root=token.root,
    )
