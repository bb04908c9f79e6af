"""How people and organisations become findable documents."""

from accounts.search import naming, organisations, people

__all__ = ["naming", "organisations", "people"]
