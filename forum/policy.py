"""Who may do what in the forum: one rule per right, and beside it the query for what may be seen."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Boolean, ColumnElement, Select, and_, bindparam, false, or_, select

from forum.models import Board, Community, Post, Thread
from forum.models.community import FEEDBACK
from forum.models.thread import Lens, ThreadKind
from kernel.policy import ALLOWED, Allowed, Denied, Door, Verdict, rule
from kernel.viewer import Viewer

MODERATOR = "moderator:"
ALLIANCE = "alliance:"
OFFICER = MODERATOR + ALLIANCE
FIRMS = ("firm", "provider", "patent-firm")


class ForumRight(StrEnum):
    """Every deed of the forum that somebody may or may not do."""

    READ = "forum.read"
    START = "forum.start"
    REPLY = "forum.reply"
    REACT = "forum.react"
    VOTE = "forum.vote"
    UPLOAD = "forum.upload"
    DRAFT = "forum.draft"
    READ_MARK = "forum.read-mark"
    EDIT_POST = "forum.edit-post"
    DELETE_POST = "forum.delete-post"
    RESTORE_POST = "forum.restore-post"
    ACCEPT = "forum.accept"
    MODERATE = "forum.moderate"
    PURGE = "forum.purge"


def visible_boards(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: the board's audience is among the viewer's tokens."""
    return Board.audience.in_(sorted(viewer.audience))


def live_threads(viewer: Viewer) -> ColumnElement[bool]:
    """Threads for lists: on a board that the viewer sees (join Board), neither deleted nor merged away."""
    return and_(visible_boards(viewer), Thread.deleted_at.is_(None))


def moderates(viewer: Viewer, place: Any) -> bool:
    """Whether the viewer looks after a board or a thread; those of an alliance, its officers do, and nobody else."""
    if place.alliance_id is not None:
        return f"{OFFICER}{place.alliance_id}" in viewer.rights
    return viewer.moderates(place.community_id)


def _looked_after(viewer: Viewer) -> tuple[list[int], list[int]]:
    """The communities and the alliances that the viewer looks after."""
    held = [right.removeprefix(MODERATOR) for right in viewer.rights if right.startswith(MODERATOR)]
    ours = [right.removeprefix(ALLIANCE) for right in held if right.startswith(ALLIANCE)]
    return [int(right) for right in held if right.isdecimal()], [int(right) for right in ours if right.isdecimal()]


def visible_threads(viewer: Viewer) -> Select[Thread, Board, Community]:
    """Threads that the viewer may open: deleted ones where they moderate; a merged one still leads to the other."""
    moderated, alliances = _looked_after(viewer)
    sees_deleted: ColumnElement[bool] = or_(
        Thread.alliance_id.is_(None) & Thread.community_id.in_(moderated) if moderated else false(),
        Thread.alliance_id.in_(alliances) if alliances else false(),
    )
    query = (
        select(Thread, Board, Community)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .where(visible_boards(viewer))
    )
    return (
        query
        if viewer.is_staff
        else query.where(or_(Thread.deleted_at.is_(None), Thread.merged_into_id.is_not(None), sees_deleted))
    )


def sight(viewer: Viewer) -> dict[str, object]:
    """The parameters of `IN_SIGHT` for this viewer."""
    moderated, alliances = _looked_after(viewer)
    return {
        "audience": sorted(viewer.audience),
        "moderated": moderated,
        "alliances": alliances,
        "is_staff": viewer.is_staff,
    }


# `visible_threads` as a condition with parameters, for the statements of hot pages, which are built once.
IN_SIGHT = and_(
    Board.audience.in_(bindparam("audience", expanding=True)),
    or_(
        Thread.deleted_at.is_(None),
        Thread.merged_into_id.is_not(None),
        and_(Thread.alliance_id.is_(None), Thread.community_id.in_(bindparam("moderated", expanding=True))),
        Thread.alliance_id.in_(bindparam("alliances", expanding=True)),
        bindparam("is_staff", type_=Boolean),
    ),
)


def closed_sentence() -> str:
    """Why nobody writes on a closed board."""
    sentence: str = _("This board is closed, as its alliance or working group is: it can be read, but not written to.")
    return sentence


def may_see_board(viewer: Viewer, board: Board) -> bool:
    """The same condition, for a board at hand."""
    return board.audience in viewer.audience


@dataclass(frozen=True, slots=True)
class Start:
    """What somebody wants to start, and where, with what their profile says of them."""

    community_id: int
    alliance_id: int | None
    audience: str
    is_closed: bool
    kind: ThreadKind
    lens: Lens | None
    fields: tuple[str, ...]
    affiliation_kind: str
    board_slug: str

    def of_kind(self, kind: ThreadKind) -> "Start":
        """The same, for another kind of thread."""
        return replace(self, kind=kind)


