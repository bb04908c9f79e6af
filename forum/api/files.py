from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from accounts.blobs import blob_store
from forum.actions import uploads as actions
from forum.policy import ForumRight
from forum.queries.uploads import my_uploads, upload_row
from forum.schemas.posts import FileList, FileShown
from kernel.api import Answer, PageQuery, endpoint, room
from kernel.errors import InvalidError
from kernel.files import Inspected
from kernel.limits import UPLOADING
from kernel.viewer import Viewer

MOST_AT_ONCE = 10


@endpoint(room, "GET", "/files", may=ForumRight.UPLOAD, query=PageQuery, answers={200: FileList})
def files(viewer: Viewer, *, query: PageQuery) -> FileList:
    """The files that you added, the newest first."""
    page = my_uploads(viewer, cursor=query.cursor, limit=query.limit)
    return FileList(items=[FileShown.of(row) for row in page.items], next=page.next)


@contextmanager
def _inspected(viewer: Viewer, sent: list[FileStorage]) -> Iterator[list[Inspected]]:
    """Look into all of them before one is kept."""
    if len(sent) > MOST_AT_ONCE:
        raise InvalidError(_("At most %(count)s files at once.", count=MOST_AT_ONCE), errors={"file": _("Too many.")})
    limit_bytes = current_app.config["SETTINGS"].upload_limit_mb * 1_000_000
    with ExitStack() as opened:
        found = []
        for file in sent:
            inspected = actions.inspect(viewer, stream=file.stream, name=file.filename or "", limit_bytes=limit_bytes)
            opened.callback(inspected.content.close)
            found.append(inspected)
        yield found


@endpoint(
    room,
    "POST",
    "/files",
    may=ForumRight.UPLOAD,
    files="file",
    prepare=_inspected,
    answers={201: FileList},
    limit=UPLOADING,
)
def post_files(viewer: Viewer, *, files: list[Inspected]) -> Answer:
    """Add files as multipart fields `file`; the Markdown in the answer puts them into a text."""
    added = [FileShown.of(upload_row(actions.add_upload(viewer, file=file, store=blob_store()))) for file in files]
    return Answer(FileList(items=added), 201, location=added[0].url)


@endpoint(room, "DELETE", "/files/<int:upload_id>", may=ForumRight.UPLOAD, answers={204: None})
def delete_file(viewer: Viewer, *, upload_id: int) -> None:
    """Delete a file of yours that no post uses."""
    actions.delete_upload(viewer, upload_id=upload_id)
