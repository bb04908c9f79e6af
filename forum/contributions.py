"""What is written in the forum, as the watch looks at it before it appears."""

from collections.abc import Mapping
from typing import Any

from forum.models import Board, Post, Thread
from forum.policy import MODERATOR
from kernel.refs import Ref
from moderation.contributions import Contribution

START, REPLY, EDIT = "forum.start", "forum.reply", "forum.edit"


def new_thread(
    board: Board, *, title: str, body: str, html: str, payload: Mapping[str, Any], verb: str = START
) -> Contribution:
    """A thread that somebody wants to start; its tags and poll are in the payload."""
    return Contribution(
        verb=verb,
        payload={"board_id": board.id, "title": title, "body": body, **payload},
        place=Ref("forum.community", board.community_id),
        audience=board.audience,
        scope=f"{MODERATOR}{board.community_id}",
        title=title,
        body=body,
        html=html,
    )


def new_post(thread: Thread, board: Board, *, body: str, html: str, reply_to: int | None) -> Contribution:
    """A reply."""
    return Contribution(
        verb=REPLY,
        payload={"thread_id": thread.id, "body": body, "reply_to": reply_to},
        place=Ref("forum.thread", thread.id),
        audience=board.audience,
        scope=f"{MODERATOR}{thread.community_id}",
        body=body,
        html=html,
    )


def changed_post(
    post: Post, thread: Thread, board: Board, *, title: str, tags: list[str], body: str, html: str, reason: str
) -> Contribution:
    """Another text for a post that is public already."""
    is_opening = post.number == 1
    return Contribution(
        verb=EDIT,
        payload={
            "post_id": post.id,
            "body": body,
            "reason": reason,
            "title": title if is_opening else None,
            "tags": tags if is_opening else None,
            "base": post.edit_count,
        },
        place=Ref("forum.post", post.id),
        audience=board.audience,
        scope=f"{MODERATOR}{thread.community_id}",
        title=title if is_opening and title != thread.title else "",
        body=body,
        html=html,
        before=post.html,
        is_alone=True,
    )
