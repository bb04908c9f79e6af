"""What the API says and takes of working groups."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.messages import LONGEST_LINE
from alliances.queries.groups import GroupRow, GroupView, PlaceRow
from alliances.schemas.shapes import PartyShown, Words, author_of
from kernel.api import Given, Listing, Plain, Shown, link

Name = Annotated[Plain, Field(min_length=1, max_length=LONGEST_LINE)]


class GroupShown(Shown):
    """A working group."""

    id: int
    name: str
    purpose: str
    url: str
    leads: list[Author]
    people: int
    is_mine: bool
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: GroupRow, alliance_url: str) -> "GroupShown":
        """From the row of the page."""
        group = row.group
        return cls(
            id=group.id,
            name=group.name,
            purpose=group.purpose,
            url=link(f"{alliance_url}/groups/{group.id}"),
            leads=[author_of(lead) for lead in row.leads],
            people=row.people,
            is_mine=row.is_mine,
            created_at=group.created_at,
            closed_at=group.closed_at,
        )


class GroupList(Listing[GroupShown]):
    """Working groups by name."""


class PlaceShown(Shown):
    """Somebody in a working group: for a member, or as an expert from outside."""

    person: Author
    party: PartyShown | None
    is_lead: bool
    is_expert: bool
    since: datetime

    @classmethod
    def of(cls, row: PlaceRow) -> "PlaceShown":
        """From the row of the page."""
        return cls(
            person=author_of(row.person),
            party=PartyShown.of(row.party),
            is_lead=row.is_lead,
            is_expert=row.is_expert,
            since=row.since,
        )


class GroupWithPeople(GroupShown):
    """A working group with who works in it."""

    places: list[PlaceShown]

    @classmethod
    def of_view(cls, view: GroupView, alliance_url: str) -> "GroupWithPeople":
        """From what its page shows."""
        row = GroupRow(view.group, tuple(view.leads), len(view.people), view.is_mine)
        return cls(**dict(GroupShown.of(row, alliance_url)), places=[PlaceShown.of(place) for place in view.people])


class GroupGiven(Given):
    """A working group to open, led by whoever opens it unless `lead` names somebody else."""

    name: Name
    purpose: Words = ""
    lead: Annotated[Plain, Field(max_length=40, description="A handle.")] = ""


class GroupChange(Given):
    """Its name and what it is for; what is left out stays."""

    name: Name = ""
    purpose: Words = ""
