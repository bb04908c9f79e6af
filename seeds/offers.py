"""The listings of the demo town: read as a CSV row is read, and put on the shelf when they would have been."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.viewers import viewer_for
from activity.models import Follow, Level
from kernel.db import session
from kernel.errors import InvalidError
from kernel.refs import Ref
from resources.actions.listings import write_offer
from resources.actions.upkeep import STALE_AFTER
from resources.in_name_of import check_name
from resources.models import Listing, ListingSector, ListingState
from resources.offers import Offer, read_offer
from search_index import feed
from seeds.parsing import SeedError, duration

RESOURCES = Path(__file__).resolve().parent / "resources"
LISTING = "resources.listing"
OWN_KEYS = ("key", "owner", "organisation", "age", "confirmed")


@dataclass(frozen=True, slots=True)
class SeedListing:
    """A listing; `age` is how long before the moment of seeding it was published, `confirmed` last said to be true.

    `organisation` is the address of that in whose name its owner offers it.
    """

    key: str
    owner: str
    age: timedelta
    confirmed: timedelta
    offer: Offer
    organisation: str


def read_listings(people: Iterable[str], folder: Path = RESOURCES) -> list[SeedListing]:
    """All of them, checked as what people type is checked; the oldest first."""
    known, listings = set(people), []
    for path in sorted(folder.glob("listings-*.toml")):
        listings += [_listing(path, line, row, known) for line, row in rows_of(path, "listing")]
    keys = [listing.key for listing in listings]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise SeedError(folder, 1, f"keys used twice: {sorted(twice)}")
    return sorted(listings, key=lambda one: (-one.age, one.key))


def rows_of(path: Path, section: str) -> list[tuple[int, dict[str, Any]]]:
    """The tables of one section with the lines where they begin."""
    text = path.read_text(encoding="utf-8")
    starts = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{section}]]"]
    try:
        return list(zip(starts, tomllib.loads(text)[section], strict=True))
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise SeedError(path, 1, str(error)) from None


def age_of(path: Path, line: int, text: str) -> timedelta:
    """A duration that must be one."""
    age = duration(text)
    if age is None:
        raise SeedError(path, line, f"{text!r} is no duration")
    return age


def _listing(path: Path, line: int, row: dict[str, Any], people: set[str]) -> SeedListing:
    missing = {"key", "owner", "age"} - set(row)
    if missing or row["owner"] not in people:
        raise SeedError(
            path, line, f"keys are missing ({sorted(missing)}), or there is nobody called {row.get('owner')}"
        )
    typed = {name: value for name, value in row.items() if name not in OWN_KEYS}
    try:
        offer = read_offer(typed)
    except InvalidError as error:
        raise SeedError(path, line, f"{row['key']}: {error.errors}") from None
    taken = {"kind", "price", *Offer.__dataclass_fields__, *(f"fact_{name}" for name in offer.facts)}
    if unknown := set(typed) - taken:
        raise SeedError(path, line, f"{row['key']}: nobody reads {sorted(unknown)}")
    age = age_of(path, line, row["age"])
    confirmed = age_of(path, line, row.get("confirmed", row["age"]))
    return SeedListing(row["key"], row["owner"], age, confirmed, offer, row.get("organisation", ""))


def add_listings(
    listings: Iterable[SeedListing], *, users: Mapping[str, int], organisations: Mapping[str, int], moment: datetime
) -> dict[str, Listing]:
    """Put them on the shelf; returns the rows by key."""
    rows: dict[str, Listing] = {}
    for seed in listings:
        listing = Listing(owner_id=users[seed.owner], kind=seed.offer.kind, state=ListingState.PUBLISHED)
        write_offer(listing, seed.offer)
        if seed.organisation:
            listing.organisation_id = organisations[seed.organisation]
            check_name(viewer_for(listing.owner_id), listing.organisation_id)
        listing.created_at = listing.updated_at = listing.published_at = moment - seed.age
        listing.confirmed_at = moment - seed.confirmed
        listing.is_stale = seed.confirmed > STALE_AFTER
        listing.asked_at = moment - seed.confirmed + STALE_AFTER if listing.is_stale else None
        rows[seed.key] = listing
    session().add_all(rows.values())
    session().flush()
    for listing in rows.values():
        session().add_all(ListingSector(listing_id=listing.id, sector=sector) for sector in listing.sectors)
        session().add(
            Follow(
                user_id=listing.owner_id,
                kind=LISTING,
                ref_id=listing.id,
                level=Level.WATCHING.value,
                created_at=listing.created_at,
            )
        )
    session().flush()
    feed.changed(*(Ref(LISTING, listing.id) for listing in rows.values()))
    return rows
