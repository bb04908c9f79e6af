"""What the API says and takes of alliances and their logs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from alliances.facts import LONGEST_QUESTION, MOST_QUESTIONS, MOST_SEATS, MOST_SECTORS, Details, FoundingFacts
from alliances.models import Alliance, State
from alliances.queries.directory import AllianceRow
from alliances.queries.overview import Forming, OfficerFace
from kernel.api import Given, Listing, PageQuery, Plain, Shown, Word, link

Short = Annotated[Plain, Field(max_length=500)]
Small = Annotated[int, Field(ge=0, le=1_000)]
PartyName = Annotated[
    str, Field(max_length=40, pattern=r"^[a-z]+:[0-9]{1,18}$", description="Such as `organisation:7`.")
]


class AllianceItem(Shown):
    """An alliance in a list."""

    slug: str
    name: str
    url: str
    state: State
    summary: str
    sectors: list[str] = Field(description="Slugs.")
    region: str
    member_count: int
    open_seats: int | None = Field(description="null: as many as come.")
    admission: str
    founded_at: datetime | None
    active_at: datetime

    @classmethod
    def of(cls, row: AllianceRow) -> "AllianceItem":
        """From the row of the page."""
        return cls(
            slug=row.slug,
            name=row.name,
            url=link(row.url),
            state=State(row.state),
            summary=row.summary,
            sectors=[slug for slug, _name in row.sectors],
            region=row.region,
            member_count=row.member_count,
            open_seats=row.open_seats,
            admission=row.admission,
            founded_at=row.founded_at,
            active_at=row.active_at,
        )


class OfficerShown(Shown):
    """Who holds an office."""

    office: str
    name: str
    url: str
    interim: bool


class SignaturesShown(Shown):
    """How far the signatures are."""

    signed: int
    needed: int
    missing: list[str] = Field(description="Kinds of members that must be among them and are not yet.")
    until: datetime


class AllianceShown(AllianceItem):
    """An alliance."""

    template: str
    charter: int = Field(description="The version in force, or open for signatures; 0: none yet.")
    questions: list[str]
    ip_policy: str
    liable_body: str
    secretariat: str
    registration_no: str
    officers: list[OfficerShown]
    signatures: SignaturesShown | None
    texts: dict[str, str] = Field(description="Name and summary as they are written, in both languages.")
    reapply_days: int = Field(description="After how many days whoever was refused may apply again.")
    founding_members: int
    founding_kinds: int
    founding_needs: list[str]
    founding_days: int

    @classmethod
    def of_alliance(
        cls, row: AllianceRow, alliance: Alliance, officers: Sequence[OfficerFace], gathering: Forming | None
    ) -> "AllianceShown":
        """From what its page shows."""
        signatures = None
        if gathering is not None and alliance.forming_until is not None:
            signatures = SignaturesShown(
                signed=gathering.progress.signed,
                needed=gathering.progress.members,
                missing=list(gathering.progress.missing),
                until=alliance.forming_until,
            )
        return cls(
            **dict(AllianceItem.of(row)),
            template=alliance.template,
            charter=alliance.charter_number,
            questions=list(alliance.questions),
            ip_policy=alliance.ip_policy,
            liable_body=alliance.liable_body,
            secretariat=alliance.secretariat,
            registration_no=alliance.registration_no,
            officers=[
                OfficerShown(office=one.office, name=one.name, url=link(one.url), interim=one.is_interim)
                for one in officers
            ],
            signatures=signatures,
            texts={name: getattr(alliance, name) for name in ("name", "name_en", "summary", "summary_en")},
            reapply_days=alliance.reapply_days,
            founding_members=alliance.founding_members,
            founding_kinds=alliance.founding_kinds,
            founding_needs=list(alliance.founding_needs),
            founding_days=alliance.founding_days,
        )


class AllianceList(Listing[AllianceItem]):
    """Alliances, what moved last first."""


class AllianceQuery(PageQuery):
    """Which alliances."""

    sector: Annotated[str, Field(max_length=20, pattern=r"^[a-z]*$")] = ""
    region: Annotated[str, Field(max_length=4, pattern=r"^([0-9]{2}([0-9]{2})?)?$")] = ""
    state: State | None = None
    open_seats: bool = False


class FoundingGiven(Given):
    """A draft to begin."""

    template: Word
    name: Word
    name_en: Short = ""
    summary: Annotated[Short, Field(min_length=1)]
    summary_en: Short = ""
    sectors: Annotated[list[Word], Field(min_length=1, max_length=MOST_SECTORS)]
    place: Annotated[Short, Field(description="A province or city, as a name or a code.")] = ""
    party: PartyName

    @property
    def facts(self) -> FoundingFacts:
        """As the action takes it."""
        return FoundingFacts(
            template=self.template,
            name=self.name,
            name_en=self.name_en,
            summary=self.summary,
            summary_en=self.summary_en,
            sectors=tuple(self.sectors),
            place=self.place,
        )


class OpeningShown(Shown):
    """What was opened for signatures."""

    state: State
    charter_hash: str
    until: datetime


class LogQuery(PageQuery):
    """Which lines."""


class LineShown(Shown):
    """A line of the log; `content` and `act` are null where it is not for you."""

    number: int
    digest: str
    hash: str
    content: str | None
    act: str | None


class LineList(Listing[LineShown]):
    """Lines, the newest first."""


class DetailsGiven(Given):
    """What an alliance says of itself anew; what is left out stays. The founding numbers count while it is a draft."""

    name: Word = ""
    name_en: Short = ""
    summary: Annotated[Short, Field(min_length=1)] = ""
    summary_en: Short = ""
    sectors: Annotated[list[Word], Field(min_length=1, max_length=MOST_SECTORS)] = Field(default_factory=list)
    place: Annotated[Short, Field(description="A province or city, as a name or a code.")] = ""
    questions: Annotated[
        list[Annotated[Plain, Field(max_length=LONGEST_QUESTION)]], Field(max_length=MOST_QUESTIONS)
    ] = Field(default_factory=list)
    open_seats: Annotated[int | None, Field(ge=0, le=MOST_SEATS, description="null: as many as come.")] = None
    reapply_days: Small = 0
    secretariat: Short = ""
    registration_no: Short = ""
    founding_members: Small = 0
    founding_kinds: Small = 0
    founding_needs: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    founding_days: Small = 0

    def over(self, kept: Details) -> Details:
        """What is kept, with what was given in its place."""
        given = self.model_dump(exclude_unset=True)
        typed: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return replace(kept, **typed)
