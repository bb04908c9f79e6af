"""The evidence bundle: one zip file that proves a record to anyone, and always the same bytes for the same facts.

README.txt verify.html verify.sh        how to check it, without us
entry.json                              the leaf, exactly as the log holds it
entry.tlog-proof                        its place in the log, with a cosigned checkpoint
checkpoint.txt                          the body of that checkpoint: what the tokens are for
tsa/<name>.tsr, tsa/<name>.chain.pem    each authority's token over checkpoint.txt, and who vouches for the authority
tsa/files/<n>/<name>.tsr, ….chain.pem   the same over a file itself, the n-th of manifest.json: for the owner, if wished
ots/checkpoint.txt, ots/checkpoint.ots  a checkpoint, this or a later one, and its way into a block of Bitcoin
consistency/<size>.proof                what joins checkpoint.txt to the log of another size (`Consistency`)
policy.txt                              whose signatures count (tlog-policy)
record/opening.json, record/salt        what opens the commitment; the salt in hexadecimal
record/authors.json, manifest.json      names and file records, each a JSON list; null for a name that is not shown
after/…                                 what shows that the leaf is not older than it says (`LowerBound`)
certificate.pdf                         for people
owner-key.json                          the owner's key: only in a bundle that the inventor's own machine made
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ip_registry.envelopes.canonical import canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.openings import Author
from ledger.encoding import to_base64
from ledger.notes import parse_note
from ledger.proofs import parse_proof

EPOCH = (1980, 1, 1, 0, 0, 0)
REGULAR = 0o100_000
LARGEST_BUNDLE = 256 * 1024 * 1024
LARGEST_MEMBER = 128 * 1024 * 1024
MOST_MEMBERS = 1000
MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}/?", re.ASCII)
END_OF_ZIP = 22  # bytes: the last record of a zip without a comment
ENCRYPTED = 0x1


class BundleError(EnvelopeError):
    """A file that is no evidence bundle, so that nothing can be said about it."""


@dataclass(frozen=True)
class Token:
    """A time-stamp of one authority over checkpoint.txt or a file, with the certificates up to one that is trusted."""

    name: str
    token: bytes
    chain: bytes


@dataclass(frozen=True)
class Consistency:
    """The log of `old_size` is the beginning of the one that `note` is a checkpoint of; one of both is checkpoint.txt.

    Either it leads from the checkpoint that the leaf names in `after` to checkpoint.txt, or from there to a later one.
    """

    old_size: int
    hashes: Sequence[bytes]
    note: str

    @property
    def text(self) -> str:
        """As a witness is asked (tlog-witness): the old size, the proof, an empty line, the checkpoint."""
        return "".join([f"old {self.old_size}\n", *(f"{to_base64(one)}\n" for one in self.hashes), "\n", self.note])


@dataclass(frozen=True)
class LowerBound:
    """Why the leaf cannot be older than a time-stamp: the log that it names in `after` holds the token's anchor."""

    anchor: bytes
    proof: str
    token: bytes
    chain: bytes


@dataclass(frozen=True)
class BitcoinProof:
    """What OpenTimestamps has for a checkpoint: checkpoint.txt, or a later one that `consistency` joins to it."""

    checkpoint: str
    proof: bytes


@dataclass(frozen=True, kw_only=True)
class BundleParts:
    """What goes into a bundle; what is None is left out. `file_tokens` go by the place of their file, from 1."""

    leaf: bytes
    proof: str
    policy: str
    opening: str | None = None
    salt: bytes | None = None
    authors: Sequence[Author | None] | None = None
    manifest: Sequence[str] | None = None
    tokens: Sequence[Token] = ()
    file_tokens: Mapping[int, Sequence[Token]] = field(default_factory=dict)
    bitcoin: BitcoinProof | None = None
    consistency: Mapping[int, Consistency] = field(default_factory=dict)
    lower: LowerBound | None = None
    certificate: bytes | None = None
    owner_key: bytes | None = None
    papers: Mapping[str, bytes] = field(default_factory=dict)


