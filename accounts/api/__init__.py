"""People and organisations over the API."""

from accounts.api import organisations, people
from kernel.api import room

__all__ = ["organisations", "people", "room"]
