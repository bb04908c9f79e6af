"""What the models here are made of: parties and people, words and days."""

from datetime import date
from typing import Annotated

from pydantic import Field

from accounts.queries import PersonFacts
from accounts.schemas import Author
from alliances.addresses import proposal_url
from alliances.messages import LONGEST_MESSAGE
from alliances.models import PartyKind, Proposal
from alliances.parties import PartyFacts
from kernel.api import Given, Plain, Shown, link

Words = Annotated[Plain, Field(max_length=LONGEST_MESSAGE)]
Line = Annotated[Plain, Field(min_length=1, max_length=300)]
Handle = Annotated[Plain, Field(min_length=1, max_length=40)]
Day = Annotated[date | None, Field(strict=False)]


class PartyShown(Shown):
    """An organisation, a person or an alliance."""

    kind: PartyKind
    name: str
    name_en: str
    url: str
    sort: str = Field(description="firm, research, service, government, association, person, alliance.")

    @classmethod
    def of(cls, facts: PartyFacts | None) -> "PartyShown | None":
        """From what is publicly known of it."""
        if facts is None:
            return None
        kind = PartyKind(facts.party.kind)
        return cls(kind=kind, name=facts.name, name_en=facts.name_en, url=link(facts.url), sort=facts.sort)


class MessageGiven(Given):
    """What is said to those whom it concerns."""

    message: Words


class ReasonGiven(Given):
    """Why."""

    reason: Words


class MaybeReasonGiven(Given):
    """Why, if there is something to say."""

    reason: Words = ""


class VoteOpened(Shown):
    """The vote on it."""

    proposal: int
    url: str

    @classmethod
    def of(cls, slug: str, proposal: Proposal) -> "VoteOpened":
        """Where it is voted on."""
        return cls(proposal=proposal.number, url=link(proposal_url(slug, proposal.number)))


def author_of(person: PersonFacts) -> Author:
    """Somebody as the API names them."""
    return Author.of(name=person.name, handle=person.handle, url=person.url)
