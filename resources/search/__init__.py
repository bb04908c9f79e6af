"""How listings and needs become findable documents."""

from resources.search import listings, needs

__all__ = ["listings", "needs"]
