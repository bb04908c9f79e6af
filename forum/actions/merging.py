from flask_babel import gettext as _
from sqlalchemy import select, update

from forum.actions.acts import announce, check_reason, record, tags_of
from forum.actions.echoes import follow_posts, join_bookmarks, join_drafts, join_follows
from forum.actions.numbering import interleave
from forum.counters import DIRECT, count_thread, hold_boards, hold_tags, recount_tags, recount_thread, shift_days
from forum.loading import hold_threads, thread_of
from forum.models import Poll, Thread
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.policy import authorise
from kernel.viewer import PUBLIC, Viewer


def merge_thread(viewer: Viewer, *, thread_id: int, into_id: int, reason: str = "") -> Thread:
    """Bring all posts of a thread into another one, by time; whoever merges moderates both. Returns the other.

    The opening post becomes a reply like the others. What is left of the thread is an address that leads to the
    other one; it counts as deleted everywhere else. Merging again changes nothing.
    """
    hold_threads(thread_id, into_id)
    thread, source = thread_of(viewer, thread_id, hold=True)
    into, target = thread_of(viewer, into_id, hold=True)
    authorise(viewer, ForumRight.MODERATE, thread)
    authorise(viewer, ForumRight.MODERATE, into)
    reason = check_reason(reason)
    if thread.merged_into_id == into.id:
        return into
    _check(thread, into)
    tag_ids = tags_of(thread.id, into.id)
    hold_tags(tag_ids)
    hold_boards(source.id, target.id)
    count_thread(thread, sign=-1)
    count_thread(into, sign=-1)
    shift_days(thread.id, source=source.id, target=target.id)
    interleave(into.id, thread.id)
    follow_posts(thread.id, into.id, audience=target.audience)
    join_follows(thread.id, into.id)
    join_bookmarks(thread.id, into.id)
    join_drafts(thread.id, into.id)
    thread.deleted_at, thread.merged_into_id = now(), into.id
    thread.accepted_number = thread.pinned_at = None
    _bring_poll(thread, into)
    session().flush()
    session().execute(
        update(Thread)
        .where(Thread.merged_into_id == thread.id)
        .values(merged_into_id=into.id)
        .execution_options(**DIRECT)
    )
    session().expire_all()
    for each in (thread, into):
        recount_thread(each.id)
        session().refresh(each)
    count_thread(into, sign=1)
    recount_tags(tag_ids)
    record(
        viewer,
        "thread.merge",
        thread=into,
        about=thread,
        audience=source.audience if target.audience == PUBLIC else target.audience,
        reason=reason,
        details={"from": thread.id, "into": into.id},
    )
    announce(thread, posts=None, hides=True)
    announce(into, posts=None, hides=source.audience != target.audience)
    return into


def _check(thread: Thread, into: Thread) -> None:
    sentence = ""
    if thread.id == into.id:
        sentence = _("A thread cannot be merged into itself.")
    elif into.merged_into_id is not None:
        sentence = _("That thread was merged into thread %(number)s itself.", number=into.merged_into_id)
    elif into.deleted_at is not None:
        sentence = _("That thread was deleted.")
    elif _origin(thread) != _origin(into):
        sentence = _("Imported threads keep the source and licence shown under them, and are not mixed with others.")
    if sentence:
        raise InvalidError(sentence, errors={"into": sentence})
    if thread.merged_into_id is not None:
        raise ConflictError(_("This thread was merged into another one."))
    if thread.deleted_at is not None:
        raise ConflictError(_("This thread was deleted. Restore it first."))


def _origin(thread: Thread) -> tuple[str, str, str]:
    return thread.source_name, thread.source_url, thread.licence


def _bring_poll(thread: Thread, into: Thread) -> None:
    """A poll comes along where there is none yet; where there is one, it stays behind and is not shown."""
    if not thread.has_poll or into.has_poll:
        return
    poll = session().scalars(select(Poll).where(Poll.thread_id == thread.id)).one()
    poll.thread_id = into.id
    thread.has_poll, into.has_poll = False, True
