"""What the API says and takes of needs, their answers and what fits them."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from accounts.schemas import Author
from kernel.api import Given, Id, Listing, PageQuery, Shown, link
from resources.models import NeedKind, NeedState, Visibility
from resources.models.answer import AnswerState
from resources.need_text import (
    LONGEST_MESSAGE,
    LONGEST_SHORT,
    LONGEST_TEASER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_SECTORS,
    MOST_TARGETS,
    NeedFacts,
    Target,
)
from resources.queries.answers import AnswerRow
from resources.queries.matching import MatchRow
from resources.queries.needs import NeedRow, NeedView


def _plain(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "No database keeps the character U+0000.")
    return text


Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE), AfterValidator(_plain)]
Short = Annotated[str, Field(max_length=LONGEST_SHORT), AfterValidator(_plain)]
Long = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_plain)]
Teaser = Annotated[str, Field(max_length=LONGEST_TEASER), AfterValidator(_plain)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE), AfterValidator(_plain)]
Code = Annotated[str, Field(max_length=20), AfterValidator(_plain)]


class TargetShown(Shown):
    """A figure to be reached."""

    quantity: str
    value: str
    unit: str


class NeedItem(Shown):
    """A need in a list. `owner` is null while you may not know whose it is; `owner_name` is then an alias."""

    id: int
    title: str
    url: str
    lang: str
    kind: NeedKind
    state: NeedState
    visibility: Visibility
    teaser: str
    sectors: list[str] = Field(description="Names, in your language.")
    place: str
    budget: str
    deadline: date | None
    published_at: datetime | None
    owner: Author | None
    owner_name: str
    answer_count: int
    is_slow: bool = Field(description="Somebody has waited for an answer for three weeks.")

    @classmethod
    def of(cls, row: NeedRow) -> "NeedItem":
        """From the row of the page."""
        owner = row.owner
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            lang=row.lang,
            kind=NeedKind(row.kind),
            state=NeedState(row.state),
            visibility=Visibility(row.visibility),
            teaser=row.teaser,
            sectors=list(row.sectors),
            place=row.place,
            budget=row.budget,
            deadline=row.deadline,
            published_at=row.published_at,
            owner=Author.of(name=owner.name, handle=owner.handle, url=owner.url) if owner else None,
            owner_name=row.owner_name,
            answer_count=row.answer_count,
            is_slow=row.is_slow,
        )


class FullText(Shown):
    """The text that an owner opens to those whose answer fits."""

    problem: str
    constraints: str
    tried: str


class NeedShown(NeedItem):
    """A need. `full` is null until it is open to you and you have read it on its page, which its owner sees."""

    targets: list[TargetShown]
    ip_wish: str
    trl: int | None
    full: FullText | None

    @classmethod
    def of_view(cls, view: NeedView) -> "NeedShown":
        """From all that its page shows."""
        return cls(
            **dict(NeedItem.of(view.row)),
            targets=[TargetShown(**row) for row in view.need.targets],
            ip_wish=view.need.ip_wish,
            trl=view.trl,
            full=FullText(**view.full) if view.full is not None else None,
        )


class NeedList(Listing[NeedItem]):
    """Needs, the newest first."""


class NeedMade(Shown):
    """A need that was just kept."""

    id: int
    url: str
    title: str
    state: NeedState
    quality: int = Field(description="How much of it can be compared with listings, of 100.")


class NeedQuery(PageQuery):
    """Which needs."""

    kind: NeedKind | None = None
    sector: Annotated[Code, Field(description="A slug, such as `materials`.")] = ""
    region: Annotated[str, Field(max_length=4, pattern=r"^([0-9]{2}([0-9]{2})?)?$")] = ""
    state: NeedState = NeedState.OPEN


class TargetGiven(Given):
    """A figure to be reached."""

    quantity: Annotated[Short, Field(min_length=1)]
    value: Annotated[Short, Field(min_length=1)]
    unit: Short = ""


class NeedGiven(Given):
    """A need to post. Without `publish` it stays a draft."""

    title: Title
    kind: NeedKind
    teaser: Teaser = ""
    problem: Long = ""
    constraints: Long = ""
    tried: Long = ""
    is_full_shown: bool = False
    targets: Annotated[list[TargetGiven], Field(max_length=MOST_TARGETS)] = Field(default_factory=list)
    budget: Code = ""
    deadline: Annotated[date | None, Field(strict=False)] = None
    ip_wish: Code = ""
    sectors: Annotated[list[Code], Field(max_length=MOST_SECTORS)] = Field(default_factory=list)
    place: Annotated[Short, Field(description="A province or city, as a name or a code.")] = ""
    trl: Annotated[int | None, Field(ge=1, le=9)] = None
    visibility: Visibility = Visibility.PUBLIC
    alliance: Annotated[Short, Field(description="Such as `alliance:7`, for the visibility `alliance`.")] = ""
    publish: bool = True

    @property
    def facts(self) -> NeedFacts:
        """As the action takes it."""
        return NeedFacts(
            title=self.title,
            kind=self.kind.value,
            teaser=self.teaser,
            problem=self.problem,
            constraints=self.constraints,
            tried=self.tried,
            is_full_shown=self.is_full_shown,
            targets=tuple(Target(row.quantity, row.value, row.unit) for row in self.targets),
            budget=self.budget,
            deadline=self.deadline,
            ip_wish=self.ip_wish,
            sectors=tuple(self.sectors),
            place=self.place,
            trl=self.trl,
            visibility=self.visibility.value,
            alliance=self.alliance,
        )


class MatchShown(Shown):
    """Something that fits, with the score from 0 to 1 and the reasons in your language."""

    ref: str
    title: str
    url: str
    kind: str
    score: float
    reasons: list[str]
    parts: dict[str, float] = Field(description="Each part that counts, from 0 to 1.")

    @classmethod
    def of(cls, row: MatchRow) -> "MatchShown":
        """From the row of the page."""
        return cls(
            ref=str(row.ref),
            title=row.title,
            url=link(row.url),
            kind=row.kind,
            score=round(row.fit.score, 4),
            reasons=row.fit.reasons,
            parts={part.name: round(part.value, 4) for part in row.fit.parts},
        )


class MatchList(Listing[MatchShown]):
    """The listings that fit, the achievements and the organisations, each the best first."""

    achievements: list[MatchShown]
    organisations: list[MatchShown]


class LimitQuery(BaseModel):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=50)] = 20


class AnswerShown(Shown):
    """An answer, to its author and to whoever has the need."""

    id: int
    author: Author
    message: str
    price: str
    time_needed: str
    state: AnswerState
    reason: str
    ending_message: str
    created_at: datetime
    ended_at: datetime | None
    conversation_url: str

    @classmethod
    def of(cls, row: AnswerRow) -> "AnswerShown":
        """From the row of the page."""
        author = row.author
        return cls(
            id=row.id,
            author=Author.of(name=author.name, handle=author.handle, url=author.url),
            message=row.message,
            price=row.price,
            time_needed=row.time_needed,
            state=AnswerState(row.state),
            reason=row.reason,
            ending_message=row.ending_message,
            created_at=row.created_at,
            ended_at=row.ended_at,
            conversation_url=link(row.conversation_url),
        )


class AnswerList(Listing[AnswerShown]):
    """The answers that you may read: your own, or all if the need is yours."""


class AnswerGiven(Given):
    """An answer to a need."""

    message: Words
    listing_id: Annotated[Id | None, Field(description="One of your published listings.")] = None
    price: Short = ""
    time_needed: Short = ""


class DecisionGiven(Given):
    """What becomes of an answer, with words to the other side; `reason` where it is declined."""

    message: Words
    reason: Code = ""
