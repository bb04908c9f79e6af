"""What the API says and takes of flags and of the queue."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from accounts.queries import PersonFacts
from accounts.schemas import Author
from activity.schemas import Named, Thing
from kernel.api import Given, Listing, PageQuery, Plain, Shown, link
from kernel.clock import now
from kernel.refs import Card
from moderation.models import HouseRule, SanctionKind
from moderation.queries.queue import FlagRow, QueueRow
from moderation.queries.standing import MyFlag
from moderation.reviewables import Decision, Outcome

Slug = Annotated[Plain, Field(max_length=40, description="The short name of a rule: the part after `#` at `/rules`.")]
Words = Annotated[Plain, Field(max_length=500)]
Decided = Literal["keep", "remove", "edited", "moved", "approve", "refuse", "uphold", "lift"]


class FlagGiven(Named):
    """That a thing breaks a rule, or, without one, needs a moderator for the reason in `note`."""

    rule: Slug = ""
    note: Words = ""
    pass_on: bool = Field(
        default=False,
        description="Of an alliance’s own rooms: show this one thing to the staff of the site, too.",
    )


class FlagShown(Shown):
    """A flag of yours, and what came of it."""

    id: int
    thing: Thing | None = Field(description="Null once it is out of your sight.")
    rule: str
    note: str
    state: Literal["open", "decided", "gone"]
    outcome: str
    created_at: datetime

    @classmethod
    def of(cls, row: MyFlag) -> "FlagShown":
        """From the row of the page."""
        return cls.model_validate(
            {
                "id": row.flag.id,
                "thing": Thing.of(row.card) if row.card else None,
                "rule": row.rule.slug if row.rule else "",
                "note": row.flag.note,
                "state": row.review.state,
                "outcome": row.review.outcome,
                "created_at": row.flag.created_at,
            }
        )


class FlagList(Listing[FlagShown]):
    """Your flags, newest first."""


class ReviewQuery(PageQuery):
    """Which part of the queue."""

    state: Literal["open", "decided"] = "open"
    why: Literal["flag", "submission", "appeal"] | None = None


class FlagInReview(BaseModel):
    """Who flagged, by which rule, and what they said."""

    by: Author | None
    rule: str
    note: str
    at: datetime

    @classmethod
    def of(cls, row: FlagRow) -> "FlagInReview":
        """From a row of the queue."""
        return cls(by=_author(row.person), rule=_slug(row.rule), note=row.note, at=row.at)


class Flagged(BaseModel):
    """The thing itself."""

    kind: str
    ref_id: int
    title: str
    url: str
    html: str
    lang: str


class ReviewShown(Shown):
    """Something in the queue of those who look after its place, or what was decided about it."""

    id: int
    why: Literal["flag", "submission", "appeal"]
    state: Literal["open", "decided", "gone"]
    url: str
    thing: Flagged
    author: Author | None
    place: Thing | None
    weight: int
    is_hidden: bool
    flags: list[FlagInReview]
    outcome: str
    rule: str
    reason: str
    decided_by: Author | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: QueueRow) -> "ReviewShown":
        """From the row of the queue."""
        review, shown = row.review, row.shown
        return cls.model_validate(
            {
                "id": review.id,
                "why": review.why,
                "state": review.state,
                "url": link(row.url),
                "thing": Flagged(
                    kind=review.kind,
                    ref_id=review.ref_id,
                    title=shown.title if shown else "",
                    url=link(shown.url) if shown and shown.url else "",
                    html=str(shown.html) if shown else "",
                    lang=shown.lang if shown else "",
                ),
                "author": _author(row.author.person) if row.author else None,
                "place": _thing(row.place),
                "weight": review.weight,
                "is_hidden": review.hidden_at is not None,
                "flags": [FlagInReview.of(flag) for flag in row.flags],
                "outcome": review.outcome,
                "rule": _slug(row.rule),
                "reason": review.reason,
                "decided_by": _author(row.decided_by),
                "created_at": review.created_at,
                "decided_at": review.decided_at,
            }
        )


class ReviewList(Listing[ReviewShown]):
    """A part of the queue: of what is open the heaviest first, of what was decided the latest."""


class DecisionGiven(Given):
    """What is decided. Without a reason it is what the rule says, in the author's language."""

    outcome: Decided
    rule: Slug = ""
    reason: Words = ""
    note: Words = ""
    sanction: Literal["warning", "silence", "suspension"] | None = None
    hours: Annotated[int, Field(ge=1, le=24 * 3650)] | None = Field(
        default=None, description="How long a silence or suspension lasts; until it is lifted when null."
    )

    def decision(self, rule: HouseRule | None) -> Decision:
        """As the action takes it."""
        return Decision(
            outcome=Outcome(self.outcome),
            rule_id=rule.id if rule else None,
            reason=self.reason,
            note=self.note,
            sanction=SanctionKind(self.sanction).value if self.sanction else "",
            ends_at=now() + timedelta(hours=self.hours) if self.hours else None,
        )


def _author(person: PersonFacts | None) -> Author | None:
    return None if person is None else Author.of(name=person.name, handle=person.handle, url=person.url)


def _thing(card: Card | None) -> Thing | None:
    return None if card is None else Thing.of(card)


def _slug(rule: HouseRule | None) -> str:
    return rule.slug if rule is not None else ""
