"""What programs send to the registry and are told by it."""

from typing import Annotated, Any

from pydantic import Field

from ip_registry.actions.registering import Checked, check
from ip_registry.actions.registering import Given as Deposited
from ip_registry.envelopes.leaves import LARGEST_LEAF
from kernel.api import Given, Shown

MOST_IN_A_BATCH = 10_000
LARGEST_OPENING = 131_072
MOST_FILES = 100_000

LeafText = Annotated[
    str, Field(min_length=2, max_length=LARGEST_LEAF, description="The signed leaf: its exact canonical JSON.")
]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class DepositGiven(Given):
    """What opens the commitment: kept for its owner, shown to nobody else, erased when the owner says so."""

    opening: Annotated[str, Field(min_length=2, max_length=LARGEST_OPENING, description="Its exact canonical JSON.")]
    salt: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    authors: Annotated[list[dict[str, Any]] | None, Field(max_length=200)] = None
    manifest: Annotated[
        list[str] | None, Field(max_length=MOST_FILES, description="The exact record of every file, in order.")
    ] = None

    @property
    def deposit(self) -> Deposited:
        """The same for the action."""
        return Deposited(opening=self.opening, salt=self.salt, authors=self.authors, manifest=self.manifest)


class RegistrationGiven(Given):
    """A registration: the leaf, and what opens it if it is to be kept here."""

    leaf: LeafText
    opening: DepositGiven | None = None

    @property
    def checked(self) -> Checked:
        """The same, checked for all that needs no database."""
        return check(self.leaf.encode(), self.opening.deposit if self.opening else None)


class BatchGiven(Given):
    """Many registrations, of which all are accepted or none."""

    items: Annotated[list[RegistrationGiven], Field(min_length=1, max_length=MOST_IN_A_BATCH)]


class RegistrationMade(Shown):
    """A leaf in its place, and the proof of it: a tlog-proof under a durable signed checkpoint."""

    number: str
    index: int
    leaf_hash: Hash
    url: str
    proof: str


class PlacedItem(Shown):
    """One leaf of a batch; `path` and the batch's checkpoint make its tlog-proof."""

    number: str
    index: int
    leaf_hash: Hash
    url: str
    path: list[str]


class BatchMade(Shown):
    """Where the leaves of a batch stand, under one checkpoint."""

    items: list[PlacedItem]
    checkpoint: str


class RegistrationShown(Shown):
    """What the log shows of a record to everybody: no title, no name. `leaf` is its exact text."""

    number: str
    index: int
    leaf_hash: Hash
    leaf: str
    url: str
    proof: str
