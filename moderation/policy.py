"""Who may do what in the watch: one rule per right, and beside it what may be seen of the queue."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, false, or_

from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.models import Review, Sanction, SanctionKind, StaffNote
from moderation.subjects import Flaggable, looks_after

MODERATOR = "moderator:"
OFFICERS = "moderator:alliance:"


class ModerationRight(StrEnum):
    """Every deed of the watch that somebody may or may not do."""

    FLAG = "moderation.flag"
    READ_OWN = "moderation.read-own"
    DECIDE = "moderation.decide"
    SANCTION = "moderation.sanction"
    NOTE = "moderation.note"
    KEEP_RULES = "moderation.keep-rules"
    OVERSEE = "moderation.oversee"


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody who is to be sanctioned, and how; `scope` is the place whose moderator does it."""

    user_id: int
    is_staff: bool
    kind: SanctionKind
    scope: str


def scopes_of(viewer: Viewer) -> list[str]:
    """The tokens of all that the viewer looks after, beside what staff see everywhere."""
    return sorted(right for right in viewer.rights if right.startswith(MODERATOR))


def watches(viewer: Viewer) -> bool:
    """Whether there is a queue for the viewer at all."""
    return viewer.is_staff or bool(scopes_of(viewer))


def keeps_a_community(viewer: Viewer) -> bool:
    """Moderates in public, and so may know people; officers of alliances look after their own rooms alone."""
    return viewer.is_staff or any(not scope.startswith(OFFICERS) for scope in scopes_of(viewer))


def visible_reviews(viewer: Viewer) -> ColumnElement[bool]:
    """Reviews of the viewer's scopes; the staff's are all but those of alliances that were not passed on to them."""
    mine = scopes_of(viewer)
    conditions: list[ColumnElement[bool]] = [Review.scope.in_(mine)] if mine else []
    if viewer.is_staff:
        conditions.append(or_(~Review.scope.startswith(OFFICERS, autoescape=True), Review.passed_on_at.is_not(None)))
    return or_(*conditions) if conditions else false()


def visible_notes(viewer: Viewer) -> ColumnElement[bool]:
    """Notes of the viewer's scopes, by the same rule."""
    mine = scopes_of(viewer)
    conditions: list[ColumnElement[bool]] = [StaffNote.scope.in_(mine)] if mine else []
    if viewer.is_staff:
        conditions.append(~StaffNote.scope.startswith(OFFICERS, autoescape=True))
    return or_(*conditions) if conditions else false()


def visible_sanctions(viewer: Viewer) -> ColumnElement[bool]:
    """Sanctions as moderators know of them: those of their scopes and the staff's; an alliance's are its officers'."""
    mine = [*scopes_of(viewer), *([STAFF] if keeps_a_community(viewer) else [])]
    conditions: list[ColumnElement[bool]] = [Sanction.scope.in_(mine)] if mine else []
    if viewer.is_staff:
        conditions.append(~Sanction.scope.startswith(OFFICERS, autoescape=True))
    return or_(*conditions) if conditions else false()


def decides(viewer: Viewer, review: Review) -> bool:
    """The same as `visible_reviews`, for a review at hand."""
    is_theirs = review.scope.startswith(OFFICERS) and review.passed_on_at is None
    return review.scope in viewer.rights or (viewer.is_staff and not is_theirs)


@rule(ModerationRight.FLAG, door=Door.SPEAKER)
def _flag(viewer: Viewer, thing: Flaggable | None) -> Verdict:
    if thing is not None and thing.author_id is not None and thing.author_id == viewer.user_id:
        return Denied(_("This is your own; you can change it or take it back."))
    return ALLOWED


@rule(ModerationRight.READ_OWN, door=Door.SIGNED_IN)
def _read_own(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # the queries know no other person than the viewer


@rule(ModerationRight.DECIDE, door=Door.MEMBER)
def _decide(viewer: Viewer, review: Review | None) -> Verdict:
    if decides(viewer, review) if review is not None else watches(viewer):
        return ALLOWED
    return Denied(_("This is for the moderators; the staff appoint them."))


@rule(ModerationRight.SANCTION, door=Door.MEMBER)
def _sanction(viewer: Viewer, target: Target | None) -> Verdict:
    """Moderators warn where they moderate; only the staff take somebody's voice or access, everywhere."""
    is_keeper = keeps_a_community(viewer) if target is None else viewer.is_staff or target.scope in viewer.rights
    if not is_keeper:
        return Denied(_("This is for the moderators; the staff appoint them."))
    if target is None:
        return ALLOWED
    if target.user_id == viewer.user_id:
        return Denied(_("Nobody sanctions themselves."))
    if target.is_staff and not viewer.is_staff:
        return Denied(_("Only the staff decide about somebody of the staff."))
    if target.kind is not SanctionKind.WARNING and not viewer.is_staff:
        return Denied(_("Silencing and suspending is for the staff: pass it on to them, and say what you suggest."))
    return ALLOWED


@rule(ModerationRight.NOTE, door=Door.MEMBER)
def _note(viewer: Viewer, scope: str | None) -> Verdict:
    if watches(viewer) if scope is None else looks_after(viewer, scope):
        return ALLOWED
    return Denied(_("This is for the moderators; the staff appoint them."))


@rule(ModerationRight.KEEP_RULES, door=Door.STAFF)
def _keep_rules(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(ModerationRight.OVERSEE, door=Door.STAFF)
def _oversee(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED
