"""What the API says and takes of ballots, counts and proxies."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, JsonValue

from alliances.actions.ballots import LONGEST_REASON
from alliances.actions.proxies import LONGEST_INSTRUCTIONS
from alliances.models import ProposalState
from alliances.queries.proxies import ProxyShown as ProxyRow
from kernel.api import Given, Id, Listing, Plain, Shown, link

Why = Annotated[Plain, Field(max_length=LONGEST_REASON)]
Instructions = Annotated[Plain, Field(max_length=LONGEST_INSTRUCTIONS)]


class BallotGiven(Given):
    """A vote. `choice` is as the method has it, such as {"stance": "yes"} or {"ranking": [7, 5, 9]}."""

    choice: JsonValue
    reason: Why = ""
    voter_id: Annotated[Id | None, Field(description="For whom, if you vote for several.")] = None


class BallotCast(Shown):
    """What became of it. `receipt` is there for a secret ballot, once, and kept nowhere."""

    voter_id: int
    receipt: str | None


class BallotShown(Shown):
    """A ballot that was counted: of an open vote with its voter, of a secret one with the hash of its receipt."""

    voter: str | None
    receipt_hash: str | None
    choice: dict[str, Any]
    reason: str


class BallotList(Listing[BallotShown]):
    """The ballots of a vote that has ended."""


class CountShown(Shown):
    """Everything that is needed to count a vote again."""

    alliance: str
    proposal: int
    title: str
    opened_at: str | None
    closed_at: str | None
    state: ProposalState
    secret: bool
    rules: dict[str, Any]
    options: list[dict[str, Any]]
    roll: list[str]
    roll_hash: str
    ballots: list[dict[str, Any]]
    tally: dict[str, Any] | None
    tally_hash: str
    statement: str


class ProxyGiven(Given):
    """Who votes for your member: on the proposal of this number, or until a time."""

    to_member_id: Id
    from_member_id: Id | None = None
    proposal: Id | None = None
    ends_at: Annotated[AwareDatetime | None, Field(strict=False)] = None
    instructions: Instructions = ""


class ProxyShown(Shown):
    """A proxy that your member gave or holds."""

    id: int
    giver: str
    holder: str
    given: bool
    proposal_url: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    instructions: str
    live: bool

    @classmethod
    def of(cls, row: ProxyRow) -> "ProxyShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            giver=row.giver,
            holder=row.holder,
            given=row.is_given,
            proposal_url=link(row.url) if row.url else None,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            instructions=row.instructions,
            live=row.is_live,
        )


class ProxyList(Listing[ProxyShown]):
    """Proxies, the newest first."""
