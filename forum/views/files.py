"""Files: added by script or by a plain form, and given out to those who see a post that uses them."""

from contextlib import ExitStack
from dataclasses import asdict

from flask import current_app, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from forum.actions import uploads as actions
from forum.models import Upload
from forum.policy import ForumRight
from forum.queries import uploads as queries
from forum.room import room
from kernel.errors import InvalidError
from kernel.files.serving import give_file
from kernel.limits import UPLOADING, limiter
from kernel.web import current_viewer
from kernel.work import step_aside

MOST_AT_ONCE = 10


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
    return give_file(
        blob_store(),
        sha256,
        name=seen.upload.name,
        media_type=media_type,
        is_inline=seen.upload.is_inline,
        is_public=seen.is_public,
    )


def _chosen(found: Upload, size: str) -> tuple[str, str]:
    """Hash and media type of the size asked for, or of the next larger one there is."""
    if size == "thumb" and found.thumb_sha256:
        return found.thumb_sha256, "image/webp"
    if size in ("thumb", "display") and found.display_sha256:
        return found.display_sha256, "image/webp"
    return found.sha256, found.media_type


def _limit_bytes() -> int:
    return int(current_app.config["SETTINGS"].upload_limit_mb) * 1_000_000
