"""What every act of moderation has in common: who may, why, and the line in the log."""

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from activity.actions import record_act
from forum.counters import touch
from forum.events import ThreadChanged
from forum.loading import thread_of
from forum.models import Board, Post, Thread, ThreadTag
from forum.policy import ForumRight
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import Viewer

LONGEST_REASON = 200


def thread_to_moderate(viewer: Viewer, thread_id: int) -> tuple[Thread, Board]:
    """The thread, held, for somebody who moderates its community; a merged one is not a thread any more."""
    thread, board = thread_of(viewer, thread_id, hold=True)
    authorise(viewer, ForumRight.MODERATE, thread)
    if thread.merged_into_id is not None:
        raise ConflictError(_("This thread was merged into another one."))
    return thread, board


def check_reason(reason: str, *, is_needed: bool = False) -> str:
    """The reason as the log keeps it; raises `InvalidError` on field `reason` where one is needed."""
    reason = clean_line(reason)
    if is_needed and not reason:
        raise InvalidError(_("The log needs a reason."), errors={"reason": _("Say in a few words why.")})
    if len(reason) > LONGEST_REASON:
        raise InvalidError(
            _("The reason is too long."), errors={"reason": _("At most %(count)s characters.", count=LONGEST_REASON)}
        )
    return reason


def tags_of(*thread_ids: int) -> list[int]:
    """The tags that these threads bear, in the order in which they are held."""
    bearing = select(ThreadTag.tag_id).where(ThreadTag.thread_id.in_(thread_ids)).distinct()
    return list(session().scalars(bearing.order_by(ThreadTag.tag_id)))


def record(
    viewer: Viewer,
    act: str,
    *,
    thread: Thread,
    audience: str,
    post: Post | None = None,
    about: Thread | None = None,
    right: ForumRight = ForumRight.MODERATE,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write the act into the thread's log: what was done, under which right, and why.

    It is about `post`, else about the thread `about`, else about the thread itself. Details hold numbers only,
    never titles or texts: the log outlives what it is about.
    """
    ref = Ref("forum.post", post.id) if post is not None else Ref("forum.thread", (about or thread).id)
    record_act(
        viewer,
        act=act,
        ref=ref,
        place=Ref("forum.thread", thread.id),
        audience=audience,
        reason=check_reason(reason),
        details={"right": right.value, **(details or {})},
    )


def announce(*threads: Thread, posts: Collection[int] | None = (), hides: bool = False) -> None:
    """What the pages show of these threads has changed: rendered pieces are stale, and the house is told.

    `posts` are the ids of those that changed, None for all; `hides` when somebody may not see them any more.
    """
    session().flush()
    for thread in threads:
        touch(thread.id)
        changed = None if posts is None else frozenset(posts)
        emit(ThreadChanged(Ref("forum.thread", thread.id), posts=changed, hides=hides))
