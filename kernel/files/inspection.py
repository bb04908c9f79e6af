"""The one way in for a file: everything is checked before anything is kept."""

import io
from dataclasses import dataclass
from typing import IO, BinaryIO

from kernel.files import kinds
from kernel.files.archives import check_archive
from kernel.files.documents import check_pdf, check_text
from kernel.files.images import Picture, read_picture
from kernel.files.kinds import Kind
from kernel.files.names import check_name, clean_name, extension_of
from kernel.files.refusal import Reason, RefusedUpload

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be kept: what it is, and the bytes that are to be stored, which need not be those that came.

    `inline` says that a browser may show it in a page; everything else is served as an attachment. `display` and
    `thumb` are WebP images; `display` is None where the image itself is small enough.
    """

    name: str
    kind: Kind
    media_type: str
    inline: bool
    size: int
    content: BinaryIO
    width: int | None = None
    height: int | None = None
    display: bytes | None = None
    thumb: bytes | None = None
    animated: bool = False
    derived_media_type: str = "image/webp"


def inspect_upload(stream: IO[bytes], *, name: str, limit_bytes: int, limit_pixels: int = 40_000_000) -> Inspected:
    """Inspect a file while it streams in; raises `RefusedUpload` with the reason."""
    check_name(name)
    return _inspected(_received(stream, limit_bytes=limit_bytes), name=name, limit_pixels=limit_pixels)


def _received(stream: IO[bytes], *, limit_bytes: int) -> BinaryIO:
    """The stream in memory, given up as soon as it is too long."""
    file = io.BytesIO()
    while chunk := stream.read(CHUNK):
        if file.tell() + len(chunk) > limit_bytes:
            raise RefusedUpload(Reason.TOO_LARGE, limit=f"{limit_bytes / 1_000_000:g}")
        file.write(chunk)
    if not file.tell():
        raise RefusedUpload(Reason.EMPTY)
    return file


def _inspected(file: BinaryIO, *, name: str, limit_pixels: int) -> Inspected:
    ending = extension_of(clean_name(name, ending=""))
    named = kinds.BY_ENDING.get(ending)
    found = kinds.by_content(file)
    if found is None:
        return _text(file, name=name, ending=ending, named=named)
    if ending and named is None:
        raise RefusedUpload(Reason.TYPE)
    if found is kinds.ZIP:
        found = check_archive(file)
        if named is kinds.ZIP:
            found = kinds.ZIP
    if named is not None and named is not found:
        raise RefusedUpload(Reason.CONTRADICTION, named=named.label, found=found.label)
    clean = clean_name(name, ending=found.endings[0])
    if found.family == "image":
        return _image(read_picture(file, found, limit_pixels=limit_pixels), found, name=clean)
    if found is kinds.PDF:
        file.seek(0)
        check_pdf(file.read())
    return _kept(file, found, name=clean, media_type=found.media_type)


def _text(file: BinaryIO, *, name: str, ending: str, named: Kind | None) -> Inspected:
    """A file that no magic number tells: text, if its name agrees."""
    file.seek(0)
    data = file.read()
    if kinds.begins_as_markup(data[: kinds.HEAD]):
        raise RefusedUpload(Reason.MARKUP)
    if named is None and ending:
        raise RefusedUpload(Reason.TYPE)
    if named is not None and named.family != "text":
        raise RefusedUpload(Reason.BROKEN, found=named.label)
    kind = named or kinds.TEXT
    encoding = check_text(data, kind)
    return _kept(
        file, kind, name=clean_name(name, ending=kind.endings[0]), media_type=f"{kind.media_type}; charset={encoding}"
    )


def _image(picture: Picture, kind: Kind, *, name: str) -> Inspected:
    return Inspected(
        name=name,
        kind=kind,
        media_type=kind.media_type,
        inline=True,
        size=len(picture.content),
        content=io.BytesIO(picture.content),
        width=picture.width,
        height=picture.height,
        display=picture.display,
        thumb=picture.thumb,
        animated=picture.animated,
    )


def _kept(file: BinaryIO, kind: Kind, *, name: str, media_type: str) -> Inspected:
    size = file.seek(0, 2)
    file.seek(0)
    return Inspected(name=name, kind=kind, media_type=media_type, inline=False, size=size, content=file)
