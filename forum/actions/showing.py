"""When another room changed what it puts on the pages of threads."""

from collections.abc import Collection

from forum.counters import touch
from forum.events import ThreadChanged
from forum.loading import hold_threads
from kernel.events import emit
from kernel.refs import Ref


def show_anew(thread_ids: Collection[int]) -> None:
    """What was rendered of these threads, and what search holds of them, is stale."""
    if not thread_ids:
        return
    hold_threads(*thread_ids)
    for thread_id in sorted(thread_ids):
        touch(thread_id)
    for thread_id in sorted(thread_ids):
        emit(ThreadChanged(Ref("forum.thread", thread_id)))
