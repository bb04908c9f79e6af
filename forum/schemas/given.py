from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from forum.actions.threads import MOST_OPTIONS, PollDraft
from forum.cooking import LONGEST_BODY, LONGEST_TITLE, MOST_TAGS
from forum.models.community import GENERAL
from forum.models.thread import Lens, ThreadKind
from forum.schemas.places import Slug
from kernel.api import Given, Id, Reason, Word

LAST_YEAR = 2200

Title = Annotated[str, Field(min_length=4, max_length=LONGEST_TITLE)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_BODY), Field(description="Markdown.")]
Tags = Annotated[list[Word], Field(max_length=MOST_TAGS)]


def _near(moment: datetime) -> datetime:
    if not 1 < moment.year < LAST_YEAR:
        raise PydanticCustomError("far", "Choose a time that somebody will live to see.")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_near)]


class PollGiven(Given):
    """A poll to hang on a new thread."""

    question: Annotated[str, Field(min_length=1, max_length=200)]
    options: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=120)]], Field(min_length=2, max_length=MOST_OPTIONS)
    ]
    max_choices: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = 1
    closes_at: Moment | None = None

    def draft(self) -> PollDraft:
        """As the action takes it."""
        return PollDraft(
            question=self.question, options=self.options, max_choices=self.max_choices, closes_at=self.closes_at
        )


class ThreadGiven(Given):
    """A thread to start."""

    community: Slug
    board: Slug = GENERAL
    kind: ThreadKind = ThreadKind.DISCUSSION
    lens: Lens | None = None
    title: Title
    body: Body
    tags: Tags = Field(default_factory=list)
    poll: PollGiven | None = None


class VoteGiven(Given):
    """Your answers; none takes the vote back."""

    options: Annotated[list[Id], Field(max_length=MOST_OPTIONS)]


class NumberGiven(Given):
    """Up to where you have read."""

    number: Annotated[int, Field(ge=0, le=2**31)]


class ReasonGiven(Given):
    """Why something is done."""

    reason: Reason = ""


class MoveGiven(ReasonGiven):
    """Where a thread goes."""

    community: Slug
    board: Slug = GENERAL


class SplitGiven(ReasonGiven):
    """Which posts become a thread of their own."""

    numbers: Annotated[list[Annotated[int, Field(ge=1, le=2**31)]], Field(min_length=1, max_length=1000)]
    title: Title


class MergeGiven(ReasonGiven):
    """Which thread takes the posts."""

    into: Id
