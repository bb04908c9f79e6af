"""What the API says and takes of members and of those who act for them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.models import MemberState, Role, Standing
from alliances.queries.members import MemberRow
from alliances.schemas.shapes import PartyShown, Words, author_of
from kernel.api import Given, Listing, PageQuery, Shown


class SeatShown(Shown):
    """Somebody who acts for a member."""

    person: Author
    role: Role


class MemberShown(Shown):
    """A member. `seats` and `has_accepted` are null where you do not belong to the alliance."""

    id: int
    party: PartyShown | None
    standing: Standing
    state: MemberState
    is_founder: bool
    joined_at: datetime
    leaving_at: datetime | None
    seats: list[SeatShown] | None
    has_accepted: bool | None = Field(description="Whether it accepted the charter in force.")

    @classmethod
    def of(cls, row: MemberRow, *, is_inside: bool) -> "MemberShown":
        """From the row of the page."""
        member = row.member
        return cls(
            id=member.id,
            party=PartyShown.of(row.party),
            standing=Standing(member.standing),
            state=MemberState(member.state),
            is_founder=member.is_founder,
            joined_at=member.joined_at,
            leaving_at=member.leaving_at,
            seats=[SeatShown(person=author_of(seat.person), role=Role(seat.role)) for seat in row.seats]
            if is_inside
            else None,
            has_accepted=row.has_accepted if is_inside else None,
        )


class MemberList(Listing[MemberShown]):
    """Members, full ones first, then those of longest standing."""


class MemberQuery(PageQuery):
    """Which members."""

    standing: Standing | None = None


class SeatGiven(Given):
    """In which role somebody acts for a member."""

    role: Annotated[Role, Field(strict=False)]


class StandingGiven(Given):
    """The standing that a member shall have, and why; the log tells every member."""

    standing: Annotated[Standing, Field(strict=False)]
    message: Words
