"""How the rest of the house finds the forum's things: cards for what the viewer may see, one query a kind."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select, update

from activity.events import Followed
from activity.models import Level
from forum.addresses import community_url, tag_url, thread_url
from forum.models import Community, Post, Tag, Thread
from forum.policy import visible_threads
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import excerpt
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer

EXCERPT = 300


def _threads(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        visible_threads(viewer)
        .with_only_columns(Thread.id, Thread.title, Thread.slug, Thread.lang)
        .where(Thread.id.in_(ids))
    )
    return {
        row.id: Card(Ref("forum.thread", row.id), row.title, thread_url(row.id, row.slug), row.lang) for row in rows
    }


def _posts(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        visible_threads(viewer)
        .with_only_columns(Post.id, Post.number, Thread.title, Thread.lang)
        .join(Post, Post.thread_id == Thread.id)
        .where(Post.id.in_(ids), Post.deleted_at.is_(None))
    )
    return {
        row.id: Card(Ref("forum.post", row.id), f"{row.title} #{row.number}", f"/posts/{row.id}", row.lang)
        for row in rows
    }


def _texts(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, str]:
    """How posts begin, for those whose cards the viewer gets."""
    rows = session().execute(
        visible_threads(viewer)
        .with_only_columns(Post.id, Post.html)
        .join(Post, Post.thread_id == Thread.id)
        .where(Post.id.in_(ids), Post.deleted_at.is_(None))
    )
    return {row.id: excerpt(row.html, EXCERPT) for row in rows}


def _communities(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    found = session().scalars(select(Community).where(Community.id.in_(ids)))
    return {
        row.id: Card(Ref("forum.community", row.id), row.name(viewer.locale), community_url(row.slug)) for row in found
    }


def _tags(_viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    found = session().scalars(select(Tag).where(Tag.id.in_(ids), Tag.public_thread_count > 0))
    return {row.id: Card(Ref("forum.tag", row.id), row.name, tag_url(row.name)) for row in found}


for _name, _cards in (("thread", _threads), ("community", _communities), ("tag", _tags)):
    register_kind(Kind(f"forum.{_name}", _cards))
register_kind(Kind("forum.post", _posts, excerpts=_texts))

_COUNTED: dict[str, type[Community | Tag]] = {"forum.community": Community, "forum.tag": Tag}
_HEARING = (Level.TRACKING, Level.WATCHING)


@subscribe(Followed)
def count_follower(event: Followed) -> None:
    """Keep the follower counts of communities and tags: whoever tracks or watches is a follower."""
    model = _COUNTED.get(event.ref.kind)
    change = (event.new in _HEARING) - (event.old in _HEARING)
    if model is not None and change:
        session().execute(
            update(model)
            .where(model.id == event.ref.id)
            .values(follower_count=model.follower_count + change)
            .execution_options(synchronize_session=False)
        )
