"""What people and organisations say of themselves, taken out of sight and brought back.

The texts are moved out of the columns, so that no page, list, card or index can show them.
"""

from collections.abc import Mapping

from accounts.events import OrganisationChanged, ProfileChanged
from accounts.models import Organisation, User
from kernel.db import session
from kernel.events import emit

# What is moved, and what stands there afterwards.
OF_PERSON: Mapping[str, str | None] = {"bio": "", "bio_html": "", "website": "", "job_title": "", "avatar_hash": None}
OF_ORGANISATION: Mapping[str, str | None] = {"about": "", "about_html": "", "website": ""}


def set_person_aside(user_id: int) -> None:
    """The profile shows a name, and what others say of the person."""
    user = session().get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user.set_aside is None:
        _move(user, OF_PERSON)
        emit(ProfileChanged(user_id))


def bring_person_back(user_id: int) -> None:
    """As it was, except for what they have written anew."""
    user = session().get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user.set_aside is not None:
        _move_back(user, OF_PERSON)
        emit(ProfileChanged(user_id))


def set_organisation_aside(organisation_id: int) -> None:
    """The page shows what the organisation is called and is, and nothing of what it says."""
    found = session().get_one(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if found.set_aside is None:
        _move(found, OF_ORGANISATION)
        emit(OrganisationChanged(organisation_id))


def bring_organisation_back(organisation_id: int) -> None:
    """As it was, except for what was written anew."""
    found = session().get_one(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if found.set_aside is not None:
        _move_back(found, OF_ORGANISATION)
        emit(OrganisationChanged(organisation_id))


def _move(row: User | Organisation, empty: Mapping[str, str | None]) -> None:
    row.set_aside = {name: getattr(row, name) for name in empty}
    for name, value in empty.items():
        setattr(row, name, value)


def _move_back(row: User | Organisation, empty: Mapping[str, str | None]) -> None:
    for name, value in (row.set_aside or {}).items():
        if getattr(row, name) == empty[name]:
            setattr(row, name, value)
    row.set_aside = None
