"""The charter as text: its thirteen sections, the settings that stand in it, its hash, and who accepted it."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from alliances.events import CharterSigned
from alliances.log import canonical, note
from alliances.models import Acceptance, Alliance, CharterState, CharterVersion, Member
from alliances.parties import Party, parties
from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.viewer import Viewer

SECTIONS = (
    "mission",
    "scope",
    "duration",
    "deliverables",
    "milestones",
    "dependencies",
    "confidentiality",
    "offices",
    "meetings",
    "communication",
    "voting",
    "commitment",
    "ip",
)
LANGUAGES = ("zh", "en")
ACCEPT_WITHIN = timedelta(days=30)  # after a new version came into force

# What of an alliance is agreed on in its charter, and so changes only with it.
SETTINGS = ("rules", "ip_policy", "exclusion_days", "admission", "sponsors_needed", "liable_body")


def settings_of(alliance: Alliance) -> dict[str, Any]:
    """The settings as they are in force."""
    return {name: getattr(alliance, name) for name in SETTINGS}


def apply_settings(alliance: Alliance, settings: Mapping[str, Any]) -> None:
    """Let the settings of a version hold; what it does not name stays."""
    for name in SETTINGS:
        if name in settings:
            setattr(alliance, name, settings[name])


def charter_text(alliance: Alliance, version: CharterVersion) -> str:
    """Exactly what is signed: canonical JSON of the version with its address and number."""
    return canonical(
        {
            "alliance": alliance.slug,
            "number": version.number,
            "sections": version.sections,
            "settings": version.settings,
        }
    )


def charter_hash(alliance: Alliance, version: CharterVersion) -> str:
    """SHA-256 of what is signed, in hex."""
    return hashlib.sha256(charter_text(alliance, version).encode()).hexdigest()


def charter_of(alliance: Alliance) -> CharterVersion | None:
    """The version in force, or open for signatures; in a draft, the one that is being written."""
    return version_of(alliance, alliance.charter_number or 1)


def version_of(alliance: Alliance, number: int) -> CharterVersion | None:
    """One version."""
    return session().scalar(
        select(CharterVersion).where(CharterVersion.alliance_id == alliance.id, CharterVersion.number == number)
    )


def record_acceptance(alliance: Alliance, member: Member, *, user_id: int, actor: Viewer | None) -> None:
    """Note that a member accepts the charter as it stands, whoever joins or is asked again; twice changes nothing.

    The caller holds the alliance and has looked that this person may speak for the member.
    """
    charter = charter_of(alliance)
    if charter is None or charter.state not in (CharterState.SIGNING, CharterState.IN_FORCE):
        return
    member.accepted_number, member.asked_until = charter.number, None
    if session().get(Acceptance, (charter.id, member.id)) is not None:
        return
    session().add(Acceptance(charter_id=charter.id, member_id=member.id, user_id=user_id, hash=charter.hash, at=now()))
    party = Party(member.party_kind, member.party_id)
    facts = parties([party]).get(party)
    name = facts.name if facts else str(party)
    note(alliance, "charter-accepted", actor=actor, member=name, charter=charter.number, hash=charter.hash)
    session().flush()
    emit(CharterSigned(charter.id, member.id, user_id))
