"""What the API says and takes of organisations and their seats."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from accounts.assertions import Assertion
from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User
from accounts.organisation_directory import WantedOrganisations
from accounts.organisation_facts import MOST_SECTORS, OrganisationFacts
from accounts.organisation_rows import OrganisationRow
from accounts.organisations import SeatRow
from accounts.schemas import Author, Person
from kernel.api import Given, Listing, PageQuery, Shown, link


def _plain(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "No database keeps the character U+0000.")
    return text


Slug = Annotated[str, Field(max_length=40), AfterValidator(_plain)]
Line = Annotated[str, Field(max_length=300), AfterValidator(_plain)]
Words = Annotated[str, Field(max_length=500), AfterValidator(_plain)]


class AssertionShown(Shown):
    """What was checked, by whom, when; in your language."""

    kind: str = Field(description="`mail-domain`, `code`, `document`, `vouch`, `orcid`; empty for a person's mail.")
    what: str
    by: str
    at: datetime

    @classmethod
    def of(cls, one: Assertion) -> "AssertionShown":
        """From what the page shows."""
        return cls(kind=one.kind, what=one.what, by=one.by, at=one.at)


class OrganisationItem(Shown):
    """An organisation in a list. Names of kinds and places are in your language."""

    slug: str
    name: str
    other_name: str
    url: str
    kind: str
    kind_name: str
    sub_kinds: list[str] = Field(description="Names.")
    place: str
    sectors: list[str] = Field(description="Names.")
    asserted: list[AssertionShown]

    @classmethod
    def of(cls, row: OrganisationRow) -> "OrganisationItem":
        """From the row of the page."""
        return cls(
            slug=row.slug,
            name=row.title,
            other_name=row.other_name,
            url=link(row.url),
            kind=row.kind,
            kind_name=row.kind_name,
            sub_kinds=row.sub_kind_names,
            place=row.place,
            sectors=row.sector_names,
            asserted=[AssertionShown.of(one) for one in row.checked],
        )


class OrganisationShown(OrganisationItem):
    """An organisation; `closed_at` stands where its page is closed and you may still see it."""

    code: str | None
    licence_number: str
    region: str
    about_html: str
    website: str
    mail_domain: str | None = Field(description="Whoever reads mail there joins at once.")
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of_page(cls, row: OrganisationRow, organisation: Organisation) -> "OrganisationShown":
        """From all that its page shows."""
        return cls(
            **dict(OrganisationItem.of(row)),
            code=organisation.code,
            licence_number=organisation.licence_number,
            region=organisation.region,
            about_html=organisation.about_html,
            website=organisation.website,
            mail_domain=organisation.mail_domain,
            created_at=organisation.created_at,
            closed_at=organisation.closed_at,
        )


class OrganisationList(Listing[OrganisationItem]):
    """Organisations, the newest first."""


class OrganisationQuery(PageQuery):
    """Which organisations."""

    kind: Annotated[Slug, Field(description="`firm`, `university`, `institute` …")] = ""
    sub_kind: Slug = ""
    sector: Annotated[Slug, Field(description="A slug, such as `materials`.")] = ""
    region: Annotated[Slug, Field(description="A province, such as `33`.")] = ""
    asserted: Annotated[Slug, Field(description="`mail-domain`, `document` or `code`.")] = ""

    @property
    def wanted(self) -> WantedOrganisations:
        """As the directory takes it."""
        return WantedOrganisations.from_args({name: getattr(self, name) for name in WantedOrganisations().by_facet})


class OrganisationGiven(Given):
    """An organisation to found; you are its first admin."""

    name: Annotated[Line, Field(min_length=1)]
    kind: Slug
    name_en: Line = ""
    sub_kinds: Annotated[list[Slug], Field(max_length=20)] = Field(default_factory=list)
    code: Annotated[Slug, Field(description="The 统一社会信用代码; its check digit has to be right.")] = ""
    licence_number: Slug = ""
    region: Annotated[Slug, Field(description="A province or city, as a name or a code.")] = ""
    sectors: Annotated[list[Slug], Field(max_length=MOST_SECTORS)] = Field(default_factory=list)
    about: Annotated[str, Field(max_length=10_000), AfterValidator(_plain)] = ""
    website: Line = ""

    @property
    def facts(self) -> OrganisationFacts:
        """As the action takes it."""
        said = self.model_dump()
        return OrganisationFacts(**said | {name: tuple(said[name]) for name in ("sub_kinds", "sectors")})


class SeatShown(Shown):
    """Somebody's seat. `message` is what they wrote when they asked, shown to the admins."""

    id: int
    person: Author
    role: SeatRole
    state: SeatState
    title: str
    message: str
    since: datetime
    asserted: list[AssertionShown]

    @classmethod
    def of(cls, row: SeatRow) -> "SeatShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            person=Author.of(name=row.person.name, handle=row.person.handle, url=row.person.url),
            role=SeatRole(row.role),
            state=SeatState(row.state),
            title=row.title,
            message=row.message if row.state != SeatState.ACTIVE else "",
            since=row.since,
            asserted=[AssertionShown.of(one) for one in row.checked],
        )


class SeatList(Listing[SeatShown]):
    """The seats that are held, the admins first; with `state`, those who ask or are invited, to the admins."""


class SeatQuery(PageQuery):
    """Which seats."""

    state: SeatState = SeatState.ACTIVE


class SeatAsked(Given):
    """Asking for a seat."""

    message: Words = ""
    title: Annotated[Line, Field(max_length=80)] = ""


class SeatMade(Shown):
    """A seat that was just asked for or decided on."""

    id: int
    role: SeatRole
    state: SeatState


class SeatDecided(Given):
    """Accepting whoever asked, in a role; or refusing, with words."""

    accept: bool
    role: Annotated[SeatRole, Field(strict=False)] = SeatRole.MEMBER
    message: Words = ""


class Workplace(Shown):
    """Where somebody has a seat."""

    slug: str
    name: str
    url: str
    role: SeatRole
    title: str


class PersonShown(Person):
    """What somebody tells of themselves, where they have a seat, and what of it was checked by whom."""

    organisations: list[Workplace]
    asserted: list[AssertionShown]

    @classmethod
    def of_page(
        cls, user: User, places: Iterable[tuple[OrganisationRow, OrganisationSeat]], said: Iterable[Assertion]
    ) -> "PersonShown":
        """From all that their page shows."""
        return cls(
            **dict(Person.of(user)),
            organisations=[
                Workplace(slug=row.slug, name=row.title, url=link(row.url), role=SeatRole(seat.role), title=seat.title)
                for row, seat in places
            ],
            asserted=[AssertionShown.of(one) for one in said],
        )


def list_of(rows: Iterable[OrganisationRow], cursor: str | None) -> OrganisationList:
    """A page of the directory."""
    return OrganisationList(items=[OrganisationItem.of(row) for row in rows], next=cursor)
