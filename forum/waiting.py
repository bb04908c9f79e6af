"""How the forum publishes what had to wait: by its ordinary actions, which may still refuse."""

from collections.abc import Mapping
from typing import Any, TypeVar

from forum.actions.posts import edit_post, reply
from forum.actions.threads import start_thread, unpacked_poll
from forum.addresses import thread_url
from forum.contributions import EDIT, REPLY, START
from forum.cooking import check_body, check_title, cook_post
from forum.loading import board_numbered
from forum.models.thread import Lens, ThreadKind
from kernel.errors import ConflictError
from kernel.refs import Card, Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.models import Submission
from moderation.subjects import Changed, Verb, register_verb

T = TypeVar("T")


def _start(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    poll = payload.get("poll")
    thread = start_thread(
        viewer,
        board=board_numbered(viewer, payload["board_id"]),
        kind=ThreadKind(payload["kind"]),
        lens=Lens(payload["lens"]) if payload["lens"] else None,
        title=payload["title"],
        body=payload["body"],
        tags=payload["tags"],
        poll=poll and unpacked_poll(poll),
    )
    made = published(thread)
    return Card(Ref("forum.thread", made.id), made.title, thread_url(made.id, made.slug), made.lang)


def _reply(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    post = published(reply(viewer, thread_id=payload["thread_id"], body=payload["body"], reply_to=payload["reply_to"]))
    return Card(Ref("forum.post", post.id), f"#{post.number}", f"/posts/{post.id}", post.lang)


def _edit(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    post = published(edit_post(viewer, **payload))
    return Card(Ref("forum.post", post.id), f"#{post.number}", f"/posts/{post.id}", post.lang)


def published(made: T | Submission) -> T:
    """What was made, where nothing can have to wait any more."""
    if isinstance(made, Submission):
        raise ConflictError(_("It waits for approval already."))
    return made


def _changed(payload: Mapping[str, Any], title: str, body: str) -> Changed:
    """The same, with another text; a title where there was one."""
    body = check_body(body)
    title = check_title(title) if payload.get("title") is not None else ""
    change = {"body": body, **({"title": title} if title else {})}
    return Changed({**payload, **change}, title, body, cook_post(body).html)


for _name, _publish in ((START, _start), (REPLY, _reply), (EDIT, _edit)):
    register_verb(Verb(_name, _publish, _changed))
