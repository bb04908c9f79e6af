"""What programs send to the life of a record and are told of it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from ip_registry.envelopes.details import LARGEST_DETAILS
from ip_registry.queries.erasure import Erasure
from ip_registry.queries.life import EventRow
from ip_registry.schemas import Hash, LeafText
from kernel.api import Given, Shown

SaltText = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="32 bytes.")]
DetailsText = Annotated[str, Field(min_length=2, max_length=LARGEST_DETAILS, description="Their exact canonical JSON.")]


class PresignedGiven(Given):
    """A disclosure that is signed beforehand, for the day on which an embargo ends; it follows the embargo's leaf."""

    leaf: LeafText
    details: DetailsText
    salt: SaltText


class EventGiven(Given):
    """An event: its leaf, and what opens it. `password` is needed to replace a key, `then` belongs to an embargo."""

    leaf: LeafText
    details: DetailsText | None = None
    salt: SaltText | None = None
    password: Annotated[str | None, Field(max_length=200)] = None
    then: PresignedGiven | None = None


class EventMade(Shown):
    """An event in its place, and the proof of it."""

    index: int
    leaf_hash: Hash
    proof: str


class EventShown(Shown):
    """An event as you may know it: its exact leaf, and its details with their salt where they are for you.

    `index` is null while the leaf waits for its place; `at` is our own clock, and proves nothing.
    """

    type: str
    index: int | None
    leaf_hash: Hash
    leaf: str
    is_public: bool
    details: dict[str, Any] | None
    salt: str | None
    at: datetime | None

    @classmethod
    def of(cls, row: EventRow) -> "EventShown":
        """The same as JSON."""
        return cls(
            type=row.type,
            index=row.index,
            leaf_hash=row.leaf_hash,
            leaf=row.leaf,
            is_public=row.is_public,
            details=None if row.details is None else dict(row.details),
            salt=row.salt,
            at=row.at,
        )


class EventList(Shown):
    """The whole life of a record, the first event first."""

    items: list[EventShown]
    next: str | None = None


class ErasureShown(Shown):
    """The certificate of an erasure: what was deleted when, and which leaves stay in the log without a meaning.

    `remaining` is the SHA-256 of what is kept: of nothing.
    """

    number: str
    origin: str
    index: int | None
    leaf_hash: Hash
    commitment: Hash
    leaves: list[Hash]
    erased: list[str]
    erased_at: datetime
    remaining: Hash

    @classmethod
    def of(cls, row: Erasure) -> "ErasureShown":
        """The same as JSON."""
        return cls(
            number=row.number,
            origin=row.origin,
            index=row.index,
            leaf_hash=row.leaf_hash,
            commitment=row.commitment,
            leaves=list(row.leaves),
            erased=list(row.erased),
            erased_at=row.erased_at,
            remaining=row.remaining,
        )
