"""What of the forum belongs to one person: their posts that stand, those that opened a thread first of all."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select

from forum.models import Post, Thread
from forum.policy import MODERATOR
from kernel.db import session
from moderation.belongings import Belongings, Scopes, register_belongings


def _ids(author_id: int, scopes: Scopes, after: int, limit: int) -> Sequence[int]:
    query = _theirs(select(Post.id), author_id, scopes).where(Post.id > after)
    return session().scalars(query.order_by(Post.id).limit(limit)).all()


def _count(author_id: int, scopes: Scopes) -> int:
    return session().scalar(_theirs(select(func.count(Post.id)), author_id, scopes)) or 0


def _theirs(query: Select[int], author_id: int, scopes: Scopes) -> Select[int]:
    """On boards of communities; those of an alliance are its officers'."""
    places: list[ColumnElement[bool]] = [Thread.alliance_id.is_(None)]
    if scopes is not None:
        numbers = [scope.removeprefix(MODERATOR) for scope in scopes]
        places.append(Thread.community_id.in_([int(number) for number in numbers if number.isdecimal()]))
    return (
        query.select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.author_id == author_id, Post.deleted_at.is_(None), Thread.deleted_at.is_(None), *places)
    )


register_belongings(Belongings("forum.post", _ids, _count))
