"""What must hold in the registry at any time."""

from ip_registry.checks import ledger, records

__all__ = ["ledger", "records"]
