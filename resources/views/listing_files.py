"""Pictures and documents of a listing: added by a plain form, given to whoever sees the listing."""

from contextlib import ExitStack

from flask import current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from kernel.errors import InvalidError, TooLargeError
from kernel.files.serving import give_file
from kernel.limits import SMALL_DEEDS, UPLOADING, limiter
from kernel.policy import authorise
from kernel.web import current_viewer
from kernel.work import step_aside
from resources.actions import listing_files as actions
from resources.models import ListingFile
from resources.policy import ListingRight
from resources.queries.listing_page import listing_view, seen_file
from resources.room import room
from resources.views.listings import page_of

MOST_AT_ONCE = 10


@room.page("/listings/<int:listing_id>/files", may=ListingRight.EDIT, methods=("POST",))
@limiter.limit(UPLOADING)
def add_files(listing_id: int) -> ResponseReturnValue:
    """Add files; what is refused is said beside the form, and nothing of that sending is kept."""
    viewer = current_viewer()
    view = listing_view(viewer, listing_id)
    authorise(viewer, ListingRight.EDIT, view.listing)
    sent = [file for file in request.files.getlist("file") if file.filename]
    limit = int(current_app.config["SETTINGS"].upload_limit_mb) * 1_000_000
    if not 1 <= len(sent) <= MOST_AT_ONCE:
        reason = _("Choose a file first.") if not sent else _("At most %(count)s files at once.", count=MOST_AT_ONCE)
        return page_of(view, file_error=reason), 422
    step_aside()
    try:
        with ExitStack() as opened:
            looked_into = []
            for file in sent:
                looked_into.append(
                    actions.inspect(viewer, stream=file.stream, name=file.filename or "", limit_bytes=limit)
                )
                opened.enter_context(looked_into[-1].content)
            actions.add_files(viewer, listing_id=listing_id, files=looked_into, store=blob_store())
    except (InvalidError, TooLargeError) as refusal:
        return page_of(listing_view(viewer, listing_id), file_error=refusal.detail), refusal.status
    flash(_("Added."), "success")
    return redirect(view.row.url + "#files", 303)


@room.page("/listings/<int:listing_id>/files/<int:file_id>/delete", may=ListingRight.EDIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def remove_file(listing_id: int, file_id: int) -> ResponseReturnValue:
    """Take a file off."""
    viewer = current_viewer()
    url = listing_view(viewer, listing_id).row.url
    actions.remove_file(viewer, listing_id=listing_id, file_id=file_id)
    flash(_("The file is deleted."), "success")
    return redirect(url + "#files", 303)


@room.page("/listings/<int:listing_id>/files/<int:file_id>/<name>", may=ListingRight.READ)
def listing_file(listing_id: int, file_id: int, name: str) -> ResponseReturnValue:  # noqa: ARG001 - the name in the address is for people
    """A file, or its smaller image with `?size=display` or `?size=thumb`."""
    found, is_public = seen_file(current_viewer(), listing_id, file_id)
    sha256, media_type = _chosen(found, request.args.get("size", ""))
    return give_file(
        blob_store(), sha256, name=found.name, media_type=media_type, is_inline=found.is_inline, is_public=is_public
    )


def _chosen(found: ListingFile, size: str) -> tuple[str, str]:
    """Hash and media type of the size asked for, or of the next larger one there is."""
    if size == "thumb" and found.thumb_sha256:
        return found.thumb_sha256, "image/webp"
    if size in ("thumb", "display") and found.display_sha256:
        return found.display_sha256, "image/webp"
    return found.sha256, found.media_type
