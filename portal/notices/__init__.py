"""Who is told of what lower floors do, which cannot tell anybody themselves."""

from portal.notices import archives, digest, helping, organisations, searches

__all__ = ["archives", "digest", "helping", "organisations", "searches"]
