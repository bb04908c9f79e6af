"""What the API says and takes of milestones."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from alliances.actions.milestones import LONGEST_TITLE
from alliances.models import MilestoneState
from alliances.queries.milestones import MilestoneRow
from alliances.schemas.shapes import Day, Words
from kernel.api import Given, Id, Listing, Plain, Shown


class MilestoneShown(Shown):
    """What should be there by a day: of the alliance, of a working group, or of an awarded call."""

    id: int
    title: str
    due_at: datetime | None
    state: MilestoneState
    is_late: bool
    note: str
    ended_at: datetime | None
    group_id: int | None
    call_id: int | None

    @classmethod
    def of(cls, row: MilestoneRow) -> "MilestoneShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            title=row.title,
            due_at=row.due_at,
            state=MilestoneState(row.state),
            is_late=row.is_late,
            note=row.note,
            ended_at=row.ended_at,
            group_id=row.group_id,
            call_id=row.call_id,
        )


class MilestoneList(Listing[MilestoneShown]):
    """Milestones by the day on which they are due, those without one at the end."""


class MilestoneGiven(Given):
    """One to set: of the alliance, or of the working group or the awarded call that is named."""

    title: Annotated[Plain, Field(min_length=1, max_length=LONGEST_TITLE)]
    due_on: Day = None
    group_id: Id | None = None
    call_id: Id | None = None


class EndGiven(Given):
    """What came of it; needed where it is dropped."""

    note: Words = ""
