"""What somebody may compare a copy of theirs with: everything, the records of some files, or nothing but the leaf."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ip_registry.envelopes.canonical import parse_strict
from ip_registry.envelopes.manifests import levels_of, proof_in
from ip_registry.models import Deposit, EventType, LedgerEntry, RecordEvent, RecordParty
from ip_registry.queries.sight import sight_of
from ip_registry.record_loading import record_at
from kernel.db import session
from kernel.viewer import Viewer

NOBODYS = 0  # the number of no record


@dataclass(frozen=True, slots=True)
class ShownFile:
    """The record of one file of a work, with what shows that it belongs to the root."""

    index: int
    text: str
    proof: list[str]


@dataclass(frozen=True, slots=True)
class Comparable:
    """What the viewer may know. Of a sealed record a stranger gets the leaf, which everybody can read in the log."""

    leaf: str
    opening: str | None = None
    salt: str | None = None
    manifest: list[str] | None = None
    root: str | None = None
    count: int = 0
    files: tuple[ShownFile, ...] = ()


def comparable(viewer: Viewer, name: str) -> Comparable:
    """What a copy can be compared with; the same questions to the database whether or not anything is kept here.

    What is not for the viewer is not read either: how long an answer takes would tell how much is kept.
    """
    record = record_at(viewer, name)
    leaf = session().scalar(select(LedgerEntry.leaf).where(LedgerEntry.leaf_hash == record.leaf_hash)) or b""
    parties = session().scalars(select(RecordParty).where(RecordParty.record_id == record.id)).all()
    public = session().scalars(
        select(RecordEvent.details).where(
            RecordEvent.record_id == record.id, RecordEvent.type == EventType.REVEAL, RecordEvent.is_public
        )
    )
    sight = sight_of(viewer, record, parties)
    paths = _paths(public.all()) | set(sight.paths)
    asked = record.id if sight.sees_all or paths else NOBODYS
    deposit = session().scalar(select(Deposit).where(Deposit.record_id == asked))
    if deposit is None or deposit.opening is None:
        return Comparable(leaf.decode())
    if sight.sees_all:
        return Comparable(leaf.decode(), deposit.opening, deposit.salt, deposit.manifest)
    return _some(leaf.decode(), [str(text) for text in deposit.manifest or ()], paths)


def _paths(public: Collection[str | None]) -> set[str]:
    """The files that were shown to everybody."""
    found: set[str] = set()
    for details in public:
        said: dict[str, Any] = parse_strict(details) if details else {}
        found |= set(said.get("paths") or ())
    return found


def _some(leaf: str, manifest: Sequence[str], paths: Collection[str]) -> Comparable:
    """Records of some files, each with its proof. What lies here was checked when it came."""
    levels = levels_of(manifest)
    files = tuple(
        ShownFile(index, text, proof_in(levels, index))
        for index, text in enumerate(manifest)
        if json.loads(text)["path"] in paths
    )
    return Comparable(leaf, root=levels[-1][0].hex(), count=len(manifest), files=files)
