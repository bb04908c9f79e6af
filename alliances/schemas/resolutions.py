"""What the API says and takes of the register of resolutions."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from alliances.actions.resolutions import LONGEST_NOTE
from alliances.queries.resolutions import ResolutionRow
from alliances.schemas.shapes import Day
from kernel.api import Given, Listing, PageQuery, Plain, Shown, link


class ResolutionShown(Shown):
    """A resolution of the register."""

    number: str
    title: str
    statement: str
    lang: str
    url: str
    proposal_url: str
    decided_at: datetime
    review_on: date | None
    reviewed_at: datetime | None
    review_note: str
    superseded_by: str | None

    @classmethod
    def of(cls, row: ResolutionRow) -> "ResolutionShown":
        """From the row of the page."""
        return cls(
            number=row.number,
            title=row.title,
            statement=row.statement,
            lang=row.lang,
            url=link(row.url),
            proposal_url=link(row.proposal_url),
            decided_at=row.decided_at,
            review_on=row.review_on,
            reviewed_at=row.reviewed_at,
            review_note=row.review_note,
            superseded_by=row.superseded_by,
        )


class ResolutionList(Listing[ResolutionShown]):
    """Resolutions, the newest first."""


class ResolutionQuery(PageQuery):
    """Which resolutions."""

    due: Annotated[bool, Field(description="Only those that wait to be looked at again.")] = False


class ReviewGiven(Given):
    """What came of looking at it again: until when it goes on, or which resolution took its place."""

    text: Annotated[Plain, Field(min_length=1, max_length=LONGEST_NOTE)]
    again_on: Day = None
    superseded_by: Annotated[Plain, Field(max_length=20, description="Such as 2026-3.")] = ""


class ReviewDayGiven(Given):
    """The day on which it is looked at again; null: it is not."""

    review_on: Day
