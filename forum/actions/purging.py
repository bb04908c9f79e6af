from flask_babel import gettext as _
from sqlalchemy import delete, select

from forum.actions.acts import announce, check_reason, record
from forum.actions.loading import post_of
from forum.actions.removal import take_out_of_sight
from forum.models import Draft, Post, PostRevision, PostUpload, Reaction, Thread
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.viewer import Viewer

WITHOUT_TITLE = "…"


def purge_post(viewer: Viewer, *, post_id: int, reason: str = "") -> Post:
    """Destroy a post's text with all its former versions, drafts and files; only its number stays.

    An opening post takes the title with it, and is destroyed only once its thread is deleted.
    """
    post, thread, board = post_of(viewer, post_id, hold=True)
    authorise(viewer, ForumRight.PURGE, post)
    if post.purged_at is not None:
        return post
    reason = check_reason(reason, is_needed=True)
    if post.number == 1:
        _efface_title(thread)
    if post.deleted_at is None:
        take_out_of_sight(viewer, post, thread, board)
    upload_ids = list(session().scalars(select(PostUpload.upload_id).where(PostUpload.post_id == post.id)))
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
    if upload_ids:
        enqueue("forum.remove_purged_files", upload_ids=sorted(upload_ids))
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
    announce(thread)
    return post


def _efface_title(thread: Thread) -> None:
    if thread.deleted_at is None:
        raise ConflictError(_("An opening post is destroyed with its thread: delete the thread first."))
    thread.title, thread.slug = WITHOUT_TITLE, "thread"
