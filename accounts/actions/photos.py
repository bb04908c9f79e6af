"""A photo of oneself: decoded, cropped to a square and encoded afresh, so that nothing else of the file is kept."""

import io
import warnings
from typing import BinaryIO

from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.blobs import blob_store
from accounts.events import ProfileChanged
from accounts.policy import AccountRight
from accounts.queries import my_account
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer

SIDE = 320
LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def change_photo(viewer: Viewer, *, stream: BinaryIO) -> str:
    """Show this picture beside one's name; returns its hash."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    user.avatar_hash = blob_store().put(io.BytesIO(portrait(stream)))
    emit(ProfileChanged(user_id=user.id))
    return user.avatar_hash


def remove_photo(viewer: Viewer) -> None:
    """Back to the initials."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    user.avatar_hash = None
    emit(ProfileChanged(user_id=user.id))


def portrait(stream: BinaryIO) -> bytes:
    """The picture as a small square WebP, upright, without what cameras write into files."""
    content = stream.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise InvalidError(errors={"photo": _("A photo may have at most 10 MB.")})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken metadata is dropped anyway
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > LARGEST_PIXELS:
                raise InvalidError(errors={"photo": _("This picture has too many pixels.")})
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            square = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
            paper = Image.new("RGB", square.size, "white")
            paper.paste(square, mask=square)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError):
        raise InvalidError(errors={"photo": _("This is not a picture that can be read: JPEG, PNG, WebP or GIF.")}) from None
    out = io.BytesIO()
    paper.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
