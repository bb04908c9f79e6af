"""What happened among the listings, in the past tense: told inside the transaction of the deed."""

from dataclasses import dataclass

STILL_TRUE = "still-true"  # the notice that asks once a year
TAKEN_DOWN = "listing.taken-down"  # the notice that says so to its owner


@dataclass(frozen=True, slots=True)
class ListingPublished:
    """A listing went on the shelf: for the first time, or again."""

    listing_id: int
    owner_id: int


@dataclass(frozen=True, slots=True)
class ListingsImported:
    """Many listings went on the shelf at once."""

    listing_ids: tuple[int, ...]
    owner_id: int


@dataclass(frozen=True, slots=True)
class ListingChanged:
    """A listing on the shelf says something else than before."""

    listing_id: int
    owner_id: int


@dataclass(frozen=True, slots=True)
class ListingTakenDown:
    """A listing was taken off the shelf, for a while or for good; `by_staff`: not by its owner."""

    listing_id: int
    owner_id: int
    by_staff: bool = False
