"""Images: decoded within bounds and encoded anew, so that only the picture remains of what was sent."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, ImageSequence

from kernel.files import kinds
from kernel.files.kinds import Kind
from kernel.files.refusal import Reason, RefusedUpload

DISPLAY_EDGE = 1280
THUMB_EDGE = 320
MOST_FRAMES = 600
ANIMATION_ALLOWANCE = 4  # an animation may have this many times the pixels of a still image, over all frames
_ANIMATED = frozenset({"GIF", "WEBP", "AVIF"})
_FORMATS = {kinds.PNG: "PNG", kinds.JPEG: "JPEG", kinds.GIF: "GIF", kinds.WEBP: "WEBP", kinds.AVIF: "AVIF"}
_TAIL = 70_000
# What the decoders raise on damaged input, each in its own way.
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean image with the smaller ones that pages show."""

    content: bytes
    width: int
    height: int
    display: bytes | None
    thumb: bytes
    animated: bool


def read_picture(file: BinaryIO, kind: Kind, *, limit_pixels: int) -> Picture:
    """The image in the file, encoded anew; refuses what is too large to decode, damaged, or two files at once."""
    _refuse_polyglot(file, kind)
    file.seek(0)
    try:
        with Image.open(file, formats=[_FORMATS[kind]]) as image:
            return _picture(image, limit_pixels=limit_pixels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedUpload(Reason.PIXELS, limit=limit_pixels // 1_000_000) from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        ArithmeticError,
        AttributeError,
        MemoryError,
    ):
        raise RefusedUpload(Reason.BROKEN, found=kind.label) from None


def _picture(image: Image.Image, *, limit_pixels: int) -> Picture:
    encoding = image.format or ""
    if image.width * image.height > limit_pixels:
        raise RefusedUpload(Reason.PIXELS, limit=limit_pixels // 1_000_000)
    animated = encoding in _ANIMATED and getattr(image, "is_animated", False)
    if animated:
        frames, timing = _frames(image, most_pixels=limit_pixels * ANIMATION_ALLOWANCE)
        content = _encoded(frames[0], encoding, save_all=True, append_images=frames[1:], **timing)
        still = frames[0]
    else:
        image.load()
        content, still = _reencoded(image, encoding)
    display = _smaller(still, DISPLAY_EDGE) if not animated and max(still.size) > DISPLAY_EDGE else None
    return Picture(
        content=content,
        width=still.width,
        height=still.height,
        display=display,
        thumb=_smaller(still, THUMB_EDGE),
        animated=animated,
    )


def _reencoded(image: Image.Image, encoding: str) -> tuple[bytes, Image.Image]:
    """A still image without anything but its pixels, upright and in the colours of the web."""
    upright = ImageOps.exif_transpose(image)
    plain = _bare(_in_web_colours(upright), keep=("transparency",))
    if encoding == "JPEG" and plain.mode not in {"RGB", "L"}:
        plain = plain.convert("RGB")
    return _encoded(plain, encoding), plain


def _frames(image: Image.Image, *, most_pixels: int) -> tuple[list[Image.Image], dict[str, Any]]:
    """All frames with their timing, as long as they stay within bounds."""
    frames: list[Image.Image] = []
    durations: list[int] = []
    loop = image.info.get("loop")
    for frame in _bounded(image, most_pixels=most_pixels):
        durations.append(max(int(frame.info.get("duration", 100) or 100), 20))
        frames.append(_bare(frame.convert("RGBA"), keep=()))
    timing: dict[str, Any] = {"duration": durations if len(durations) > 1 else durations[0]}
    if loop is not None:
        timing["loop"] = loop
    if image.format == "GIF":
        timing["disposal"] = 2
    return frames, timing


def _bounded(image: Image.Image, *, most_pixels: int) -> Iterator[Image.Image]:
    spent = 0
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        spent += frame.width * frame.height
        if number >= MOST_FRAMES or spent > most_pixels:
            raise RefusedUpload(Reason.FRAMES)
        yield frame


def _in_web_colours(image: Image.Image) -> Image.Image:
    """The image converted to sRGB where it brought a profile of its own; an unreadable profile is dropped."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = "RGB" if image.mode in {"CMYK", "L"} else image.mode
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=target)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted if converted is not None else image


def _bare(image: Image.Image, *, keep: tuple[str, ...]) -> Image.Image:
    """A copy that carries pixels and nothing that was written beside them."""
    copy = image.copy()
    copy.info = {name: value for name, value in copy.info.items() if name in keep}
    return copy


def _encoded(image: Image.Image, encoding: str, **options: Any) -> bytes:
    settings: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 90, "optimize": True, "progressive": True},
        "PNG": {"compress_level": 6},
        "GIF": {"optimize": True},
        "WEBP": {"quality": 86, "method": 3},
        "AVIF": {"quality": 80, "speed": 8},
    }
    buffer = io.BytesIO()
    image.save(buffer, encoding, **settings[encoding], **options)
    return buffer.getvalue()


def _smaller(image: Image.Image, edge: int) -> bytes:
    """The image with its longer side at most `edge`, as WebP."""
    small = image.convert("RGBA" if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info else "RGB")
    small.thumbnail((edge, edge))
    return _encoded(_bare(small, keep=()), "WEBP")


def _refuse_polyglot(file: BinaryIO, kind: Kind) -> None:
    """Refuse an image that is a script, a page or an archive as well."""
    file.seek(0)
    head = file.read(kinds.HEAD)
    if kind is kinds.GIF and (head[6:8] in {b"/*", b"//", b"= ", b"=1"} or head[6:7] == b"="):
        raise RefusedUpload(Reason.POLYGLOT)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    tail = file.read()
    if b"PK\x05\x06" in tail and _contains(file, b"PK\x03\x04"):
        raise RefusedUpload(Reason.POLYGLOT)
    rest = tail[_end_of_image(tail, kind) :]
    if kinds.contains_markup(rest) or b"%PDF-" in rest or b"%PDF-" in head[:1024]:
        raise RefusedUpload(Reason.POLYGLOT)


def _end_of_image(tail: bytes, kind: Kind) -> int:
    """Where the image ends within the last bytes of its file, as far as its format has an end mark."""
    if kind is kinds.PNG:
        mark = tail.find(b"IEND\xaeB`\x82")
        return mark + 8 if mark >= 0 else 0
    if kind is kinds.JPEG:
        # The first end mark may belong to a picture within the metadata; markup behind it is refused all the same
        # only where no further image data follows.
        mark = tail.rfind(b"\xff\xd9")
        return mark + 2 if mark >= 0 else 0
    if kind is kinds.GIF:
        mark = tail.rfind(b"\x00\x3b")
        return mark + 2 if mark >= 0 else 0
    return len(tail) if kind is kinds.AVIF else _end_of_riff(tail)


def _end_of_riff(tail: bytes) -> int:
    """A RIFF file says its length at its start; what fits into the tail is the whole file, or nothing is known."""
    if not tail.startswith(b"RIFF"):
        return len(tail)
    return min(int.from_bytes(tail[4:8], "little") + 8, len(tail))


def _contains(file: BinaryIO, needle: bytes) -> bool:
    file.seek(0)
    before = b""
    while chunk := file.read(1 << 20):
        if needle in before + chunk:
            return True
        before = chunk[-len(needle) :]
    return False
