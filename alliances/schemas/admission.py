"""What the API says and takes of applications and invitations."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.actions.admission import LONGEST_ANSWER
from alliances.actions.invitations import LONGEST
from alliances.models import Application, AskState, Invitation, PartyKind, Standing
from alliances.queries.admission import AskRow
from alliances.schemas.shapes import PartyShown, Words, author_of
from kernel.api import Given, Id, Listing, PageQuery, Plain, Shown, Word, link

AnswerText = Annotated[Plain, Field(max_length=LONGEST_ANSWER)]
Accepted = Annotated[Plain, Field(max_length=64)]


class AskShown(Shown):
    """An application or an invitation, and what became of it."""

    id: int
    url: str
    party: PartyShown | None
    standing: Standing
    state: AskState
    message: str
    by: Author | None
    created_at: datetime
    expires_at: datetime | None = Field(description="Of an invitation: until when it may be answered.")
    answer: str
    decided_at: datetime | None
    again_at: datetime | None = Field(description="Of a refused application: from when on one may apply again.")
    questions: list[str]
    answers: list[str]
    sponsors: int

    @classmethod
    def of(cls, row: AskRow) -> "AskShown":
        """From the row of the page."""
        asked = row.asked
        application = asked if isinstance(asked, Application) else None
        return cls(
            id=asked.id,
            url=link(row.url),
            party=PartyShown.of(row.party),
            standing=Standing(asked.standing),
            state=AskState(asked.state),
            message=asked.message,
            by=author_of(row.by) if row.by else None,
            created_at=asked.created_at,
            expires_at=asked.expires_at if isinstance(asked, Invitation) else None,
            answer=asked.answer,
            decided_at=asked.decided_at,
            again_at=application.again_at if application else None,
            questions=application.questions if application else [],
            answers=application.answers if application else [],
            sponsors=len(row.sponsors),
        )


class AskList(Listing[AskShown]):
    """What waits first, then the newest."""


class AskQuery(PageQuery):
    """Which applications or invitations."""

    state: AskState | None = None


class PartyGiven(Given):
    """A party by its address or handle: what stands last in the address of its page."""

    kind: PartyKind = Field(strict=False)
    name: Word


class ApplicationGiven(Given):
    """An application for a party for which you speak. `accepted` is the hash of the charter in force."""

    party: PartyGiven
    standing: Annotated[Standing, Field(strict=False)] = Standing.FULL
    answers: list[AnswerText] = Field(default_factory=list, max_length=20)
    message: Words = ""
    accepted: Accepted = ""


class InvitationGiven(Given):
    """Whom to invite, as what, and how many days they may take."""

    party: PartyGiven
    standing: Annotated[Standing, Field(strict=False)] = Standing.FULL
    message: Words = ""
    days: Annotated[int, Field(ge=1, le=LONGEST)] = 30


class AnswerGiven(Given):
    """A decision. A message is needed to accept or refuse an application, and to decline or withdraw an invitation."""

    message: Words = ""
    standing: Annotated[Standing | None, Field(strict=False)] = None
    accepted: Accepted = ""


class SponsorGiven(Given):
    """In which words a full member speaks for an application. Of several members for which you act, name one."""

    member: Id | None = None
    message: Words
