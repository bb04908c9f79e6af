from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from activity.actions import follow_quietly
from activity.models import Level
from forum.actions.reading import mark_own_post
from forum.actions.tags import set_tags
from forum.contributions import changed_post, new_post
from forum.cooking import check_body, check_tags, check_title, cook_post
from forum.counters import count_post, take_number, touch
from forum.events import PostAdded, ThreadChanged
from forum.loading import post_of, thread_of
from forum.models import Board, Post, PostRevision, PostUpload, Thread, ThreadTag, Upload
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.i18n import guess_lang
from kernel.idempotency import claim, fingerprint, keep
from kernel.ids import slug_of
from kernel.markup import RENDERER_VERSION, Cooked
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import Viewer
from moderation.gate import pass_gate
from moderation.models import Submission
from moderation.once import first_made, kept_as


def reply(
    viewer: Viewer, *, thread_id: int, body: str, reply_to: int | None = None, once: str | None = None
) -> Post | Submission:
    """Add a post to a thread, or let it wait for approval; with the same `once` and text again, answer the first one.

    `reply_to` is the id of the post in this thread that is answered.
    """
    thread, board = thread_of(viewer, thread_id, hold=True)
    authorise(viewer, ForumRight.REPLY, thread)
    body = check_body(body)
    if once:
        done = claim(viewer.me, once, fingerprint("post", str(thread.id), str(reply_to or ""), body))
        if done is not None:
            return first_made(Post, done)
    cooked = cook_post(body)
    it = new_post(thread, board, body=body, html=cooked.html, reply_to=reply_to)
    passage = pass_gate(viewer, it)
    if passage.submission is not None:
        if once:
            keep(viewer.me, once, kept_as(passage.submission))
        return passage.submission
    answered = None
    if reply_to is not None:
        answered = (
            session()
            .scalars(select(Post).where(Post.thread_id == thread.id, Post.id == reply_to, Post.deleted_at.is_(None)))
            .first()
        )
    post = add_post(viewer, thread=thread, board=board, body=body, cooked=cooked, answered=answered)
    passage.published(Ref("forum.post", post.id), it, author_id=viewer.me)
    if once:
        keep(viewer.me, once, str(post.id))
    follow_quietly(viewer.me, Ref("forum.thread", thread.id), Level.TRACKING)
    return post


def add_post(
    viewer: Viewer,
    *,
    thread: Thread,
    board: Board,
    body: str,
    cooked: Cooked,
    answered: Post | None = None,
    tag_ids: list[int] | None = None,
) -> Post:
    """The post itself, with all that hangs on it; `body` is checked and the deed allowed."""
    moment: datetime = now()
    number = take_number(thread.id)
    post = Post(
        thread_id=thread.id,
        number=number,
        author_id=viewer.me,
        reply_to_id=answered.id if answered else None,
        lang=guess_lang(body),
        body=body,
        html=cooked.html,
        renderer=RENDERER_VERSION,
        has_math=cooked.has_math,
        created_at=moment,
    )
    session().add(post)
    thread.last_post_at = moment
    thread.last_author_id = viewer.user_id
    thread.last_author_name = ""
    thread.has_math = thread.has_math or cooked.has_math
    session().flush()
    touch(thread.id)
    count_post(board.id)
    mark_own_post(viewer, thread_id=thread.id, number=number)
    link_uploads(post, cooked, owner_id=viewer.me)
    if tag_ids is None:
        tag_ids = list(session().scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread.id)))
    emit(
        PostAdded(
            actor_id=viewer.me,
            post=Ref("forum.post", post.id),
            thread=Ref("forum.thread", thread.id),
            number=number,
            community=Ref("forum.community", thread.community_id),
            tags=tuple(tag_ids),
            audience=board.audience,
            mentions=cooked.mentions,
            quoted_posts=cooked.posts,
            reply_to_author_id=answered.author_id if answered else None,
        )
    )
    return post


def link_uploads(post: Post, cooked: Cooked, *, owner_id: int | None) -> None:
    """Let the post's readers see the files it uses: those of its author, and those it showed already."""
    session().execute(
        delete(PostUpload).where(PostUpload.post_id == post.id, PostUpload.upload_id.not_in(sorted(cooked.files)))
    )
    if not cooked.files:
        return
    linked = set(session().scalars(select(PostUpload.upload_id).where(PostUpload.post_id == post.id)))
    own = session().scalars(select(Upload.id).where(Upload.id.in_(sorted(cooked.files)), Upload.owner_id == owner_id))
    session().add_all(PostUpload(post_id=post.id, upload_id=upload_id) for upload_id in own if upload_id not in linked)


def edit_post(
    viewer: Viewer,
    *,
    post_id: int,
    body: str,
    reason: str = "",
    title: str | None = None,
    tags: list[str] | None = None,
    base: int | None = None,
) -> Post | Submission:
    """Change a post's text, and with the opening post the thread's title and tags; the former text is kept.

    What somebody new adds to a post that is public may have to wait, as if they wrote it anew.
    `base` is the post's `edit_count` that the editor saw: when somebody edited since, `ConflictError`.
    """
    post, thread, board = post_of(viewer, post_id, hold=True)
    authorise(viewer, ForumRight.EDIT_POST, (post, thread))
    if base is not None and base != post.edit_count:
        raise ConflictError(_("Somebody edited this post while you were writing. Compare, and save again."))
    body, reason = check_body(body), clean_line(reason)[:200]
    is_opening = post.number == 1
    new_title = check_title(title) if is_opening and title is not None else thread.title
    new_tags = check_tags(tags) if is_opening and tags is not None else thread.tags
    is_renamed = new_title != thread.title
    if body == post.body and new_title == thread.title and new_tags == thread.tags:
        return post
    if not is_opening and (title is not None or tags is not None):
        raise InvalidError(
            _("Only the opening post carries title and tags."), errors={"title": _("Edit the opening post.")}
        )
    cooked = cook_post(body)
    it = changed_post(post, thread, board, title=new_title, tags=new_tags, body=body, html=cooked.html, reason=reason)
    passage = pass_gate(viewer, it)
    if passage.submission is not None:
        return passage.submission
    passage.published(Ref("forum.post", post.id), it, author_id=viewer.me)
    _keep_revision(post, thread if is_opening else None)
    if is_renamed:
        thread.title, thread.slug = new_title, slug_of(new_title)
    if new_tags != thread.tags:
        set_tags(thread, new_tags)
    if body != post.body:
        post.body, post.body_format, post.html, post.renderer = (
            body,
            "markdown",
            cooked.html,
            RENDERER_VERSION,
        )
        post.has_math, post.lang = cooked.has_math, guess_lang(body)
        thread.has_math = thread.has_math or cooked.has_math
        link_uploads(post, cooked, owner_id=viewer.me)
    post.edit_count += 1
    post.edited_at = now()
    post.version += 1
    post.last_editor_id = viewer.user_id
    post.last_edit_reason = reason
    touch(thread.id)
    emit(ThreadChanged(Ref("forum.thread", thread.id), posts=None if is_renamed else frozenset({post.id})))
    return post


def _keep_revision(post: Post, thread: Thread | None) -> None:
    """Put the present text aside as the next revision, under whoever wrote it and why."""
    number = (session().scalar(select(func.max(PostRevision.number)).where(PostRevision.post_id == post.id)) or 0) + 1
    session().add(
        PostRevision(
            post_id=post.id,
            number=number,
            title=thread.title if thread else None,
            body=post.body,
            editor_id=post.last_editor_id or post.author_id,
            reason=post.last_edit_reason,
            created_at=post.edited_at or post.created_at,
        )
    )
