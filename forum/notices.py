"""Who is told of what. Reasons come in the order of their weight; each person hears of a post once."""

from sqlalchemy import select

from accounts.models import User
from activity.actions import notify
from activity.models import Level
from activity.queries import followers
from forum.events import AnswerAccepted, PostAdded
from forum.models import Post
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
    if event.reply_to_author_id is not None:
        reasons.setdefault(event.reply_to_author_id, "reply")
    for ref in _watched(event):
        for user_id in followers(ref, levels=[Level.WATCHING]):
            reasons.setdefault(user_id, f"watching:{ref.kind}")
    notify(
        reasons,
        event="post",
        actor_id=event.actor_id,
        ref=event.post,
        place=event.thread,
        audience=event.audience,
    )


def _watched(event: PostAdded) -> list[Ref]:
    """Replies ring for the thread's watchers; a new thread also for those of its community, tags and author."""
    author = Ref("accounts.user", event.actor_id)
    if event.number > 1:
        return [event.thread, author]
    return [event.community, *(Ref("forum.tag", tag_id) for tag_id in event.tags), author]


@subscribe(AnswerAccepted)
def tell_of_acceptance(event: AnswerAccepted) -> None:
    """Whose answer was accepted, and who else watches the question."""
    reasons = dict.fromkeys(followers(event.thread, levels=[Level.WATCHING]), f"watching:{event.thread.kind}")
    if event.author_id is not None:
        reasons[event.author_id] = "accepted"
    notify(
        reasons,
        event="accepted",
        actor_id=event.actor_id,
        ref=event.post,
        place=event.thread,
        audience=event.audience,
    )
