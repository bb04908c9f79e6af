"""What the forum knows of how well somebody is known: what they read and wrote, and how others took it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from forum.models import Post, Reaction, ReadMark
from kernel.db import session
from moderation.evidence import Fact, evidence


@evidence(Fact.THREADS)
def threads_read(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """Threads that they opened and read in."""
    query = select(ReadMark.user_id, func.count()).where(ReadMark.user_id.in_(people), ReadMark.number > 0)
    return _pairs((query if since is None else query.where(ReadMark.updated_at >= since)).group_by(ReadMark.user_id))


@evidence(Fact.POSTS)
def posts_read(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """Posts up to which they read, over all their threads."""
    query = select(ReadMark.user_id, func.sum(ReadMark.number)).where(ReadMark.user_id.in_(people))
    return _pairs((query if since is None else query.where(ReadMark.updated_at >= since)).group_by(ReadMark.user_id))


@evidence(Fact.WRITTEN)
def posts_written(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """Posts of theirs that stand."""
    query = select(Post.author_id, func.count()).where(Post.author_id.in_(people), Post.deleted_at.is_(None))
    return _pairs((query if since is None else query.where(Post.created_at >= since)).group_by(Post.author_id))


@evidence(Fact.REACTIONS)
def reactions_received(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """Reactions of others to posts of theirs that stand."""
    query = (
        select(Post.author_id, func.count())
        .join(Reaction, Reaction.post_id == Post.id)
        .where(Post.author_id.in_(people), Post.deleted_at.is_(None), Reaction.user_id != Post.author_id)
    )
    return _pairs((query if since is None else query.where(Reaction.created_at >= since)).group_by(Post.author_id))


def _pairs(query: Select[Any, Any]) -> dict[int, int]:
    return {person: int(count) for person, count in session().execute(query)}
