"""Who holds which office, who did, and whether the council is in few hands."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.models import Member, Office, Term
from alliances.parties import Party, PartyFacts, parties
from alliances.powers import IN_COUNCIL
from alliances.rules import number_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page

LIST = 40
SMALLEST_COUNCIL = 3  # of fewer, nobody holds too much
SOON = timedelta(days=30)
ORDER = {office.value: place for place, office in enumerate(Office)}


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term with its holder and the member for which it is held."""

    term: Term
    person: PersonFacts
    party: PartyFacts | None

    @property
    def is_over(self) -> bool:
        """Whether it should have ended; it goes on until somebody follows."""
        return self.term.ended_at is None and self.term.ends_at is not None and self.term.ends_at <= now()

    @property
    def ends_soon(self) -> bool:
        """Whether an election is due."""
        ends_at = self.term.ends_at
        return self.term.ended_at is None and ends_at is not None and now() < ends_at < now() + SOON


@dataclass(frozen=True, slots=True)
class Dominance:
    """A class of members (`code`), or one member (`party`), that holds much of the council."""

    code: str
    party: PartyFacts | None
    seats: int
    council: int


def officers(here: Here) -> list[TermRow]:
    """Who holds the offices of the whole alliance now, chair first."""
    held = select(Term).where(Term.alliance_id == here.alliance.id, Term.ended_at.is_(None), Term.group_id.is_(None))
    terms = sorted(session().scalars(held), key=lambda term: (ORDER[term.office], term.id))
    return terms_as_rows(terms)


def past_terms(here: Here, *, cursor: str | None = None, limit: int = LIST) -> Page[TermRow]:
    """Who held offices before, groups included, the latest first."""
    query = select(Term).where(Term.alliance_id == here.alliance.id, Term.ended_at.is_not(None))
    page = keyset_page(query, keys=[Term.id], limit=limit, cursor=cursor)
    return Page(terms_as_rows([row[0] for row in page.items]), page.next)


def term_at(here: Here, term_id: int) -> TermRow:
    """One term: an office of the whole alliance that is held now; for its members any other, too."""
    term = session().get(Term, term_id)
    if term is None or term.alliance_id != here.alliance.id:
        raise NotFoundError
    if not here.is_inside and (term.ended_at is not None or term.group_id is not None):
        raise NotFoundError
    rows = terms_as_rows([term])
    if not rows:
        raise NotFoundError
    return rows[0]


def my_terms(here: Here) -> list[TermRow]:
    """The offices that the viewer holds."""
    return terms_as_rows(here.terms)


def dominance(here: Here, rows: Sequence[TermRow]) -> list[Dominance]:
    """Where one class of members has more of the council than the charter allows, or one member several seats.

    `rows` are the officers as `officers` gives them.
    """
    sitting = {row.person.id: row for row in rows if row.term.office in IN_COUNCIL}
    size = len(sitting)
    if size < SMALLEST_COUNCIL:
        return []
    cap = number_for(here.alliance, "council_cap")
    classes = Counter(row.party.sort for row in sitting.values() if row.party)
    seats = Counter(row.party for row in sitting.values() if row.party)
    found = [Dominance(code, None, count, size) for code, count in classes.items() if count * 100 > cap * size]
    return found + [Dominance(party.sort, party, count, size) for party, count in seats.items() if count > 1]


def terms_as_rows(terms: Sequence[Term]) -> list[TermRow]:
    """With holders and the members for which they hold them; three queries at most and one a kind of party."""
    people = persons({term.user_id for term in terms})
    numbers = {term.member_id for term in terms if term.member_id is not None}
    held_for: dict[int, Party] = {}
    if numbers:
        rows = session().execute(select(Member.id, Member.party_kind, Member.party_id).where(Member.id.in_(numbers)))
        held_for = {row.id: Party(row.party_kind, row.party_id) for row in rows}
    facts = parties(held_for.values())
    return [
        TermRow(
            term,
            people[term.user_id],
            facts.get(held_for[term.member_id]) if term.member_id in held_for else None,
        )
        for term in terms
        if term.user_id in people
    ]
