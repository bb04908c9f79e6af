"""What the worker does for the registry."""

from ip_registry.jobs import bitcoin, life, sequencing, time

__all__ = ["bitcoin", "life", "sequencing", "time"]
