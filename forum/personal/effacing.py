"""Where others wrote the name of somebody who goes: mentions, and quotes of their posts.

What others said of them in their own words stays as it is: nothing tells a name in a sentence from a word.
"""

import re
from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.cooking import known_people
from forum.events import ThreadChanged
from forum.models import Post, PostRevision, Thread
from kernel.db import session
from kernel.events import emit
from kernel.markup import RENDERER_VERSION, cook
from kernel.personal import Leaver, leaves
from kernel.refs import Ref

AT_ONCE = 2_000
_QUOTE = re.compile(r"\[([^\]\n]{1,200})\](?=\([^)\s]{0,300}/posts/(\d{1,18})\))")


@leaves("forum.mentions")
def efface_mentions(leaver: Leaver, after: int) -> int | None:
    """In the next posts, and in their former versions, the stand-in stands where handle and name did."""
    end = session().scalar(
        select(func.max(Post.id)).where(
            Post.id.in_(select(Post.id).where(Post.id > after).order_by(Post.id).limit(AT_ONCE))
        )
    )
    if end is None:
        return None
    for post in session().scalars(select(Post).where(Post.id > after, Post.id <= end, *_named(Post.body, leaver))):
        body = effaced(post.body, leaver)
        if body != post.body:
            _write(post, body)
    former = select(PostRevision).where(PostRevision.post_id > after, PostRevision.post_id <= end)
    for revision in session().scalars(former.where(*_named(PostRevision.body, leaver))):
        revision.body = effaced(revision.body, leaver)
    return end


def effaced(text: str, leaver: Leaver) -> str:
    """The text without the handle, and without the name over quotes of their posts."""
    text = mention_of(leaver.handle).sub(f"@{leaver.stand_in}", text)
    text = text.replace(f"/people/{leaver.handle})", f"/people/{leaver.stand_in})")
    quoted = {int(number) for name, number in _QUOTE.findall(text) if _names(name, leaver)}
    theirs = _written_by(quoted, leaver)
    return _QUOTE.sub(
        lambda found: f"[{leaver.stand_in}]" if int(found[2]) in theirs and _names(found[1], leaver) else found[0], text
    )


def mention_of(handle: str) -> re.Pattern[str]:
    """`@handle` as a word of its own."""
    return re.compile(rf"(?<![\w@/.-])@{re.escape(handle)}(?![a-z0-9-])", re.IGNORECASE | re.ASCII)


def _named(body: InstrumentedAttribute[str], leaver: Leaver) -> tuple[ColumnElement[bool], ...]:
    """Texts worth a look: those with the handle, or with a quote and the name."""
    quoted = body.contains("/posts/") & body.contains(leaver.viewer.display_name, autoescape=True)
    return (or_(body.icontains(leaver.handle, autoescape=True), quoted),)


def _names(text: str, leaver: Leaver) -> bool:
    return leaver.viewer.display_name in text or leaver.handle in text


def _written_by(post_ids: Collection[int], leaver: Leaver) -> set[int]:
    if not post_ids:
        return set()
    theirs = select(Post.id).where(Post.id.in_(sorted(post_ids)), Post.author_id == leaver.id)
    return set(session().scalars(theirs))


def _write(post: Post, body: str) -> None:
    """The text as it reads now; nobody edited it, so that no version is kept of it."""
    cooked = cook(
        body,
        format=post.body_format,  # type: ignore[arg-type]  # as it was kept
        mentions=post.author_id is not None,
        known_people=known_people,
    )
    post.body, post.html, post.renderer = body, cooked.html, RENDERER_VERSION
    post.version += 1
    thread = session().get_one(Thread, post.thread_id)
    thread.version += 1
    session().flush()
    emit(ThreadChanged(Ref("forum.thread", post.thread_id), posts=frozenset({post.id})))
