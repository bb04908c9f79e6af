"""What the API says and takes of proposals."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from alliances.actions.withdrawing import LONGEST_MESSAGE
from alliances.counting import Method, Outcome, Rules, write_choice
from alliances.models import Electorate, Matter, Office, ProposalState
from alliances.outcomes import outcome_sentence
from alliances.proposal_text import (
    LONGEST_BODY,
    LONGEST_OPTION,
    LONGEST_STATEMENT,
    LONGEST_TITLE,
    MOST_OPTIONS,
    Candidate,
    ProposalFacts,
    Slot,
)
from alliances.queries.proposal_page import ProposalView
from alliances.queries.proposals import ProposalRow
from alliances.schemas.shapes import Day, Handle
from alliances.wishes import Wishes
from kernel.api import Given, Id, Listing, PageQuery, Plain, Shown, link

Share = Annotated[str, Field(max_length=11, pattern=r"^([0-9]{1,5}/[1-9][0-9]{0,4})?$", description="Such as 2/3.")]
Title = Annotated[Plain, Field(min_length=1, max_length=LONGEST_TITLE)]
Body = Annotated[Plain, Field(max_length=LONGEST_BODY)]
Label = Annotated[Plain, Field(min_length=1, max_length=LONGEST_OPTION)]
Statement = Annotated[Plain, Field(max_length=LONGEST_STATEMENT)]
Small = Annotated[int, Field(ge=0, le=100_000)]


class ProposalItem(Shown):
    """A proposal in a list. `waits` says that you can vote on it and have not."""

    number: int
    title: str
    lang: str
    url: str
    state: ProposalState
    outcome: Outcome | None
    method: Method
    matter: Matter
    electorate: Electorate
    group_id: int | None
    secret: bool
    cast: int
    roll: int
    closes_at: datetime | None
    closed_at: datetime | None
    waits: bool

    @classmethod
    def of(cls, row: ProposalRow) -> "ProposalItem":
        """From the row of the page."""
        return cls(
            number=row.number,
            title=row.title,
            lang=row.lang,
            url=link(row.url),
            state=ProposalState(row.state),
            outcome=Outcome(row.outcome) if row.outcome else None,
            method=Method(row.method),
            matter=Matter(row.matter),
            electorate=Electorate(row.electorate),
            group_id=row.group_id,
            secret=row.is_secret,
            cast=row.cast,
            roll=row.roll,
            closes_at=row.closes_at,
            closed_at=row.closed_at,
            waits=row.waits,
        )


class ProposalList(Listing[ProposalItem]):
    """Proposals, the newest first."""


class ProposalQuery(PageQuery):
    """Which proposals."""

    state: ProposalState | None = None
    group_id: Annotated[int | None, Field(ge=1)] = None


class OptionShown(Shown):
    """What can be chosen."""

    id: int
    label: str
    statement: str
    none: bool = Field(description="“None of these”.")
    starts_at: datetime | None = Field(description="Of a time that can be chosen.")
    ends_at: datetime | None


class MandateShown(Shown):
    """A vote that you may cast: `own`, as the `alternate`, or by `proxy`; not any more when it is `done`."""

    voter_id: int
    name: str
    kind: str
    has_voted: bool
    done: bool
    choice: dict[str, Any] | None


class ProposalShown(Shown):
    """A proposal. `rules` and `tally` are as they are counted and published; `tally` is null while it is hidden."""

    number: int
    title: str
    body: str
    lang: str = Field(description="Of the body.")
    url: str
    subject: str | None = Field(description="The text, call or event that is voted on.")
    state: ProposalState
    outcome: Outcome | None
    statement: str
    method: Method
    matter: Matter
    office: str
    electorate: Electorate
    group_id: int | None
    secret: bool
    hides_results: bool
    author: str
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    roll: int
    roll_hash: str
    quorum: int
    cast: int
    rules: dict[str, Any] | None
    options: list[OptionShown]
    votes: list[MandateShown]
    tally: dict[str, Any] | None
    tally_hash: str
    resolution: str | None
    replaces: str | None
    replaced_by: str | None

    @classmethod
    def of(cls, view: ProposalView) -> "ProposalShown":
        """From all that its page shows."""
        held = view.proposal
        is_over = held.state == ProposalState.CLOSED
        return cls(
            number=held.number,
            title=view.title,
            body=held.body,
            lang=held.lang,
            url=link(view.url),
            subject=link(view.ways[0][1]) if view.ways else None,
            state=ProposalState(held.state),
            outcome=Outcome(held.outcome) if held.outcome else None,
            statement=outcome_sentence(view.tally, view.names) if view.tally and is_over else held.statement,
            method=Method(held.method),
            matter=Matter(held.matter),
            office=held.office,
            electorate=Electorate(held.electorate),
            group_id=held.group_id,
            secret=held.is_secret,
            hides_results=held.hides_results,
            author=view.author.name,
            opened_at=held.opened_at,
            closes_at=held.closes_at,
            closed_at=held.closed_at,
            roll=held.roll_size,
            roll_hash=held.roll_hash,
            quorum=held.quorum,
            cast=held.cast_count,
            rules=_rules(view.rules, is_over=is_over),
            options=[
                OptionShown(
                    id=one.id,
                    label=one.label,
                    statement=one.statement,
                    none=one.is_none,
                    starts_at=one.starts_at,
                    ends_at=one.ends_at,
                )
                for one in view.options
            ],
            votes=[
                MandateShown(
                    voter_id=one.voter_id,
                    name=one.name,
                    kind=one.kind,
                    has_voted=one.has_voted,
                    done=one.is_done,
                    choice=write_choice(view.rules, one.choice) if one.choice and view.rules else None,
                )
                for one in view.mandates
            ],
            tally=view.tally.to_json() if view.tally else None,
            tally_hash=held.tally_hash,
            resolution=view.resolution.number if view.resolution else None,
            replaces=link(view.before.url) if view.before else None,
            replaced_by=link(view.after.url) if view.after else None,
        )


class CandidateGiven(Given):
    """Somebody to be elected."""

    handle: Handle
    statement: Statement = ""


class SlotGiven(Given):
    """A time that may suit."""

    starts_at: Annotated[AwareDatetime, Field(strict=False)]
    ends_at: Annotated[AwareDatetime | None, Field(strict=False)] = None


class ProposalGiven(Given):
    """A proposal. Shares that are left empty are as the charter says.

    `options`, `candidates` or `slots` belong to the methods that have them.
    """

    title: Title
    body: Body = ""
    method: Annotated[Method, Field(strict=False)] = Method.SIMPLE
    electorate: Annotated[Electorate, Field(strict=False)] = Electorate.MEMBERS
    group_id: Id | None = None
    office: Annotated[Office | None, Field(strict=False)] = None
    secret: bool = False
    hides_results: bool = False
    days: Annotated[int | None, Field(ge=1, le=90)] = None
    review_on: Day = None
    options: list[Label] = Field(default_factory=list, max_length=MOST_OPTIONS)
    candidates: list[CandidateGiven] = Field(default_factory=list, max_length=MOST_OPTIONS)
    slots: list[SlotGiven] = Field(default_factory=list, max_length=MOST_OPTIONS)
    with_none: bool = False
    threshold: Share = ""
    quorum_share: Share = ""
    quorum_count: Small = 0
    seats: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = 1
    max_score: Annotated[int, Field(ge=2, le=10)] = 5
    dots: Annotated[int, Field(ge=2, le=100)] = 10
    ballot: Annotated[Method, Field(strict=False, description="Of an election: ranked or approval.")] = Method.RANKED
    lot: bool = False
    open: Annotated[bool, Field(description="Open it at once; otherwise it is a draft that you alone see.")] = False

    @property
    def facts(self) -> ProposalFacts:
        """As a form would have it."""
        return ProposalFacts(
            title=self.title,
            body=self.body,
            method=self.method.value,
            electorate=self.electorate.value,
            group_id=self.group_id,
            office=self.office.value if self.office else "",
            is_secret=self.secret,
            hides_results=self.hides_results,
            days=self.days,
            review_on=self.review_on,
            options=tuple(self.options),
            candidates=tuple(Candidate(one.handle, one.statement) for one in self.candidates),
            slots=tuple(Slot(one.starts_at, one.ends_at) for one in self.slots),
            with_none=self.with_none,
            wishes=Wishes(
                threshold=self.threshold,
                quorum_share=self.quorum_share,
                quorum_count=self.quorum_count,
                seats=self.seats,
                max_score=self.max_score,
                dots=self.dots,
                ballot=self.ballot.value,
                lot=self.lot,
            ),
        )


class WordsGiven(Given):
    """Why it is withdrawn."""

    message: Annotated[Plain, Field(min_length=1, max_length=LONGEST_MESSAGE)]


def _rules(rules: Rules | None, *, is_over: bool) -> dict[str, Any] | None:
    """The seed of the lot is told when nobody can vote by it any more."""
    if rules is None:
        return None
    told = rules.to_json()
    return told if is_over else {name: value for name, value in told.items() if name != "seed"}
