"""When the forum's documents change: told to the feed inside the transaction of the deed, in this one place."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from accounts.events import ProfileChanged
from forum.events import PostAdded, ThreadChanged
from forum.models import Post, Thread
from forum.search.documents import POST, THREAD
from kernel.db import session
from kernel.events import subscribe
from search_index import feed


@subscribe(PostAdded)
def note_post(event: PostAdded) -> None:
    """The opening post is its thread's document, a reply its own."""
    feed.changed(event.thread if event.number == 1 else event.post)


@subscribe(ThreadChanged)
def note_thread(event: ThreadChanged) -> None:
    """The thread, and those of its posts that changed with it."""
    post_ids = (
        _numbers(select(Post.id).where(Post.thread_id == event.thread.id))
        if event.posts is None
        else sorted(event.posts)
    )
    feed.note([f"{THREAD}:{event.thread.id}"], hides=event.hides and event.posts is None)
    feed.note((f"{POST}:{post_id}" for post_id in post_ids), hides=event.hides)


@subscribe(ProfileChanged)
def note_author(event: ProfileChanged) -> None:
    """Whatever somebody wrote is found by their name."""
    if not event.is_renamed:
        return
    feed.note(f"{THREAD}:{number}" for number in _numbers(select(Thread.id).where(Thread.author_id == event.user_id)))
    feed.note(f"{POST}:{number}" for number in _numbers(select(Post.id).where(Post.author_id == event.user_id)))


def _numbers(query: Select[int]) -> Sequence[int]:
    return session().scalars(query).all()
