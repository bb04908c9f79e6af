"""JSON v1 over the same queries and actions."""

from ip_registry.api import events, evidence, registrations, stamps
from kernel.api import room

__all__ = ["events", "evidence", "registrations", "room", "stamps"]
