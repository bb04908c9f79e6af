"""A photo of oneself: checked like every upload, then cut to a small square."""

import io
from typing import BinaryIO

from flask_babel import gettext as _
from PIL import Image, ImageOps

from accounts.blobs import blob_store
from accounts.events import ProfileChanged
from accounts.policy import AccountRight
from accounts.queries import my_account
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.files import RefusedUpload, inspect_upload
from kernel.policy import authorise
from kernel.viewer import Viewer

SIDE = 320
LARGEST_BYTES = 10_000_000


def change_photo(viewer: Viewer, *, picture: bytes) -> str:
    """Show this portrait beside one's name; returns its hash."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    user.avatar_hash = blob_store().put(picture)
    emit(ProfileChanged(user_id=user.id))
    return user.avatar_hash


def remove_photo(viewer: Viewer) -> None:
    """Back to the initials."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    user.avatar_hash = None
    emit(ProfileChanged(user_id=user.id))


def portrait(stream: BinaryIO, *, name: str) -> bytes:
    """The picture as a square WebP on white; of an animation, its first frame.

    It touches no database, and may take seconds.
    """
    try:
        inspected = inspect_upload(stream, name=name, limit_bytes=LARGEST_BYTES)
    except RefusedUpload as refusal:
        raise InvalidError(errors={"photo": _(refusal.sentence, **refusal.params)}) from None
    with inspected.content as content:
        if not inspected.inline:
            raise InvalidError(errors={"photo": _("This is not a picture: JPEG, PNG, WebP and GIF are taken.")})
        with Image.open(content) as image:
            square = ImageOps.fit(image.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", square.size, "white")
    paper.paste(square, mask=square)
    out = io.BytesIO()
    paper.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
