"""Who is told of what. Reasons come in the order of their weight; each person hears of a post once."""

from sqlalchemy import delete, select

from accounts.models import User
from activity.actions import notify
from activity.models import Notice
from forum.events import AnswerAccepted, PostAdded, ThreadChanged
from forum.models import Post, Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref


@subscribe(PostAdded)
def tell_of_post(event: PostAdded) -> None:
    """Those whom it names, quotes or answers; then those who watch the thread, or what a new thread belongs to."""
    reasons: dict[int, str] = {}
    if event.mentions:
        for user_id in session().scalars(select(User.id).where(User.handle.in_(sorted(event.mentions)))):
            reasons[user_id] = "mention"
    if event.quoted_posts:
        quoted = select(Post.author_id).where(Post.id.in_(sorted(event.quoted_posts)), Post.author_id.is_not(None))
        for author_id in session().scalars(quoted):
            reasons.setdefault(author_id or 0, "quote")
    answered = event.reply_to_author_id
    if answered is None and event.number > 1:
        answered = _asker(event.thread)
    if answered is not None:
        reasons.setdefault(answered, "reply")
    notify(
        reasons,
        event="post",
        actor_id=event.actor_id,
        ref=event.post,
        place=event.thread,
        audience=event.audience,
        watched=_watched(event),
    )


def _asker(thread: Ref) -> int | None:
    """Whose question it is: they wait for what answers nobody else by name, and not until their next digest."""
    asked = session().get_one(Thread, thread.id)
    return asked.author_id if asked.kind == ThreadKind.QUESTION else None


def _watched(event: PostAdded) -> list[Ref]:
    """Replies ring for the thread's watchers; a new thread also for those of its community, tags and author."""
    author = Ref("accounts.user", event.actor_id)
    if event.number > 1:
        return [event.thread, author]
    return [event.community, *(Ref("forum.tag", tag_id) for tag_id in event.tags), author]


@subscribe(AnswerAccepted)
def tell_of_acceptance(event: AnswerAccepted) -> None:
    """Whose answer was accepted, and who else watches the question."""
    notify(
        {} if event.author_id is None else {event.author_id: "accepted"},
        event="accepted",
        actor_id=event.actor_id,
        ref=event.post,
        place=event.thread,
        audience=event.audience,
        watched=[event.thread],
    )


@subscribe(ThreadChanged)
def forget_what_is_gone(event: ThreadChanged) -> None:
    """Of what was deleted nobody need hear any more, and nothing unread is left that cannot be read."""
    if not event.hides:
        return
    thread = session().get_one(Thread, event.thread.id)
    if event.posts is not None:
        gone = select(Post.id).where(Post.id.in_(sorted(event.posts)), Post.deleted_at.is_not(None))
        change = delete(Notice).where(Notice.kind == "forum.post", Notice.ref_id.in_(gone))
    elif thread.deleted_at is not None and thread.merged_into_id is None:
        change = delete(Notice).where(Notice.place_kind == event.thread.kind, Notice.place_id == thread.id)
    else:
        return
    session().execute(change.execution_options(synchronize_session=False))
