"""The pages of the room."""

from ip_registry.room import room
from ip_registry.views import acts, evidence, filings, hiding, home, ledger, log, records, sealing, stamps, verify

__all__ = [
    "acts",
    "evidence",
    "filings",
    "hiding",
    "home",
    "ledger",
    "log",
    "records",
    "room",
    "sealing",
    "stamps",
    "verify",
]
