"""A post's former texts: for whoever sees the post; of a purged one nothing is left."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from accounts.models import User
from forum.loading import post_of
from forum.models import Post, PostRevision
from forum.policy import moderates
from forum.queries.people import person_columns, person_of
from forum.queries.rows import RevisionRow
from kernel.db import session
from kernel.diff import DiffLine, readable_diff
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

Editor = aliased(User, name="editor")


def revisions_of(viewer: Viewer, post_id: int) -> list[RevisionRow]:
    """All texts of a post, oldest first; the last is the present one."""
    post, _thread, _board = post_of(viewer, post_id)
    rows = (
        session()
        .execute(
            select(
                PostRevision.number,
                PostRevision.editor_id,
                PostRevision.reason,
                PostRevision.created_at,
                *person_columns(Editor, "editor"),
            )
            .outerjoin(Editor, Editor.id == PostRevision.editor_id)
            .where(PostRevision.post_id == post.id)
            .order_by(PostRevision.number)
        )
        .all()
    )
    former = [
        RevisionRow(
            number=row.number,
            editor=person_of(row, "editor", user_id=row.editor_id, name=post.author_name),
            reason=row.reason,
            created_at=row.created_at,
        )
        for row in rows
    ]
    last = (
        session()
        .execute(
            select(Post.last_edit_reason, *person_columns(Editor, "editor"))
            .outerjoin(Editor, Editor.id == (Post.last_editor_id if post.last_editor_id else Post.author_id))
            .where(Post.id == post.id)
        )
        .one()
    )
    present = RevisionRow(
        number=len(former) + 1,
        editor=person_of(last, "editor", user_id=post.last_editor_id or post.author_id, name=post.author_name),
        reason=last.last_edit_reason,
        created_at=post.edited_at or post.created_at,
    )
    return [*former, present]


def diff_between(viewer: Viewer, post_id: int, older: int, newer: int) -> list[DiffLine]:
    """What changed from one text to the other."""
    return readable_diff(_text_of(viewer, post_id, older), _text_of(viewer, post_id, newer))


def _text_of(viewer: Viewer, post_id: int, number: int) -> str:
    post, thread, _board = post_of(viewer, post_id)
    if post.deleted_at is not None and not moderates(viewer, thread):
        raise NotFoundError
    found = session().get(PostRevision, (post.id, number))
    title, body = (found.title, found.body) if found else (thread.title if post.number == 1 else None, post.body)
    return f"# {title}\n\n{body}" if title else body
