"""What the API says and takes of calls and bids."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from accounts.schemas import Author
from alliances.actions.calls import LONGEST_RESULT
from alliances.actions.scoring import LONGEST_COMMENT, LONGEST_CONFLICT
from alliances.call_text import (
    LARGEST_WEIGHT,
    LONGEST_BODY,
    LONGEST_BUDGET,
    LONGEST_LABEL,
    LONGEST_TEAM,
    LONGEST_TITLE,
    MOST_CRITERIA,
    MOST_PARTIES,
    MOST_PEOPLE,
    BidFacts,
    CallFacts,
    Criterion,
)
from alliances.models import CallState
from alliances.queries.calls import BidRow, CallRow, CallView, SheetRow
from alliances.readers import Readers
from alliances.schemas.shapes import PartyShown, Words, author_of
from kernel.api import Given, Id, Listing, PageQuery, Plain, Shown, Word, link

Title = Annotated[Plain, Field(min_length=1, max_length=LONGEST_TITLE)]
Task = Annotated[Plain, Field(min_length=1, max_length=LONGEST_BODY)]
Budget = Annotated[Plain, Field(max_length=LONGEST_BUDGET)]
Weight = Annotated[int, Field(ge=1, le=LARGEST_WEIGHT)]


class CallItem(Shown):
    """A call in a list."""

    id: int
    title: str
    url: str
    state: CallState
    budget: str
    deadline: datetime | None
    is_public: bool

    @classmethod
    def of(cls, row: CallRow) -> "CallItem":
        """From the row of the page."""
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            state=CallState(row.state),
            budget=row.budget,
            deadline=row.deadline,
            is_public=row.is_public,
        )


class CallList(Listing[CallItem]):
    """Calls, the newest first."""


class CallQuery(PageQuery):
    """Which calls."""

    over: bool = False


class CriterionShown(Shown):
    """A line of the scoring sheet; sheets name it by its `key`."""

    key: str
    label: str
    weight: int
    max: int


class SheetShown(Shown):
    """How a scorer saw a bid: points by the key of the criterion. `score` is a fraction of what can be reached."""

    scorer: Author
    points: dict[str, int]
    score: str
    comment: str

    @classmethod
    def of(cls, row: SheetRow) -> "SheetShown":
        """From the row of the page."""
        return cls(scorer=author_of(row.scorer), points=row.scores, score=str(row.share), comment=row.comment)


class BidShown(Shown):
    """A bid that you may see. `score` is an exact fraction of what can be reached; null where you may not know it.

    To a bid to which you are `tied` you know no sheets.
    """

    id: int
    team: str
    body: str
    state: str
    answer: str
    score: str | None
    place: int | None
    people: list[Author]
    organisations: list[PartyShown]
    mine: bool
    tied: bool
    sheets: list[SheetShown]

    @classmethod
    def of(cls, row: BidRow) -> "BidShown":
        """From the row of the page."""
        bid = row.bid
        return cls(
            id=bid.id,
            team=bid.team,
            body=bid.body,
            state=bid.state,
            answer=bid.answer,
            score=None if row.mean is None else str(row.mean),
            place=row.place,
            people=[author_of(person) for person in row.people],
            organisations=[shown for facts in row.parties if (shown := PartyShown.of(facts))],
            mine=row.is_mine,
            tied=row.tie is not None,
            sheets=[SheetShown.of(sheet) for sheet in row.sheets],
        )


class CallShown(CallItem):
    """A call with the bids that you may see; `bid_count` and `scorers` are for who scores or runs it."""

    body: str
    criteria: list[CriterionShown]
    awarded_to: str | None
    award_statement: str
    result: str
    bid_count: int
    scorers: list[Author]
    bids: list[BidShown]

    @classmethod
    def of_view(cls, view: CallView) -> "CallShown":
        """From all that its page shows."""
        call = view.call
        return cls(
            **dict(CallItem.of(view.row)),
            body=call.body,
            criteria=[CriterionShown(**one) for one in call.criteria],
            awarded_to=view.awarded.team if view.awarded else None,
            award_statement=call.award_statement if view.awarded else "",
            result=call.ended_reason,
            bid_count=view.bid_count,
            scorers=[author_of(person) for person in view.scorers],
            bids=[BidShown.of(row) for row in view.bids],
        )


class CriterionGiven(Given):
    """A line of the scoring sheet: from 0 to `max` points, which weigh `weight`."""

    label: Annotated[Plain, Field(min_length=1, max_length=LONGEST_LABEL)]
    weight: Weight = 1
    max: Weight = 10


class CallGiven(Given):
    """A call to be drafted. Before it is opened it needs a deadline and criteria."""

    title: Title
    body: Task
    budget: Budget = ""
    readers: Readers = Field(default=Readers.PUBLIC, strict=False, description="public or members.")
    deadline: Annotated[AwareDatetime | None, Field(strict=False)] = None
    criteria: Annotated[list[CriterionGiven], Field(max_length=MOST_CRITERIA)] = Field(default_factory=list)

    @property
    def facts(self) -> CallFacts:
        """As the action takes it."""
        return CallFacts(**_typed(dict(self)))


class CallChange(Given):
    """What changes of a call; what is left out stays. Of an open one the text, and a later deadline."""

    title: Title = ""
    body: Task = ""
    budget: Budget = ""
    readers: Readers = Field(default=Readers.PUBLIC, strict=False, description="public or members.")
    deadline: Annotated[AwareDatetime | None, Field(strict=False)] = None
    criteria: Annotated[list[CriterionGiven], Field(max_length=MOST_CRITERIA)] = Field(default_factory=list)

    def over(self, kept: CallFacts) -> CallFacts:
        """What is kept, with what was given in its place."""
        return replace(kept, **_typed({name: getattr(self, name) for name in self.model_fields_set}))


class AwardGiven(Given):
    """Which bid is chosen and why, and what all others are told."""

    bid: Id
    statement: Words
    message: Words


class AwardVoteGiven(Given):
    """About which bid the members vote, and why it should be chosen."""

    bid: Id
    statement: Words


class ResultGiven(Given):
    """What came of it."""

    result: Annotated[Plain, Field(min_length=1, max_length=LONGEST_RESULT)]


class BidGiven(Given):
    """A bid; sent again before the deadline it takes the place of your former one."""

    team: Annotated[Plain, Field(min_length=1, max_length=LONGEST_TEAM)]
    body: Task
    people: Annotated[list[Word], Field(max_length=MOST_PEOPLE, default_factory=list)]
    organisations: Annotated[list[Id], Field(max_length=MOST_PARTIES, default_factory=list)]

    @property
    def facts(self) -> BidFacts:
        """As the action takes it."""
        return BidFacts(self.team, self.body, people=tuple(self.people), organisations=tuple(self.organisations))


class SheetGiven(Given):
    """Points for every criterion by its key."""

    points: Annotated[dict[Word, int], Field(max_length=MOST_CRITERIA)]
    comment: Annotated[Plain, Field(max_length=LONGEST_COMMENT)] = ""


class ConflictGiven(Given):
    """Why you are not free towards a bid; it cannot be taken back."""

    reason: Annotated[Plain, Field(min_length=1, max_length=LONGEST_CONFLICT)]


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    """In the words of the action."""
    if "readers" in given:
        given["audience"] = given.pop("readers").value
    if "criteria" in given:
        given["criteria"] = tuple(Criterion(row.label, row.weight, row.max) for row in given["criteria"])
    return given
