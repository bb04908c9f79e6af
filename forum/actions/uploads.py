"""Files that people add: looked into before they are kept, counted against a quota, forgotten when nobody uses them."""

from datetime import timedelta
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, literal, select

from accounts.blobs import hold_blobs, point_at_blobs
from forum.models import Draft, PostUpload, Upload
from forum.policy import ForumRight
from forum.queries.uploads import address_in_text, size_text, used_bytes
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError, TooLargeError
from kernel.files import BlobStore, Inspected
from kernel.files.admission import admit
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.viewer import Viewer
from moderation.queries.submissions import stands_in_submission

QUOTA = 500_000_000
UNUSED_FOR = timedelta(days=30)
AT_ONCE = 200

point_at_blobs(Upload.sha256, Upload.thumb_sha256, Upload.display_sha256)


def inspect(viewer: Viewer, *, stream: IO[bytes], name: str, limit_bytes: int) -> Inspected:
    """Look into a file before anything is kept; it touches no database, and may take seconds."""
    authorise(viewer, ForumRight.UPLOAD)
    return admit(stream, name=name, limit_bytes=limit_bytes)


def add_upload(viewer: Viewer, *, file: Inspected, store: BlobStore) -> Upload:
    """Keep an inspected file for its owner; the same one again is the one that is there already."""
    authorise(viewer, ForumRight.UPLOAD)
    if used_bytes(viewer) + file.size > QUOTA:
        raise TooLargeError(
            _("Your files would take more than %(quota)s. Delete some that no post uses.", quota=size_text(QUOTA)),
            errors={"file": _("No room is left.")},
        )
    hold_blobs(exclusive=False)
    sha256 = store.put(file.content)
    mine = (Upload.owner_id == viewer.me, Upload.sha256 == sha256, Upload.name == file.name)
    known = session().scalars(select(Upload).where(*mine).order_by(Upload.id)).first()
    if known is not None:
        return known
    upload = Upload(
        owner_id=viewer.me,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=sha256,
        width=file.width,
        height=file.height,
        thumb_sha256=store.put(file.thumb) if file.thumb else None,
        display_sha256=store.put(file.display) if file.display else None,
        is_inline=file.inline,
    )
    session().add(upload)
    session().flush()
    return upload


def delete_upload(viewer: Viewer, *, upload_id: int) -> None:
    """Delete a file of one's own that no post uses; one that is gone already stays gone."""
    authorise(viewer, ForumRight.UPLOAD)
    upload = session().get(Upload, upload_id)
    if upload is None or upload.owner_id != viewer.me:
        raise NotFoundError
    if not forget_uploads(Upload.id == upload_id):
        raise ConflictError(_("A post uses this file; it can be deleted when none does any more."))


def forget_unused_uploads() -> int:
    """Forget what was added long ago and stands neither in a post nor in a draft of its owner, nor in what waits."""
    waits = stands_in_submission(author_id=Upload.owner_id, text=address_in_text())
    return forget_uploads(Upload.created_at < now() - UNUSED_FOR, ~_in_a_draft(), ~waits)


def forget_uploads(*which: ColumnElement[bool]) -> int:
    """Forget those of these files that no post uses, and let their bytes be removed; says how many."""
    is_used = select(PostUpload.post_id).where(PostUpload.upload_id == Upload.id).correlate(Upload).exists()
    rows = session().scalars(select(Upload).where(~is_used, *which).order_by(Upload.id).limit(AT_ONCE)).all()
    if not rows:
        return 0
    session().execute(delete(Upload).where(Upload.id.in_([row.id for row in rows])))
    hashes = {sha for row in rows for sha in (row.sha256, row.thumb_sha256, row.display_sha256) if sha}
    enqueue("forum.remove_blobs", hashes=sorted(hashes))
    return len(rows)


def _in_a_draft() -> ColumnElement[bool]:
    """Whether its owner has a draft with the file's address in it."""
    address = literal("%") + address_in_text() + literal("%")
    return (
        select(Draft.place).where(Draft.user_id == Upload.owner_id, Draft.body.like(address)).correlate(Upload).exists()
    )