@rule(ForumRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_threads`


@rule(ForumRight.START, door=Door.SPEAKER)
def _start(viewer: Viewer, start: Start | None) -> Verdict:
    """Lenses decide who starts what: experts and firms speak through their own, everybody may ask them."""
    if start is None:
        return ALLOWED
    is_keeper = moderates(viewer, start)
    if start.audience not in viewer.audience:
        return Denied(_("You cannot write on this board."))
    if start.is_closed:
        return Denied(closed_sentence())
    if start.kind is ThreadKind.ANNOUNCEMENT and not is_keeper and start.lens is not Lens.ENTERPRISES:
        return Denied(_("Announcements are made by the moderators of a community."))
    return ALLOWED if is_keeper else _start_through(start)


def _start_through(start: Start) -> Verdict:
    if (start.kind is ThreadKind.SUGGESTION) is not (start.board_slug == FEEDBACK):
        return Denied(_("Suggestions about the site are made on its feedback board, and nothing else is."))
    if start.kind is ThreadKind.ACHIEVEMENT and start.lens not in (None, Lens.ACHIEVEMENTS):
        return Denied(_("Achievements are shown in the achievements community."))
    if start.lens is Lens.ACHIEVEMENTS and start.kind not in (ThreadKind.ACHIEVEMENT, ThreadKind.QUESTION):
        return Denied(_("The achievements community takes achievements, and questions about them."))
    if start.lens is Lens.EXPERTS and start.kind is not ThreadKind.QUESTION and not start.fields:
        return Denied(
            _("Anyone may ask the experts; to lead a discussion here, first name your fields in your profile.")
        )
    if start.lens is Lens.ENTERPRISES and start.kind is not ThreadKind.QUESTION and start.affiliation_kind not in FIRMS:
        return Denied(_("Anyone may ask the enterprises; to post for one, first name your firm in your profile."))
    return ALLOWED


@rule(ForumRight.REPLY, door=Door.SPEAKER)
def _reply(viewer: Viewer, thread: Thread) -> Verdict:
    if thread.deleted_at is not None or thread.merged_into_id is not None:
        return Denied(_("This thread was removed."))
    if thread.locked_at is not None and not moderates(viewer, thread):
        return Denied(_("This thread is locked; its moderators can open it again."))
    return ALLOWED


@rule(ForumRight.REACT, door=Door.SPEAKER)
def _react(viewer: Viewer, post: Post) -> Verdict:
    if post.deleted_at is not None:
        return Denied(_("This post was deleted."))
    if post.author_id is not None and post.author_id == viewer.user_id:
        return Denied(_("Reactions are for the posts of others."))
    return ALLOWED


@rule(ForumRight.VOTE, door=Door.MEMBER)
def _vote(viewer: Viewer, thread: Thread) -> Verdict:
    return _reply(viewer, thread)


@rule(ForumRight.UPLOAD, door=Door.SPEAKER)
def _upload(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(ForumRight.DRAFT, door=Door.SIGNED_IN)
def _draft(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(ForumRight.READ_MARK, door=Door.SIGNED_IN)
def _read_mark(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(ForumRight.EDIT_POST, door=Door.SPEAKER)
def _edit(viewer: Viewer, subject: tuple[Post, Thread]) -> Verdict:
    post, thread = subject
    if post.purged_at is not None:
        return Denied(_("This post was removed for good."))
    if moderates(viewer, thread):
        return ALLOWED
    if post.author_id is None or post.author_id != viewer.user_id:
        return Denied(_("Only its author and the moderators of the community edit a post."))
    if post.deleted_at is not None and post.deleted_by_id is not None:
        return Denied(_("This post was deleted."))
    return _reply(viewer, thread)  # what flags hid, and nobody decided about yet, its author may change


@rule(ForumRight.DELETE_POST, door=Door.MEMBER)
def _delete(viewer: Viewer, subject: tuple[Post, Thread]) -> Verdict:
    return _edit(viewer, subject)


@rule(ForumRight.RESTORE_POST, door=Door.MEMBER)
def _restore(viewer: Viewer, subject: tuple[Post, Thread]) -> Verdict:
    post, thread = subject
    if post.purged_at is not None:
        return Denied(_("This post was removed for good."))
    if moderates(viewer, thread):
        return ALLOWED
    is_mine = post.author_id is not None and post.author_id == viewer.user_id
    if not is_mine or post.deleted_by_id != viewer.user_id:
        return Denied(
            _("Only whoever deleted a post of their own, and the moderators of the community, bring it back.")
        )
    return _reply(viewer, thread)


@rule(ForumRight.ACCEPT, door=Door.MEMBER)
def _accept(viewer: Viewer, thread: Thread) -> Verdict:
    if thread.kind != ThreadKind.QUESTION:
        return Denied(_("Only questions have an accepted answer."))
    is_asker = thread.author_id is not None and thread.author_id == viewer.user_id
    if not is_asker and not moderates(viewer, thread):
        return Denied(_("The one who asked accepts an answer, or a moderator of the community."))
    return _reply(viewer, thread)


@rule(ForumRight.MODERATE, door=Door.MEMBER)
def _moderate(viewer: Viewer, thread: Thread | Board | None) -> Verdict:
    if isinstance(thread, Board) and thread.closed_at is not None:
        return Denied(closed_sentence())
    if thread is not None and moderates(viewer, thread):
        return ALLOWED
    return Denied(_("This is for the moderators of the community; the staff appoint them."))


@rule(ForumRight.PURGE, door=Door.STAFF)
def _purge(_viewer: Viewer, _subject: object) -> Verdict:
    return Allowed()
