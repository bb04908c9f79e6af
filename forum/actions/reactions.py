from sqlalchemy import func, select, update

from forum.counters import touch
from forum.loading import post_of
from forum.models import Post, Reaction
from forum.models.post import REACTIONS
from forum.policy import ForumRight
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer


def toggle_reaction(viewer: Viewer, *, post_id: int, name: str) -> Post:
    """Add my reaction, or take it back; the counts are derived in the same transaction."""
    return _react(viewer, post_id, name=name, wanted=None)


def set_reaction(viewer: Viewer, *, post_id: int, name: str, wanted: bool) -> Post:
    """Have my reaction there, or not; done twice is done once."""
    return _react(viewer, post_id, name=name, wanted=wanted)


def _react(viewer: Viewer, post_id: int, *, name: str, wanted: bool | None) -> Post:
    if name not in REACTIONS:
        raise NotFoundError
    post, thread, _board = post_of(viewer, post_id, hold=True)
    authorise(viewer, ForumRight.REACT, post)
    mine = session().get(Reaction, (post.id, viewer.me, name))
    if wanted is (mine is not None):
        return post
    lock_post(post)
    if mine is None:
        session().add(Reaction(post_id=post.id, user_id=viewer.me, name=name))
    else:
        session().delete(mine)
    session().flush()
    count_reactions(post)
    touch(thread.id)
    return post


def lock_post(post: Post) -> None:
    """Let nobody else change this post until the transaction ends."""
    session().execute(
        update(Post)
        .where(Post.id == post.id)
        .values(version=Post.version + 1)
        .execution_options(synchronize_session=False)
    )


def count_reactions(post: Post) -> None:
    """Derive the post's counts from its rows."""
    rows = session().execute(
        select(Reaction.name, func.count()).where(Reaction.post_id == post.id).group_by(Reaction.name)
    )
    counts = dict(rows.all())
    post.reactions = {name: counts[name] for name in REACTIONS if name in counts}
    session().flush()