def make_bundle(parts: BundleParts) -> bytes:
    """The zip file: sorted, uncompressed, without times, so that equal facts give equal bytes."""
    return pack(members_of(parts))


def pack(members: Mapping[str, bytes]) -> bytes:
    """The zip file of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in sorted(members.items()):
            member = zipfile.ZipInfo(name, EPOCH)
            member.create_system = 3  # the same bytes on every system
            member.external_attr = (REGULAR | _mode(name)) << 16
            bundle.writestr(member, content)
    return out.getvalue()


def members_of(parts: BundleParts) -> dict[str, bytes]:
    """The files of a bundle by name."""
    found: dict[str, bytes | str | None] = {
        **parts.papers,
        "entry.json": parts.leaf,
        "entry.tlog-proof": parts.proof,
        "checkpoint.txt": parse_note(parse_proof(parts.proof).note).text,
        "policy.txt": parts.policy,
        "record/opening.json": parts.opening,
        "record/salt": None if parts.salt is None else parts.salt.hex(),
        "record/authors.json": None
        if parts.authors is None
        else canonical([author and author.fields for author in parts.authors]),
        "manifest.json": None if parts.manifest is None else canonical(list(parts.manifest)),
        "certificate.pdf": parts.certificate,
        "owner-key.json": parts.owner_key,
    }
    for folder, tokens in [("tsa", parts.tokens), *((f"tsa/files/{n}", some) for n, some in parts.file_tokens.items())]:
        for token in tokens:
            found |= {f"{folder}/{token.name}.tsr": token.token, f"{folder}/{token.name}.chain.pem": token.chain}
    if parts.bitcoin:
        found |= {"ots/checkpoint.txt": parts.bitcoin.checkpoint, "ots/checkpoint.ots": parts.bitcoin.proof}
    found |= {f"consistency/{size}.proof": proof.text for size, proof in parts.consistency.items()}
    if parts.lower:
        found |= {
            "after/anchor.json": parts.lower.anchor,
            "after/anchor.tlog-proof": parts.lower.proof,
            "after/token.tsr": parts.lower.token,
            "after/token.chain.pem": parts.lower.chain,
        }
    return {
        name: content.encode() if isinstance(content, str) else content
        for name, content in found.items()
        if content is not None
    }


def open_bundle(data: bytes, *, most: int = LARGEST_BUNDLE) -> dict[str, bytes]:
    """The files of a bundle that came from anywhere: nothing is written to disk, nothing grows beyond `most` bytes."""
    if not data.startswith(b"PK\x03\x04") or data[-END_OF_ZIP:-18] != b"PK\x05\x06":
        raise BundleError(N_("This is not a zip file, or something stands before or after it."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            members = bundle.infolist()
            _check_members(members, most)
            return dict(_contents(bundle, members, most))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(N_("This zip file is damaged.")) from error


def _mode(name: str) -> int:
    return {"verify.sh": 0o755, "owner-key.json": 0o600}.get(name, 0o644)


def _check_members(members: Sequence[zipfile.ZipInfo], most: int) -> None:
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > most:
        raise BundleError(N_("This zip file is larger than an evidence bundle can be."))
    for member in members:
        name = member.orig_filename
        if not MEMBER.fullmatch(name):
            raise BundleError(N_("This zip file has a member with a name that no evidence bundle has."))
        if member.flag_bits & ENCRYPTED or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise BundleError(N_("“%(name)s” is encrypted or packed in an unknown way."), name=name)
    names = [member.filename.lower() for member in members]
    if len(set(names)) != len(names):
        raise BundleError(N_("This zip file has two members with the same name."))


def _contents(bundle: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], most: int) -> Iterator[tuple[str, bytes]]:
    left = most
    for member in members:
        if member.is_dir() and member.file_size == 0:
            continue  # a folder, as many a packer writes them
        with bundle.open(member) as file:
            content = file.read(min(left, LARGEST_MEMBER) + 1)
        left -= len(content)
        if left < 0 or len(content) > LARGEST_MEMBER:
            raise BundleError(N_("This zip file is larger than an evidence bundle can be."))
        yield member.filename, content
