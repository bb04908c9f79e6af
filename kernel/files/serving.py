"""Giving a stored file to a browser: never as a page of this site, and only as long as it may be kept."""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, make_response, request

from kernel.errors import NotFoundError
from kernel.files.blobs import BlobStore

CSP = "default-src 'none'; sandbox"
PUBLIC = "public, max-age=86400"
PRIVATE = "private, no-store"
CHUNK = 1 << 16


def give_file(
    store: BlobStore, sha256: str, *, name: str, media_type: str, is_inline: bool, is_public: bool
) -> Response:
    """The bytes under this hash: in a page only if they are a safe image, in shared caches only if all may see them."""
    response = make_response()
    response.set_etag(sha256[:32])
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = _disposition(name, is_inline=is_inline)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = PUBLIC if is_public else PRIVATE
    response.make_conditional(request)
    if response.status_code == 304:  # noqa: PLR2004 - what they have is what there is
        return response
    return _fill(response, store, sha256)


def _fill(response: Response, store: BlobStore, sha256: str) -> Response:
    """Stream the bytes from the store."""
    try:
        stored = store.open(sha256)
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


def _disposition(name: str, *, is_inline: bool) -> str:
    """The name in the form of RFC 6266, never raw."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in name)
    kind = "inline" if is_inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
