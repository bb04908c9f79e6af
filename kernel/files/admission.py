"""Looking into a file that somebody sends, with a refusal in their own language."""

from typing import IO

from kernel.errors import InvalidError, TooLargeError
from kernel.files.inspection import Inspected, inspect_upload
from kernel.files.refusal import RefusedUpload
from kernel.words import gettext as _


def admit(stream: IO[bytes], *, name: str, limit_bytes: int) -> Inspected:
    """Look into a file before anything is kept; it touches no database, and may take seconds.

    Raises `TooLargeError` or `InvalidError` with the file's name and the reason.
    """
    try:
        return inspect_upload(stream, name=name, limit_bytes=limit_bytes)
    except RefusedUpload as refusal:
        reason = _(refusal.sentence) % refusal.params
        detail = _("“%(name)s”: %(reason)s", name=name[-100:], reason=reason)
        kind = TooLargeError if refusal.status == TooLargeError.status else InvalidError
        raise kind(detail, errors={"file": reason}) from None
