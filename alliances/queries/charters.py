"""Versions of a charter, how two of them differ, and who accepted which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from alliances.charter_facts import rule_in
from alliances.charters import LANGUAGES, SECTIONS, settings_of
from alliances.here import Here
from alliances.kinds.alliances import visible_charters
from alliances.models import Acceptance, Alliance, CharterVersion, Matter, Member, MemberState, Proposal
from alliances.rules import NUMBERS, MatterRule
from kernel.db import session
from kernel.diff import DiffLine, readable_diff
from kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list of all."""

    number: int
    state: str
    hash: str
    note: str
    created_at: datetime
    in_force_at: datetime | None
    ended_at: datetime | None
    accepted: int
    proposal_number: int | None


@dataclass(frozen=True, slots=True)
class CharterView:
    """A version as its page shows it; `settings` are complete, whatever it says itself."""

    version: CharterVersion
    sections: dict[str, dict[str, str]]
    settings: dict[str, Any]
    rules: dict[str, MatterRule]
    numbers: dict[str, int]
    proposal_number: int | None
    accepted: int
    others: Sequence[VersionRow]


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """What changed in one section and language, or among the settings (`key` is then empty)."""

    key: str
    language: str
    lines: list[DiffLine]


def versions(here: Here) -> list[VersionRow]:
    """Those that the viewer may read, the newest first."""
    accepted = (
        select(func.count())
        .select_from(Acceptance)
        .join(Member, Member.id == Acceptance.member_id)
        .where(Acceptance.charter_id == CharterVersion.id, Member.state == MemberState.ACTIVE)
        .correlate(CharterVersion)
        .scalar_subquery()
    )
    rows = session().execute(
        select(CharterVersion, accepted.label("accepted"), Proposal.number.label("proposal"))
        .join(Alliance, Alliance.id == CharterVersion.alliance_id)
        .outerjoin(Proposal, Proposal.id == CharterVersion.proposal_id)
        .where(CharterVersion.alliance_id == here.alliance.id, visible_charters(here.viewer))
        .order_by(CharterVersion.number.desc())
    )
    return [
        VersionRow(
            row.CharterVersion.number,
            row.CharterVersion.state,
            row.CharterVersion.hash,
            row.CharterVersion.note,
            row.CharterVersion.created_at,
            row.CharterVersion.in_force_at,
            row.CharterVersion.ended_at,
            row.accepted,
            row.proposal,
        )
        for row in rows
    ]


def charter_view(here: Here, number: int) -> CharterView:
    """One version; raises `NotFoundError` where the viewer may not read it."""
    version = seen_version(here, number)
    listed = versions(here)
    own = next(row for row in listed if row.number == version.number)
    settings = settings_of(here.alliance) | version.settings
    return CharterView(
        version=version,
        sections=whole(version.sections),
        settings=settings,
        rules={matter.value: rule_in(settings, matter) for matter in Matter},
        numbers=numbers_in(settings),
        proposal_number=own.proposal_number if here.is_inside else None,
        accepted=own.accepted,
        others=[row for row in listed if row.number != version.number],
    )


def seen_version(here: Here, number: int) -> CharterVersion:
    """A version that the viewer may read."""
    version = session().scalar(
        select(CharterVersion)
        .join(Alliance, Alliance.id == CharterVersion.alliance_id)
        .where(
            CharterVersion.alliance_id == here.alliance.id,
            CharterVersion.number == number,
            visible_charters(here.viewer),
        )
    )
    if version is None:
        raise NotFoundError
    return version


def whole(sections: dict[str, Any]) -> dict[str, dict[str, str]]:
    """All thirteen sections in both languages, empty where nothing is said."""
    return {key: {language: sections.get(key, {}).get(language, "") for language in LANGUAGES} for key in SECTIONS}


def numbers_in(settings: dict[str, Any]) -> dict[str, int]:
    """The numbers that hold under these settings."""
    said = settings.get("rules", {})
    return {name: int(said.get(name, usual)) for name, (usual, _least, _most) in NUMBERS.items()}


def differences(old: CharterVersion, new: CharterVersion, *, settings: tuple[str, str]) -> list[SectionDiff]:
    """What differs, section by section; `settings` are those of the two, written out in the viewer's language."""
    before, after = whole(old.sections), whole(new.sections)
    found = [
        SectionDiff(key, language, readable_diff(before[key][language], after[key][language]))
        for key in SECTIONS
        for language in LANGUAGES
        if before[key][language] != after[key][language]
    ]
    if settings[0] != settings[1]:
        found.append(SectionDiff("", "", readable_diff(*settings)))
    return found
