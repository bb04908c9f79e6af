"""Evidence to test with: a small log with witnesses and a time authority, and one work that is sealed in it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.envelopes.manifests import Manifest, new_file_record
from ip_registry.envelopes.openings import new_author
from ip_registry.envelopes.sealing import Sealed, seal
from ip_registry.evidence.bundle import BundleParts, Consistency, LowerBound, Token
from kernel.clock import now
from ledger.checkpoints import read_checkpoint
from ledger.cosignatures import add_signatures, cosign
from ledger.keys import Kind, Signer
from ledger.log import Log
from ledger.memory import MemoryStorage
from ledger.policies import policy_of
from ledger.proofs import format_proof
from ledger.tree import consistency_proof, inclusion_proof
from tests.makers.authorities import Maker

ORIGIN = "registry.test/ip/2026"
LOG = Log(ORIGIN, (Signer(ORIGIN, Kind.ED25519, b"1" * 32), Signer(ORIGIN, Kind.ML_DSA_44, b"2" * 32)))
SEES = Signer("witness.test/old", Kind.ED25519_COSIGNATURE, b"3" * 32)
SEES_TOO = Signer("witness.test/new", Kind.ML_DSA_44, b"4" * 32)
FILES = {"图纸/总装图.txt": "锆合金\n".encode(), 'a "quoted" name.txt': b"quoted", "notes.txt": b"It creeps.\n"}
POLICY = policy_of(
    log=[signer.verifier for signer in LOG.signers],
    witnesses={"old": SEES.verifier, "new": SEES_TOO.verifier},
    threshold=1,
)


@dataclass(frozen=True)
class Kit:
    """Parts of a bundle, and what they were made from."""

    parts: BundleParts
    sealed: Sealed
    storage: MemoryStorage
    first_size: int


def make_kit(*, files: Mapping[str, bytes] | None = None, others: int = 7, maker: Maker | None = None) -> Kit:
    """A work that stands among others, with everything that a bundle can have."""
    maker = maker or Maker()
    storage = MemoryStorage()
    LOG.start(storage)
    first = place(storage, some_leaves(others))
    early = maker.token(hashlib.sha256(body(first)).digest())
    anchor = make_leaf(
        key=OwnerKey.from_seed(b"5" * 32, name=ORIGIN),
        type="anchor",
        c=hashlib.sha256(early).hexdigest(),
        after=seen(first),
    )
    before = place(storage, [anchor.data, *some_leaves(2)])
    sealed = seal_files(files or FILES, after=seen(before))
    index = read_checkpoint(before).size + 1
    place(storage, [*some_leaves(1), sealed.leaf.data, *some_leaves(others)])
    note = storage.checkpoints(index, 1)[0].note
    moment = int(now().timestamp())
    note = add_signatures(note, [cosign(note, who, time=moment) for who in (SEES, SEES_TOO)])
    size = read_checkpoint(note).size
    later = place(storage, some_leaves(20))
    token = maker.token(hashlib.sha256(body(note)).digest())
    parts = BundleParts(
        leaf=sealed.leaf.data,
        proof=format_proof(index, inclusion_proof(storage, index, size), note),
        policy=str(POLICY),
        opening=sealed.opening_text,
        salt=sealed.salt,
        authors=sealed.authors,
        manifest=sealed.manifest.texts,
        tokens=[Token("test", token, maker.chain)],
        consistency={
            seen(before)[0]: joining(storage, seen(before)[0], note),
            seen(later)[0]: joining(storage, size, later),
        },
        lower=LowerBound(
            anchor=anchor.data,
            proof=format_proof(others, inclusion_proof(storage, others, seen(before)[0]), before),
            token=early,
            chain=maker.chain,
        ),
    )
    return Kit(parts, sealed, storage, size)


def bare(parts: BundleParts) -> BundleParts:
    """What a stranger gets."""
    return replace(parts, opening=None, salt=None, authors=None, manifest=None)


def seal_files(files: Mapping[str, bytes], *, after: tuple[int, bytes]) -> Sealed:
    """Seal these bytes under these names."""
    manifest = Manifest(
        new_file_record(
            path=path,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            sha512=hashlib.sha512(content).hexdigest(),
        )
        for path, content in files.items()
    )
    return seal(
        manifest,
        title="一种锆合金的热处理方法 “Zr-4”",
        authors=[new_author("林 “小” 芳", "lin"), new_author('O"Neill},{', None)],
        shares=["60 %", None],
        after=after,
        now=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        kind="invention",
    )


def some_leaves(count: int) -> list[bytes]:
    """Registrations of others."""
    after = (0, hashlib.sha256(b"").digest())
    return [
        make_leaf(key=key, type="register", c=hashlib.sha256(key.seed).hexdigest(), after=after).data
        for key in (OwnerKey.generate() for _ in range(count))
    ]


def place(storage: MemoryStorage, leaves: Sequence[bytes]) -> str:
    """One batch of the sequencer; returns the signed checkpoint."""
    storage.submit_many(leaves)
    with storage.transaction():
        batch = LOG.sequence(storage)
    assert batch is not None
    return batch.note


def body(note: str) -> bytes:
    """The lines that are signed."""
    return (note.partition("\n\n")[0] + "\n").encode()


def seen(note: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint."""
    checkpoint = read_checkpoint(note)
    return checkpoint.size, checkpoint.root


def joining(storage: MemoryStorage, old: int, note: str) -> Consistency:
    """That the log of `old` entries is the beginning of this checkpoint."""
    return Consistency(old, consistency_proof(storage, old, read_checkpoint(note).size), note)
