"""Records, made as their owners make them: sealed outside the site, then registered by their leaf."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions.registering import Given, register
from ip_registry.envelopes.manifests import Manifest, new_file_record
from ip_registry.envelopes.openings import Author, new_author
from ip_registry.envelopes.sealing import Sealed, seal
from ip_registry.logs import current_log
from ip_registry.models import LedgerEntry, Record
from ip_registry.sequencing import sequenced
from kernel.db import session
from kernel.work import unit_of_work
from ledger.merkle import EMPTY_ROOT
from tests.makers.people import person

_number = count(1)
SEALED_AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A record, and what its owner holds of it."""

    record: Record
    sealed: Sealed
    index: int
    number: str


def after() -> tuple[int, bytes]:
    """The checkpoint that a client has just seen."""
    here = current_log(session())
    return (here.size, here.root) if here else (0, EMPTY_ROOT)


def manifest(files: Mapping[str, bytes]) -> Manifest:
    """The manifest of these files."""
    return Manifest(
        new_file_record(
            path=path,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            sha512=hashlib.sha512(data).hexdigest(),
        )
        for path, data in files.items()
    )


def sealed(
    owner: User, *, files: Mapping[str, bytes] | None = None, others: Sequence[Author] = (), **facts: Any
) -> Sealed:
    """A sealed work of `owner`, not yet registered."""
    facts.setdefault("title", f"A coating that heals itself {next(_number)}")
    return seal(
        manifest(files or {"draft.txt": b"what I found"}),
        authors=[new_author(owner.display_name, owner.handle), *others],
        after=after(),
        now=SEALED_AT,
        **facts,
    )


def deposit(one: Sealed) -> Given:
    """What the owner leaves with the site."""
    return Given(
        opening=one.opening_text,
        salt=one.salt.hex(),
        authors=[author.fields for author in one.authors],
        manifest=one.manifest.texts,
    )


def record(
    owner: User | None = None,
    *,
    files: Mapping[str, bytes] | None = None,
    others: Sequence[Author] = (),
    blind: bool = False,
    **facts: Any,
) -> Made:
    """A registered record, in its place in the log; `blind` leaves nothing but the leaf with the site."""
    owner = owner or person()
    one = sealed(owner, files=files, others=others, **facts)
    with unit_of_work():
        made = register(viewer_for(owner.id), leaf=one.leaf.data, deposit=None if blind else deposit(one))
    index = sequenced(made.leaf_hash)
    here = current_log(session())
    assert here is not None
    found = session().scalars(select(Record).where(Record.id == made.id)).one()
    assert session().get(LedgerEntry, (here.id, index)) is not None
    return Made(found, one, index, f"{here.label}-{index}")
