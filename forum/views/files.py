"""Files: added by script or by a plain form, and given out to those who see a post that uses them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, current_app, flash, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from forum.actions import uploads as actions
from forum.models import Upload
from forum.policy import ForumRight
from forum.queries import uploads as queries
from forum.room import room
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import UPLOADING, limiter
from kernel.web import current_viewer
from kernel.work import step_aside

MOST_AT_ONCE = 10
CSP = "default-src 'none'; sandbox"
PUBLIC = "public, max-age=86400"
PRIVATE = "private, no-store"
CHUNK = 1 << 16


@room.page("/files", may=ForumRight.UPLOAD)
def files() -> ResponseReturnValue:
    """What I added, with the Markdown to copy, and a plain form to add more."""
    viewer = current_viewer()
    return render_template(
        "forum/files.html",
        page=queries.my_uploads(viewer, cursor=request.args.get("cursor")),
        used=queries.size_text(queries.used_bytes(viewer)),
        quota=queries.size_text(actions.QUOTA),
        limit=queries.size_text(_limit_bytes()),
        size_text=queries.size_text,
    )


@room.page("/files", may=ForumRight.UPLOAD, methods=("POST",))
@limiter.limit(UPLOADING)
def upload() -> ResponseReturnValue:
    """Add files: a script gets JSON, a plain form the page with the Markdown to copy."""
    viewer = current_viewer()
    sent = [file for file in request.files.getlist("file") if file.filename]
    if not sent:
        raise InvalidError(_("No file was sent."), errors={"file": _("Choose a file first.")})
    if len(sent) > MOST_AT_ONCE:
        raise InvalidError(_("At most %(count)s files at once.", count=MOST_AT_ONCE))
    limit = _limit_bytes()
    step_aside()
    with ExitStack() as opened:
        looked_into = []
        for file in sent:
            looked_into.append(actions.inspect(viewer, stream=file.stream, name=file.filename or "", limit_bytes=limit))
            opened.enter_context(looked_into[-1].content)
        rows = [queries.upload_row(actions.add_upload(viewer, file=file, store=blob_store())) for file in looked_into]
    if "text/html" in request.headers.get("Accept", ""):
        flash(_("Copy the Markdown beside the file into your text."), "success")
        return redirect(f"/files#file-{rows[0].id}", 303)
    answer = [asdict(row) for row in rows]
    return jsonify({**answer[0], "files": answer}), 201


@room.page("/files/<int:upload_id>/delete", may=ForumRight.UPLOAD, methods=("POST",))
def delete_file(upload_id: int) -> ResponseReturnValue:
    """Delete a file of mine that no post uses."""
    actions.delete_upload(current_viewer(), upload_id=upload_id)
    flash(_("The file is deleted."), "success")
    return redirect("/files", 303)


@room.page("/files/<int:upload_id>/<name>", may=ForumRight.READ)
def file(upload_id: int, name: str) -> ResponseReturnValue:  # noqa: ARG001 - the name in the address is for people
    """A file, or its smaller image with `?size=display` or `?size=thumb`, for whoever may have it."""
    seen = queries.seen_upload(current_viewer(), upload_id)
    sha256, media_type = _chosen(seen.upload, request.args.get("size", ""))
    response = make_response()
    response.set_etag(sha256[:32])
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = _disposition(seen.upload)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = PUBLIC if seen.is_public else PRIVATE
    response.make_conditional(request)
    if response.status_code == 304:  # noqa: PLR2004 - what they have is what there is
        return response
    return _fill(response, sha256)


def _fill(response: Response, sha256: str) -> Response:
    """Stream the bytes from the store."""
    try:
        stored = blob_store().open(sha256)
    except FileNotFoundError:
        raise NotFoundError from None
    response.content_length = stored.seek(0, 2)
    stored.seek(0)
    response.response = _chunks(stored)
    response.call_on_close(stored.close)  # when nothing is read: HEAD, or somebody who went away
    return response


def _chunks(stored: BinaryIO) -> Iterator[bytes]:
    with stored:
        while chunk := stored.read(CHUNK):
            yield chunk


def _chosen(found: Upload, size: str) -> tuple[str, str]:
    """Hash and media type of the size asked for, or of the next larger one there is."""
    if size == "thumb" and found.thumb_sha256:
        return found.thumb_sha256, "image/webp"
    if size in ("thumb", "display") and found.display_sha256:
        return found.display_sha256, "image/webp"
    return found.sha256, found.media_type


def _disposition(found: Upload) -> str:
    """Shown in the page only if it is a safe image; the name in the form of RFC 6266, never raw."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in found.name)
    kind = "inline" if found.is_inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(found.name, safe='')}"


def _limit_bytes() -> int:
    return int(current_app.config["SETTINGS"].upload_limit_mb) * 1_000_000
