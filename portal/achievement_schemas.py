"""What the API says and takes of achievements."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from accounts.schemas import Author
from forum.cooking import LONGEST_BODY
from forum.models.community import GENERAL
from forum.schemas.given import Tags, Title
from forum.schemas.places import Slug
from ip_registry.achievement_cards import (
    FIRST_YEAR,
    LONGEST_AWARD,
    LONGEST_METHOD,
    LONGEST_PLACE,
    LONGEST_PROBLEM,
    CardFacts,
)
from ip_registry.event_schemas import DetailsText, SaltText
from ip_registry.models import AwardLevel, Cooperation, IpStatus
from ip_registry.schemas import Hash, LeafText
from kernel.api import Given, Listing, PageQuery, Shown, Word, link
from portal.achievement_lists import Wanted
from portal.achievement_rows import AchievementRow, Badge
from portal.achievements import Signed

LAST_YEAR = 9999


def _plain(text: str) -> str:
    return text.replace("\x00", "")


Trl = Annotated[int, Field(ge=1, le=9, description="Technology readiness level.")]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Problem = Annotated[str, Field(min_length=1, max_length=LONGEST_PROBLEM), AfterValidator(_plain)]
Method = Annotated[str, Field(min_length=1, max_length=LONGEST_METHOD), AfterValidator(_plain)]
AwardName = Annotated[str, Field(min_length=1, max_length=LONGEST_AWARD), AfterValidator(_plain)]
More = Annotated[str, Field(max_length=LONGEST_BODY, description="Markdown."), AfterValidator(_plain)]
Place = Annotated[
    str,
    Field(max_length=LONGEST_PLACE, description="A province or city, by its name or its code."),
    AfterValidator(_plain),
]
RecordName = Annotated[
    str, Field(pattern="^([0-9]{4}[a-z]?-(0|[1-9][0-9]{0,17})|[0-9a-f]{64})$", description="Its number or leaf hash.")
]


class AwardShown(Shown):
    """An award."""

    name: str
    level: AwardLevel
    year: int


class BadgeShown(Shown):
    """The record behind it. `is_verified`: outsiders vouch for its time, between `not_before` and `not_after`."""

    number: str
    url: str
    leaf_hash: Hash
    is_verified: bool
    is_disputed: bool
    not_before: datetime | None
    not_after: datetime | None

    @classmethod
    def of(cls, badge: Badge) -> "BadgeShown":
        """From the row of the page."""
        return cls(
            number=badge.number,
            url=link(badge.url),
            leaf_hash=badge.leaf_hash,
            is_verified=badge.is_verified,
            is_disputed=badge.is_disputed,
            not_before=badge.interval.not_before if badge.interval else None,
            not_after=badge.interval.not_after if badge.interval else None,
        )


class AchievementShown(Shown):
    """An achievement: its card, and the thread in which it is shown. `region` and `city` are codes, or empty.

    `record` is null where none was named, or one that is not public any more.
    """

    id: int
    thread_id: int
    title: str
    url: str
    lang: str
    problem: str
    method: str
    author: Author
    community: str
    trl: int | None
    ip_status: IpStatus | None
    cooperation: list[Cooperation]
    region: str
    city: str
    award: AwardShown | None
    record: BadgeShown | None
    created_at: datetime

    @classmethod
    def of(cls, row: AchievementRow) -> "AchievementShown":
        """From the row of the page."""
        award = None
        if row.award_year is not None:
            award = AwardShown(name=row.award_name, level=AwardLevel(row.award_level), year=row.award_year)
        author_url = f"/people/{row.author_handle}" if row.author_handle else None
        return cls(
            id=row.id,
            thread_id=row.thread_id,
            title=row.title,
            url=link(row.url),
            lang=row.lang,
            problem=row.problem,
            method=row.method,
            author=Author.of(name=row.author_name, handle=row.author_handle, url=author_url),
            community=row.community,
            trl=row.trl,
            ip_status=IpStatus(row.ip_status) if row.ip_status else None,
            cooperation=[Cooperation(kind) for kind in row.cooperation],
            region=row.region,
            city=row.city,
            award=award,
            record=BadgeShown.of(row.record) if row.record else None,
            created_at=row.created_at,
        )


AchievementList = Listing[AchievementShown]


class AchievementQuery(PageQuery):
    """Which achievements: every filter that is given must hold."""

    awarded: Annotated[bool, Field(description="Only those with an award, by its year.")] = False
    year: Annotated[Year | None, Field(description="Of the award.")] = None
    level: AwardLevel | None = None
    award: Annotated[Word | None, Field(description="The exact name of the award.")] = None
    sector: Slug | None = None
    region: Annotated[str | None, Field(pattern="^([0-9]{2}|[0-9]{4})$", description="A province or a city.")] = None
    trl: Annotated[Trl | None, Field(description="At least this one.")] = None
    cooperation: Cooperation | None = None
    record: Annotated[bool, Field(description="Only those with a record that everybody can check.")] = False

    @property
    def wanted(self) -> Wanted:
        """The same for the query."""
        return Wanted(
            view="awarded" if self.awarded else "",
            year=str(self.year or ""),
            level=self.level.value if self.level else "",
            award=self.award or "",
            sector=self.sector or "",
            region=self.region or "",
            trl=str(self.trl or ""),
            cooperation=self.cooperation.value if self.cooperation else "",
            record="1" if self.record else "",
        )


class AwardGiven(Given):
    """An award."""

    name: AwardName
    level: AwardLevel
    year: Year


class RevealGiven(Given):
    """The disclosure of the record, signed by its owner: a reveal whose scope is `public`."""

    leaf: LeafText
    details: DetailsText
    salt: SaltText

    @property
    def signed(self) -> Signed:
        """The same for the action."""
        return Signed(leaf=self.leaf.encode(), details=self.details, salt=bytes.fromhex(self.salt))


class AchievementGiven(Given):
    """An achievement to publish. `record` is one of your own; a sealed one is disclosed with it, by `reveal`.

    `understood` says that you read what publishing does to a patent; it must be true where this publishes the work.
    """

    community: Slug
    board: Slug = GENERAL
    title: Title
    problem: Problem
    method: Method
    body: More = ""
    tags: Tags = Field(default_factory=list)
    trl: Trl | None = None
    ip_status: IpStatus | None = None
    cooperation: Annotated[list[Cooperation], Field(max_length=len(Cooperation))] = Field(default_factory=list)
    place: Place = ""
    award: AwardGiven | None = None
    record: RecordName | None = None
    reveal: RevealGiven | None = None
    understood: bool = False

    @property
    def facts(self) -> CardFacts:
        """The card."""
        return CardFacts(
            problem=self.problem,
            method=self.method,
            trl=self.trl,
            ip_status=self.ip_status.value if self.ip_status else "",
            cooperation=tuple(kind.value for kind in self.cooperation),
            place=self.place,
            award_name=self.award.name if self.award else "",
            award_level=self.award.level.value if self.award else "",
            award_year=self.award.year if self.award else None,
        )


class AchievementMade(Shown):
    """An achievement that was just published. `disclosure` is the leaf that disclosed its record, if one did."""

    id: int
    thread_id: int
    url: str
    title: str
    record: str | None
    disclosure: Hash | None
