"""For whom something in an alliance is: the words that forms and programs use, and the tokens they stand for."""

from enum import StrEnum

from alliances.here import Here
from alliances.models import Alliance, Group
from alliances.powers import Power
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.viewer import PUBLIC
from kernel.words import gettext as _


class Readers(StrEnum):
    """Who reads it."""

    PUBLIC = "public"
    MEMBERS = "members"
    COUNCIL = "council"
    GROUP = "group"


def token_for(here: Here, readers: str, *, group_id: int | None = None) -> str:
    """The token; nobody shuts themselves out, and what is a group's, its lead or an officer shows to everybody.

    Raises `InvalidError` on `audience`.
    """
    token = {
        Readers.PUBLIC.value: PUBLIC,
        Readers.MEMBERS.value: here.alliance.everybody,
        Readers.COUNCIL.value: here.alliance.council,
    }.get(readers)
    if readers == Readers.GROUP and group_id is not None:
        token = f"{here.alliance.everybody}:group{group_id}"
    if token is None or token not in here.viewer.audience or (token == PUBLIC and not _may_publish(here, group_id)):
        raise InvalidError(
            _("Please look at the marked fields."), errors={"audience": _("Choose people among whom you are.")}
        )
    return token


def readers_of(alliance: Alliance, token: str) -> Readers:
    """What a token of this alliance is called."""
    if token == PUBLIC:
        return Readers.PUBLIC
    if token == alliance.everybody:
        return Readers.MEMBERS
    return Readers.COUNCIL if token == alliance.council else Readers.GROUP


def choices_for(here: Here, *, group_id: int | None = None) -> list[tuple[str, str]]:
    """What a form offers, the narrowest first in a working group."""
    names = {
        Readers.GROUP: _("The working group"),
        Readers.MEMBERS: _("Everybody in the alliance"),
        Readers.COUNCIL: _("The council"),
        Readers.PUBLIC: _("Everybody, also outside of the alliance"),
    }
    tokens = {
        Readers.GROUP: f"{here.alliance.everybody}:group{group_id}" if group_id is not None else "",
        Readers.MEMBERS: here.alliance.everybody,
        Readers.COUNCIL: here.alliance.council,
        Readers.PUBLIC: PUBLIC,
    }
    if not _may_publish(here, group_id):
        del names[Readers.PUBLIC]
    return [(readers.value, name) for readers, name in names.items() if here.holds(tokens[readers])]


def _may_publish(here: Here, group_id: int | None) -> bool:
    return group_id is None or here.has(Power.DOCUMENTS, group_id=group_id)


def group_here(here: Here, group_id: int | None, *, only_open: bool = False) -> Group | None:
    """The working group in which something is, seen by this viewer; None where there is none."""
    if group_id is None:
        return None
    group = session().get(Group, group_id)
    if group is None or group.alliance_id != here.alliance.id or (not here.is_inside and not here.holds(group.token)):
        raise NotFoundError
    if only_open and group.closed_at is not None:
        raise ConflictError(_("This working group has ended; what it has can only be read."))
    return group
