"""Who may do what with accounts and organisations, and beside it what may be seen."""

from accounts.policy.organisations import (
    OrganisationRight,
    admin_token,
    editor_token,
    seat_token,
    visible_organisations,
)
from accounts.policy.people import AccountRight

__all__ = [
    "AccountRight",
    "OrganisationRight",
    "admin_token",
    "editor_token",
    "seat_token",
    "visible_organisations",
]
