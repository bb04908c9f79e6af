"""Parties: what can belong to an alliance, and for which of them a viewer may speak."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from accounts.models import Organisation, User
from alliances.models import LIVING, Alliance, Office, PartyKind, State, Term
from kernel.db import session
from kernel.viewer import Viewer

ADMIN = ":admin"
ORGANISATION = "organisation:"

# What counts as one kind where an alliance asks for members of several kinds.
CLASSES = {
    "firm": "firm",
    "university": "research",
    "institute": "research",
    "provider": "service",
    "patent-firm": "service",
    "government": "government",
    "association": "association",
}


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """An organisation, a person or an alliance, by its number."""

    kind: str
    id: int

    @classmethod
    def parse(cls, text: str) -> "Party | None":
        """What a form says: `organisation:7`; None for anything else."""
        kind, _, number = text.partition(":")
        if kind not in set(PartyKind) or not number.isdecimal() or len(number) > 18:  # noqa: PLR2004 - digits of a row's number
            return None
        return cls(kind, int(number))

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """How a party is shown. `kind_code` is the kind of an organisation; `sort` is what counts as its kind."""

    party: Party
    name: str
    name_en: str
    url: str
    kind_code: str
    sort: str
    region: str

    def name_in(self, locale: str) -> str:
        """The name in the language of the interface, if it has one."""
        return self.name if locale.startswith("zh") or not self.name_en else self.name_en


def parties(wanted: Iterable[Party]) -> dict[Party, PartyFacts]:
    """Those that exist, with what is publicly known of them: one query a kind."""
    by_kind: dict[str, set[int]] = {}
    for party in wanted:
        by_kind.setdefault(party.kind, set()).add(party.id)
    found: dict[Party, PartyFacts] = {}
    if ids := by_kind.get(PartyKind.ORGANISATION):
        for row in session().scalars(select(Organisation).where(Organisation.id.in_(sorted(ids)))):
            party = Party(PartyKind.ORGANISATION, row.id)
            sort = CLASSES.get(row.kind, row.kind)
            url = f"/organisations/{row.slug}"
            found[party] = PartyFacts(party, row.name, row.name_en, url, row.kind, sort, row.region)
    if ids := by_kind.get(PartyKind.PERSON):
        query = select(User.id, User.handle, User.display_name, User.region).where(User.id.in_(sorted(ids)))
        for person in session().execute(query):
            party = Party(PartyKind.PERSON, person.id)
            url = f"/people/{person.handle}"
            found[party] = PartyFacts(party, person.display_name, "", url, "person", "person", person.region)
    if ids := by_kind.get(PartyKind.ALLIANCE):
        for ally in session().scalars(select(Alliance).where(Alliance.id.in_(sorted(ids)))):
            party = Party(PartyKind.ALLIANCE, ally.id)
            found[party] = PartyFacts(party, ally.name, ally.name_en, ally.url, "alliance", "alliance", ally.region)
    return found


def organisations_led(viewer: Viewer) -> list[int]:
    """Numbers of the organisations that the viewer administers: no query."""
    return sorted(
        int(token.removeprefix(ORGANISATION).removesuffix(ADMIN))
        for token in viewer.audience
        if token.startswith(ORGANISATION) and token.endswith(ADMIN)
    )


def spoken_for(viewer: Viewer) -> list[Party]:
    """For whom the viewer founds, signs, applies: themselves, organisations they administer, alliances they chair."""
    if not viewer.is_member:
        return []
    chaired = session().scalars(
        select(Term.alliance_id)
        .join(Alliance, Alliance.id == Term.alliance_id)
        .where(
            Alliance.state.in_((*LIVING, State.FROZEN)),
            Term.user_id == viewer.me,
            Term.ended_at.is_(None),
            Term.office.in_((Office.CHAIR, Office.VICE_CHAIR)),
        )
    )
    return [
        *(Party(PartyKind.ORGANISATION, number) for number in organisations_led(viewer)),
        Party(PartyKind.PERSON, viewer.me),
        *(Party(PartyKind.ALLIANCE, number) for number in sorted(set(chaired))),
    ]
