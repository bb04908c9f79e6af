"""Rights and verdicts: who may do what, asked in one way everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from flask_babel import gettext as _

from kernel.errors import ForbiddenError, UnauthenticatedError
from kernel.viewer import Viewer


class Door(Enum):
    """The least that somebody must be to knock; what happens inside is decided by the right's own rule."""

    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    MEMBER = "member"
    SPEAKER = "speaker"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """No, and why, in a sentence that the viewer may read."""

    reason: str

    def __bool__(self) -> bool:
        return False


Verdict = Allowed | Denied
Rule = Callable[[Viewer, Any], Verdict]

ALLOWED = Allowed()
RULES: dict[str, Rule] = {}
DOORS: dict[str, Door] = {}


def rule(right: StrEnum, *, door: Door) -> Callable[[Rule], Rule]:
    """Register the one rule of a right, and the door through which it is reached."""

    def register(function: Rule) -> Rule:
        if right in RULES:
            raise RuntimeError(f"{right} has a rule already")
        RULES[right] = function
        DOORS[right] = door
        return function

    return register


def check_door(viewer: Viewer, door: Door) -> None:
    """Raise unless `viewer` is at least what `door` asks for."""
    if door is Door.ANYONE:
        return
    if not viewer.signed_in:
        raise UnauthenticatedError(_("Please sign in first."))
    if door in {Door.MEMBER, Door.SPEAKER} and not viewer.is_member:
        raise ForbiddenError(_("Please confirm your e-mail address first; the link is in your mail."))
    if door is Door.SPEAKER and viewer.is_silenced:
        raise ForbiddenError(
            _("You are silenced for a time: you can read, but not write. Your notices say why, and until when.")
        )
    if door is Door.STAFF and not viewer.is_staff:
        raise ForbiddenError(_("This page is for the staff of the site."))


def verdict(viewer: Viewer, right: StrEnum | str, subject: Any = None) -> Verdict:
    """What the right's rule says, its door included."""
    try:
        check_door(viewer, DOORS[right])
    except (UnauthenticatedError, ForbiddenError) as refusal:
        return Denied(refusal.detail)
    return RULES[right](viewer, subject)


def authorise(viewer: Viewer, right: StrEnum, subject: Any = None) -> None:
    """Raise `Unauthenticated` or `Forbidden` with the reason, or return."""
    check_door(viewer, DOORS[right])
    answer = RULES[right](viewer, subject)
    if isinstance(answer, Denied):
        raise ForbiddenError(answer.reason)


def can(viewer: Viewer, right: StrEnum | str, subject: Any = None) -> bool:
    """For templates: whether to offer the deed at all."""
    return bool(verdict(viewer, right, subject))
