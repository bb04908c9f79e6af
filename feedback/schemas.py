from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from feedback.actions import LONGEST_NOTE
from feedback.models import SuggestionState
from feedback.queries import ChangeRow, SuggestionRow
from kernel.api import Given, Listing, PageQuery, Shown, link
from kernel.api.shapes import TEXT


class SuggestionQuery(PageQuery):
    """Which suggestions."""

    state: SuggestionState | None = None
    order: Annotated[str, Field(pattern="^(votes|newest)$")] = "votes"


class DecisionGiven(Given):
    """What becomes of it. A suggestion that is declined needs a note."""

    state: Annotated[SuggestionState, Field(strict=False)]
    note: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=TEXT)] = ""
    link: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=TEXT)] = ""


class SuggestionShown(Shown):
    """A suggestion and where it stands; its discussion is the thread of the same id."""

    id: int
    title: str
    url: str
    state: SuggestionState
    note: str
    link: str
    votes: int
    is_wanted_by_me: bool
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: SuggestionRow) -> Self:
        """From a row of the list."""
        return cls(
            id=row.thread.id,
            title=row.thread.title,
            url=link(row.thread.url),
            state=SuggestionState(row.state),
            note=row.note,
            link=link(row.link) if row.link else "",
            votes=row.votes,
            is_wanted_by_me=row.is_wanted,
            created_at=row.thread.created_at,
            decided_at=row.decided_at,
        )


class ChangeShown(Shown):
    """A line of what changed."""

    title: str
    url: str
    note: str
    suggested_by: str
    at: datetime

    @classmethod
    def of(cls, row: ChangeRow) -> Self:
        """From a row of the list."""
        url = link(row.url) if row.url else ""
        return cls(title=row.title, url=url, note=row.note, suggested_by=row.thanks, at=row.created_at)


class VotesShown(Shown):
    """How many want it."""

    votes: int


SuggestionList = Listing[SuggestionShown]
ChangeList = Listing[ChangeShown]
