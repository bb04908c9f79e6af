"""The organisations of the demo town: read as a form is read, with their seats and what was asserted of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.actions.organisations import write_sectors
from accounts.actions.seat_tokens import keep_tokens
from accounts.assertions import CODE, DOCUMENT, MAIL_DOMAIN, VOUCH
from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User, Vouch
from accounts.organisation_facts import OrganisationFacts, read_facts
from kernel.db import session
from kernel.errors import InvalidError
from kernel.ids import slug_of
from kernel.markup import cook
from seeds.offers import age_of, rows_of
from seeds.parsing import TOWN, SeedError

OWN_KEYS = ("founded", "mail", "document", "seats")
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SeedOrganisation:
    """An organisation; `founded` is how long ago at the moment of seeding, `mail` where its admin reads mail."""

    facts: OrganisationFacts
    founded: timedelta
    seats: list[tuple[str, str, str]]
    mail: str = ""
    document: str = ""


def read_organisations(people: Iterable[str], folder: Path = TOWN) -> list[SeedOrganisation]:
    """All of them, checked as what people type is checked; the oldest first."""
    known = set(people)
    path = folder / "organisations.toml"
    found = [_organisation(path, line, row, known) for line, row in rows_of(path, "organisation")]
    return sorted(found, key=lambda one: (-one.founded, one.facts.name))


def add_organisations(
    organisations: Iterable[SeedOrganisation], *, users: Mapping[str, int], steward: str, moment: datetime
) -> dict[str, int]:
    """Found them; returns ids by address. Documents were seen by the steward, the second month after."""
    ids: dict[str, int] = {}
    for seed in organisations:
        facts, founded = seed.facts, moment - seed.founded
        admin_id = users[seed.seats[0][0]]
        row = Organisation(
            slug=slug_of(facts.name_en or facts.name, length=50),
            name=facts.name,
            name_en=facts.name_en,
            kind=facts.kind,
            sub_kinds=list(facts.sub_kinds),
            code=facts.code or None,
            licence_number=facts.licence_number,
            region=facts.region,
            sectors=list(facts.sectors),
            about=facts.about,
            about_html=cook(facts.about, mentions=False).html,
            mail_domain=seed.mail or None,
            created_by_id=admin_id,
            created_at=founded,
        )
        session().add(row)
        session().flush()
        ids[row.slug] = row.id
        write_sectors(row)
        _seat(seed, row, users=users)
        _assert(seed, row, admin_id=admin_id, steward_id=users[steward], moment=moment)
        if seed.mail:
            admin = session().get_one(User, admin_id)
            admin.email = f"{admin.handle}@{seed.mail}"
    session().flush()
    return ids


def _seat(seed: SeedOrganisation, row: Organisation, *, users: Mapping[str, int]) -> None:
    for place, (handle, role, title) in enumerate(seed.seats):
        since = row.created_at + place * min(9 * A_DAY, seed.founded / 4)
        seat = OrganisationSeat(
            organisation_id=row.id,
            user_id=users[handle],
            role=role,
            state=SeatState.ACTIVE.value,
            title=title,
            decided_by_id=users[seed.seats[0][0]],
            created_at=since,
            decided_at=since,
        )
        session().add(seat)
        keep_tokens(user_id=seat.user_id, organisation_id=row.id)
        if place:
            session().add(
                Vouch(
                    user_id=seat.user_id,
                    kind=VOUCH,
                    what=title,
                    by_user_id=seat.decided_by_id,
                    by_organisation_id=row.id,
                    at=since,
                )
            )


def _assert(seed: SeedOrganisation, row: Organisation, *, admin_id: int, steward_id: int, moment: datetime) -> None:
    at = row.created_at
    said = [(CODE, row.code or "", None, at), (MAIL_DOMAIN, seed.mail, admin_id, at)]
    said.append((DOCUMENT, seed.document, steward_id, min(at + 40 * A_DAY, moment)))
    session().add_all(
        Vouch(organisation_id=row.id, kind=kind, what=what, by_user_id=by_id, at=when)
        for kind, what, by_id, when in said
        if what
    )


def _organisation(path: Path, line: int, row: dict[str, Any], people: set[str]) -> SeedOrganisation:
    said: dict[str, Any] = {key: value for key, value in row.items() if key not in OWN_KEYS}
    said |= {key: tuple(value) for key, value in said.items() if isinstance(value, list)}
    try:
        facts = read_facts(OrganisationFacts(**said))
    except (InvalidError, TypeError) as fault:
        raise SeedError(path, line, str(getattr(fault, "errors", fault))) from None
    seats = [(seat["person"], SeatRole(seat["role"]).value, seat["title"]) for seat in row["seats"]]
    unknown = sorted({handle for handle, _, _ in seats} - people)
    if unknown or not seats or seats[0][1] != SeatRole.ADMIN:
        raise SeedError(path, line, f"the first seat is an admin's, and nobody is called {unknown}")
    return SeedOrganisation(
        facts, age_of(path, line, row["founded"]), seats, row.get("mail", ""), row.get("document", "")
    )
