"""What the API says and takes of cases, the end of an alliance, freezing and succession."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.actions.dissolving import CHECKLIST, missing
from alliances.models import Alliance, CaseState, State
from alliances.queries.ending import CaseRow, DissolutionView
from alliances.schemas.shapes import PartyShown, Words, author_of
from kernel.api import Given, Id, Listing, Shown, Word, link


class CaseShown(Shown):
    """Why a member should go, what it says to that, and how it ended."""

    id: int
    url: str
    member: int
    party: PartyShown | None
    state: CaseState
    grounds: str
    opened_by: Author | None
    opened_at: datetime
    reply_until: datetime
    reply: str
    replied_by: Author | None
    replied_at: datetime | None
    proposal: int | None = Field(description="The number of the vote on it.")
    ended_at: datetime | None
    ended_reason: str

    @classmethod
    def of(cls, row: CaseRow, alliance_url: str) -> "CaseShown":
        """From the row of the page."""
        case = row.case
        return cls(
            id=case.id,
            url=link(f"{alliance_url}/cases/{case.id}"),
            member=case.member_id,
            party=PartyShown.of(row.party),
            state=CaseState(case.state),
            grounds=case.grounds,
            opened_by=author_of(row.opened_by) if row.opened_by else None,
            opened_at=case.opened_at,
            reply_until=case.reply_until,
            reply=case.reply,
            replied_by=author_of(row.replied_by) if row.replied_by else None,
            replied_at=case.replied_at,
            proposal=row.proposal.number if row.proposal else None,
            ended_at=case.ended_at,
            ended_reason=case.ended_reason,
        )


class CaseList(Listing[CaseShown]):
    """Cases, the latest first."""


class CaseGiven(Given):
    """The grounds, and how many days the member has to reply; null: as many as the charter says."""

    member: Id
    grounds: Words
    days: Annotated[int, Field(ge=0, le=365)] | None = None


class ReplyGiven(Given):
    """What the member says to the grounds."""

    reply: Words


class ItemShown(Shown):
    """A point of the checklist; `done_at` is null while it is open."""

    item: str
    done_at: datetime | None
    by: str = Field(description="The handle of whoever settled it.")
    note: str


class DissolutionShown(Shown):
    """How the end of an alliance stands."""

    state: State = Field(description="Of the alliance: active while the members vote, dissolving, dissolved.")
    reason: str
    started_by: Author | None
    started_at: datetime
    proposal: int | None = Field(description="The number of the vote on it.")
    items: list[ItemShown]
    is_settled: bool
    finished_at: datetime | None

    @classmethod
    def of(cls, view: DissolutionView, alliance: Alliance) -> "DissolutionShown":
        """From what its page shows."""
        row = view.dissolution
        done = {item: row.items.get(item, {}) for item in CHECKLIST}
        return cls(
            state=State(alliance.state),
            reason=row.reason,
            started_by=author_of(view.started_by) if view.started_by else None,
            started_at=row.started_at,
            proposal=view.proposal.number if view.proposal else None,
            items=[
                ItemShown(
                    item=item,
                    done_at=datetime.fromisoformat(facts["done_at"]) if facts else None,
                    by=facts.get("by", ""),
                    note=facts.get("note", ""),
                )
                for item, facts in done.items()
            ],
            is_settled=not missing(row),
            finished_at=row.finished_at,
        )


class NoteGiven(Given):
    """How a point was settled; closing what is open needs no note."""

    note: Words = ""


class StateShown(Shown):
    """Where an alliance is in its life."""

    state: State
    frozen_at: datetime | None
    frozen_reason: str

    @classmethod
    def of(cls, alliance: Alliance) -> "StateShown":
        """As it stands now."""
        return cls(state=State(alliance.state), frozen_at=alliance.frozen_at, frozen_reason=alliance.frozen_reason)


class SuccessorGiven(Given):
    """The alliance that goes on with the work: what stands after /alliances/ in its address."""

    successor: Word


class SuccessionAnswerGiven(Given):
    """Whose place to take, or not."""

    predecessor: Word
    accept: bool


class SuccessionShown(Shown):
    """Which alliance follows which; `state` is the predecessor's, `replaced` once the successor has accepted."""

    predecessor: str
    successor: str | None
    state: State
