"""What the API says and takes of rights among members."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from alliances.queries.ip import AdoptedRow, BackgroundRow, ExclusionRow
from alliances.schemas.shapes import Line, PartyShown, Words
from kernel.api import Given, Id, Listing, Shown


class BackgroundShown(Shown):
    """Something that a member brings along and keeps."""

    id: int
    member: int
    party: PartyShown | None
    title: str
    description: str
    record_number: str = Field(description="In the registry; empty: none was named.")
    terms: str
    told_at: datetime
    withdrawn_at: datetime | None
    is_mine: bool

    @classmethod
    def of(cls, row: BackgroundRow) -> "BackgroundShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            member=row.member_id,
            party=PartyShown.of(row.party),
            title=row.title,
            description=row.description,
            record_number=row.record_number,
            terms=row.terms,
            told_at=row.told_at,
            withdrawn_at=row.withdrawn_at,
            is_mine=row.is_mine,
        )


class BackgroundList(Listing[BackgroundShown]):
    """The register, the newest entries first, those that were taken back at the end."""


class BackgroundGiven(Given):
    """What a member brings along. Of several members for which you act, name one."""

    member: Id | None = None
    title: Line
    description: Words = ""
    record_number: Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{1,12})?$", description="Such as 2026-17.")] = ""
    terms: Words = ""


class ExclusionShown(Shown):
    """Rights that a member keeps out of the licence to a document."""

    id: int
    party: PartyShown | None
    rights: str
    reason: str
    filed_at: datetime
    withdrawn_at: datetime | None
    is_mine: bool

    @classmethod
    def of(cls, row: ExclusionRow) -> "ExclusionShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            party=PartyShown.of(row.party),
            rights=row.rights,
            reason=row.reason,
            filed_at=row.filed_at,
            withdrawn_at=row.withdrawn_at,
            is_mine=row.is_mine,
        )


class AdoptedShown(Shown):
    """An adopted version of a document, until when rights may be kept out of it, and the notices that do."""

    document: int
    version: int = Field(description="By this, notices are filed.")
    number: int
    title: str
    adopted_at: datetime
    until: datetime | None
    notices: list[ExclusionShown]

    @classmethod
    def of(cls, row: AdoptedRow) -> "AdoptedShown":
        """From the row of the page."""
        return cls(
            document=row.document_id,
            version=row.version_id,
            number=row.number,
            title=row.title,
            adopted_at=row.adopted_at,
            until=row.until,
            notices=[ExclusionShown.of(one) for one in row.notices],
        )


class AdoptedList(Listing[AdoptedShown]):
    """Adopted versions, those whose clock runs longest first."""


class ExclusionGiven(Given):
    """Which rights, of whom, out of which version, and why. Of several members for which you act, name one."""

    member: Id | None = None
    version: Id
    rights: Line
    reason: Words


class EntryMade(Shown):
    """The number of what was entered."""

    id: int
