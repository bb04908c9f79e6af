"""Checking what opens a leaf: the opening, its files, its authors, and the owner's key if it lies in the bundle."""

import re
from collections.abc import Mapping
from typing import Any

from ip_registry.envelopes.canonical import parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.keys import parse_key_file
from ip_registry.envelopes.leaves import Leaf
from ip_registry.envelopes.manifests import MOST_FILES, Manifest
from ip_registry.envelopes.openings import Author, Opening, commitment, id_commit, parse_author, parse_opening
from ip_registry.evidence.verdicts import Check, Findings

BETWEEN = b'","'  # stands nowhere inside a text of JSON, where every quotation mark comes after a backslash
SALT = re.compile(rb"[0-9a-f]{64}")


def check_opening(findings: Findings, members: Mapping[str, bytes], leaf: Leaf) -> Opening | None:
    """The opening, if it is the one that the leaf commits to."""
    text, salt = members.get("record/opening.json"), members.get("record/salt")
    if text is None and salt is None:
        findings.unproven(Check.OPENING, N_("The record is not opened here: nothing says what the leaf is about."))
        return None
    if text is None or salt is None or not SALT.fullmatch(salt):
        findings.failed(Check.OPENING, N_("The opening or its salt is missing or broken; each needs the other."))
        return None
    try:
        opening = parse_opening(text)
        is_committed = commitment(bytes.fromhex(salt.decode()), text) == leaf.c
    except EnvelopeError as error:
        findings.failed(Check.OPENING, error.sentence, **error.values)
        return None
    if not is_committed:
        findings.failed(Check.OPENING, N_("The opening is not the one that the leaf commits to."))
    elif opening.owner_key != leaf.k:
        findings.failed(Check.OPENING, N_("The opening names another owner's key than the leaf."))
    elif (opening.parent is None) != (leaf.type == "register"):
        findings.failed(Check.OPENING, N_("Opening and leaf do not agree on whether there is an older version."))
    else:
        findings.proven(
            Check.OPENING,
            N_("The leaf commits to this opening: “%(title)s” (%(kind)s)."),
            title=opening.title,
            kind=opening.kind,
        )
        return opening
    return None


def check_manifest(findings: Findings, members: Mapping[str, bytes], opening: Opening | None) -> Manifest | None:
    """The list of files, if it is the one that the opening names."""
    data = members.get("manifest.json")
    if data is None:
        if opening is not None:
            findings.unproven(Check.MANIFEST, N_("There is no list of files here: no copy can be compared."))
        return None
    if opening is None:
        findings.failed(Check.MANIFEST, N_("The list of files belongs to no opening that holds."))
        return None
    try:
        manifest = Manifest.parse(_texts_in(data))
    except EnvelopeError as error:
        findings.failed(Check.MANIFEST, error.sentence, **error.values)
        return None
    if manifest.root != opening.manifest_root:
        findings.failed(Check.MANIFEST, N_("The list of files is not the one that was sealed."))
        return None
    findings.proven(
        Check.MANIFEST, N_("The list of files is the one that was sealed: %(count)s."), count=len(manifest.records)
    )
    return manifest


def check_authors(findings: Findings, members: Mapping[str, bytes], opening: Opening | None) -> None:
    """The names, each against the commitment in the opening. A name is a statement of the owner, and no more."""
    data = members.get("record/authors.json")
    if data is None:
        if opening is not None:
            findings.unproven(Check.AUTHORS, N_("The authors are not named here."))
        return
    if opening is None:
        findings.failed(Check.AUTHORS, N_("The names belong to no opening that holds."))
        return
    try:
        authors = _authors(parse_canonical(data), len(opening.authors))
    except EnvelopeError as error:
        findings.failed(Check.AUTHORS, error.sentence, **error.values)
        return
    for author, entry in zip(authors, opening.authors, strict=True):
        if author is not None and id_commit(author) != entry.id_commit:
            findings.failed(Check.AUTHORS, N_("“%(name)s” is not named so in what was sealed."), name=author.name)
            return
    names = ", ".join(author.name for author in authors if author)
    if names:
        findings.proven(Check.AUTHORS, N_("Named as authors when it was sealed: %(names)s."), names=names)
    findings.unproven(Check.AUTHORS, N_("That these people are who they are said to be, and agree, is not shown here."))


def check_key(findings: Findings, members: Mapping[str, bytes], leaf: Leaf) -> None:
    """The owner's private key, which only a bundle made by the inventor holds."""
    data = members.get("owner-key.json")
    if data is None:
        return
    try:
        kept = parse_key_file(data)
    except EnvelopeError as error:
        findings.failed(Check.KEY, error.sentence, **error.values)
        return
    if kept.key.vkey != leaf.k or kept.leaf_hash not in {None, leaf.hash}:
        findings.failed(Check.KEY, N_("owner-key.json is the key of another record."))
    else:
        findings.proven(
            Check.KEY,
            N_("owner-key.json is the private key of this record: take it out before you pass the bundle on."),
        )


def _texts_in(data: bytes) -> list[str]:
    """The texts of a canonical JSON list of texts, piece by piece: a list of millions of other things costs nothing."""
    if not data.startswith(b'["') or not data.endswith(b'"]') or data.count(BETWEEN) >= MOST_FILES:
        raise EnvelopeError(N_("A manifest must be a list of texts."))
    return [str(parse_canonical(b'"%b"' % piece)) for piece in data[2:-2].split(BETWEEN)]


def _authors(value: Any, count: int) -> list[Author | None]:
    if not isinstance(value, list) or len(value) != count:
        raise EnvelopeError(N_("The names are not as many as the authors that were sealed."))
    return [None if one is None else parse_author(one) for one in value]
