"""Parties beside the rows that name them: joined in the same query, however many kinds there are."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from accounts.models import Organisation, User
from alliances.models import Alliance, PartyKind
from alliances.parties import CLASSES, Party, PartyFacts

Ally = aliased(Alliance)


Name = ColumnElement[str] | InstrumentedAttribute[str]
Number = ColumnElement[int] | InstrumentedAttribute[int]


def with_party(query: Select[*tuple[Any, ...]], kind: Name, number: Number) -> Select[*tuple[Any, ...]]:
    """The query with what is known of the party that these two columns name; read it with `party_of`."""
    return (
        query.add_columns(
            kind.label("party_kind"),
            number.label("party_id"),
            Organisation.name.label("org_name"),
            Organisation.name_en.label("org_name_en"),
            Organisation.slug.label("org_slug"),
            Organisation.kind.label("org_kind"),
            Organisation.region.label("org_region"),
            User.display_name.label("person_name"),
            User.handle.label("person_handle"),
            User.region.label("person_region"),
            Ally.name.label("ally_name"),
            Ally.name_en.label("ally_name_en"),
            Ally.slug.label("ally_slug"),
            Ally.region.label("ally_region"),
        )
        .outerjoin(Organisation, (kind == PartyKind.ORGANISATION) & (Organisation.id == number))
        .outerjoin(User, (kind == PartyKind.PERSON) & (User.id == number))
        .outerjoin(Ally, (kind == PartyKind.ALLIANCE) & (Ally.id == number))
    )


def party_of(row: Row[*tuple[Any, ...]]) -> PartyFacts:
    """The party of a row of such a query."""
    party = Party(row.party_kind, row.party_id)
    if row.party_kind == PartyKind.ORGANISATION:
        sort = CLASSES.get(row.org_kind, row.org_kind)
        url = f"/organisations/{row.org_slug}"
        return PartyFacts(party, row.org_name, row.org_name_en, url, row.org_kind, sort, row.org_region)
    if row.party_kind == PartyKind.PERSON:
        url = f"/people/{row.person_handle}"
        return PartyFacts(party, row.person_name, "", url, "person", "person", row.person_region)
    url = f"/alliances/{row.ally_slug}"
    return PartyFacts(party, row.ally_name, row.ally_name_en, url, "alliance", "alliance", row.ally_region)
