from datetime import datetime

from forum.actions.acts import announce, record, thread_to_moderate
from forum.models import Thread
from kernel.clock import now
from kernel.viewer import Viewer


def lock_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Take no more replies from members."""
    return _switch(viewer, thread_id, act="thread.lock", state="locked_at", value=now(), reason=reason)


def unlock_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Take replies again."""
    return _switch(viewer, thread_id, act="thread.unlock", state="locked_at", value=None, reason=reason)


def pin_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Show it above the others of its community."""
    return _switch(viewer, thread_id, act="thread.pin", state="pinned_at", value=now(), reason=reason)


def unpin_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Let it sink among the others again."""
    return _switch(viewer, thread_id, act="thread.unpin", state="pinned_at", value=None, reason=reason)


def _switch(viewer: Viewer, thread_id: int, *, act: str, state: str, value: datetime | None, reason: str) -> Thread:
    thread, board = thread_to_moderate(viewer, thread_id)
    if (getattr(thread, state) is None) == (value is None):
        return thread
    setattr(thread, state, value)
    record(viewer, act, thread=thread, audience=board.audience, reason=reason)
    announce(thread)
    return thread
