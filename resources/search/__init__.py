"""How listings and needs become findable documents."""

from resources.search import listings, naming, needs

__all__ = ["listings", "naming", "needs"]
