import re

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select

from forum.actions.acts import announce, check_reason, record
from forum.actions.removal import take_out_of_sight
from forum.actions.uploads import AT_ONCE
from forum.loading import post_of
from forum.models import Board, Draft, Post, PostRevision, PostUpload, Reaction, Thread, Upload
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.viewer import Viewer

WITHOUT_TITLE = "…"
_FILE = re.compile(r"/files/(\d{1,18})/")


def purge_post(viewer: Viewer, *, post_id: int, reason: str = "") -> Post:
    """Destroy a post's text with all its former versions, drafts, and the files no other post uses; the number stays.

    An opening post takes the title with it, and is destroyed only once its thread is deleted.
    """
    post, thread, board = post_of(viewer, post_id, hold=True)
    authorise(viewer, ForumRight.PURGE, post)
    if post.purged_at is not None:
        return post
    reason = check_reason(reason, is_needed=True)
    efface(viewer, post, thread, board)
    record(
        viewer,
        "post.purge",
        thread=thread,
        post=post,
        audience=board.audience,
        right=ForumRight.PURGE,
        reason=reason,
        details={"number": post.number},
    )
    return post


def efface(viewer: Viewer, post: Post, thread: Thread, board: Board) -> None:
    """The destruction itself, for those who have decided that it may be done; the thread is held."""
    if post.number == 1:
        _efface_title(thread)
    if post.deleted_at is None:
        take_out_of_sight(viewer, post, thread, board)
    upload_ids = _files_of(post)
    for gone in (
        delete(PostRevision).where(PostRevision.post_id == post.id),
        delete(PostUpload).where(PostUpload.post_id == post.id),
        delete(Reaction).where(Reaction.post_id == post.id),
        delete(Draft).where(Draft.place == f"post:{post.id}"),
    ):
        session().execute(gone.execution_options(synchronize_session=False))
    post.body = post.html = post.last_edit_reason = post.lang = ""
    post.has_math = False
    post.reactions = {}
    post.purged_at = now()
    post.version += 1
    for start in range(0, len(upload_ids), AT_ONCE):
        enqueue("forum.remove_purged_files", upload_ids=upload_ids[start : start + AT_ONCE])
    announce(thread, posts={post.id}, hides=True)


def _files_of(post: Post) -> list[int]:
    """The files that the post shows, and those of its writers that a former version of it named."""
    former = (
        session()
        .execute(select(PostRevision.body, PostRevision.editor_id).where(PostRevision.post_id == post.id))
        .all()
    )
    named = {int(number) for text in (post.body, *(row.body for row in former)) for number in _FILE.findall(text)}
    writers = {post.author_id, post.last_editor_id, *(row.editor_id for row in former)} - {None}
    shown = select(PostUpload.upload_id).where(PostUpload.post_id == post.id)
    return list(
        session().scalars(
            select(Upload.id)
            .where(or_(Upload.id.in_(shown), and_(Upload.id.in_(named), Upload.owner_id.in_(writers))))
            .order_by(Upload.id)
        )
    )


def _efface_title(thread: Thread) -> None:
    if thread.deleted_at is None:
        raise ConflictError(_("An opening post is destroyed with its thread: delete the thread first."))
    thread.title, thread.slug = WITHOUT_TITLE, "thread"
