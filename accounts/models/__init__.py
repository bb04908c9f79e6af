"""The rows of the room: people and what they hold, organisations and their seats."""

from accounts.models.archive import ArchiveKind, ArchiveState, Departure, PersonArchive, RetiredHandle
from accounts.models.organisation import Organisation, OrganisationSeat, OrganisationSector, SeatRole, SeatState, Vouch
from accounts.models.person import ApiToken, EmailToken, Grant, User, UserSession
from accounts.models.signing import (
    Authenticator,
    FactorReset,
    Identity,
    KnownDevice,
    Passkey,
    RecoveryCode,
    SecurityEvent,
    SpentProof,
)

__all__ = [
    "ApiToken",
    "ArchiveKind",
    "ArchiveState",
    "Authenticator",
    "Departure",
    "EmailToken",
    "FactorReset",
    "Grant",
    "Identity",
    "KnownDevice",
    "Organisation",
    "OrganisationSeat",
    "OrganisationSector",
    "Passkey",
    "PersonArchive",
    "RecoveryCode",
    "RetiredHandle",
    "SeatRole",
    "SeatState",
    "SecurityEvent",
    "SpentProof",
    "User",
    "UserSession",
    "Vouch",
]
