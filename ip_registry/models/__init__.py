"""The rows of the room."""

from ip_registry.models.achievement import Achievement, AchievementWish, AwardLevel, Cooperation, IpStatus
from ip_registry.models.bitcoin import BitcoinStamp
from ip_registry.models.filing import Filing
from ip_registry.models.log import (
    Cosignature,
    LedgerCheckpoint,
    LedgerEntry,
    LedgerLog,
    LedgerTile,
    PendingLeaf,
    TimeToken,
    TokenState,
)
from ip_registry.models.record import (
    Deposit,
    EventType,
    PartyRole,
    PartyState,
    Record,
    RecordEvent,
    RecordKind,
    RecordParty,
    RecordState,
)

__all__ = [
    "Achievement",
    "AchievementWish",
    "AwardLevel",
    "BitcoinStamp",
    "Cooperation",
    "Cosignature",
    "Deposit",
    "EventType",
    "Filing",
    "IpStatus",
    "LedgerCheckpoint",
    "LedgerEntry",
    "LedgerLog",
    "LedgerTile",
    "PartyRole",
    "PartyState",
    "PendingLeaf",
    "Record",
    "RecordEvent",
    "RecordKind",
    "RecordParty",
    "RecordState",
    "TimeToken",
    "TokenState",
]
