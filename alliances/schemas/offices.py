"""What the API says and takes of offices."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.models import Office
from alliances.queries.offices import TermRow
from alliances.schemas.shapes import Day, Handle, PartyShown, Words, author_of
from kernel.api import Given, Listing, PageQuery, Plain, Shown


class OfficeShown(Shown):
    """A term; of one that has ended, when and why."""

    id: int
    office: Office
    holder: Author
    party: PartyShown | None
    is_interim: bool
    started_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    ended_reason: str = Field(description="Empty while it runs.")
    group_id: int | None = Field(description="Of the lead of a working group.")

    @classmethod
    def of(cls, row: TermRow) -> "OfficeShown":
        """From the row of the page."""
        term = row.term
        return cls(
            id=term.id,
            office=Office(term.office),
            holder=author_of(row.person),
            party=PartyShown.of(row.party),
            is_interim=term.is_interim,
            started_at=term.started_at,
            ends_at=term.ends_at,
            ended_at=term.ended_at,
            ended_reason=term.ended_reason if term.ended_at else "",
            group_id=term.group_id,
        )


class OfficeList(Listing[OfficeShown]):
    """Who holds the offices of the whole alliance, chair first."""


class OfficeQuery(PageQuery):
    """Who holds them, or who held them before."""

    past: bool = False


class OfficeGiven(Given):
    """Which office for whom, until the end of which day; null: until an election."""

    office: Annotated[Office, Field(strict=False)]
    handle: Handle
    ends_on: Day = None


class TermGiven(Given):
    """The last day of a term; null leaves it open."""

    ends_on: Day


class ResignationGiven(Given):
    """Why, if there is something to say, and who follows where somebody has to."""

    reason: Words = ""
    successor: Annotated[Plain, Field(max_length=40, description="A handle.")] = ""
