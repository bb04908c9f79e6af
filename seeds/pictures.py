"""Avatars for some of the town's people: quarter circles and bars on a square, drawn from the handle alone."""

import hashlib
from io import BytesIO

from PIL import Image, ImageDraw

from accounts.blobs import blob_store

SIZE = 256
TILES = 3
SCALE = 4  # drawn larger and made smaller, so that the edges are smooth
PALETTES = (
    ("#16324f", "#e8b04a", "#f4efe6"),
    ("#5b2a3c", "#d98f6c", "#f6ece4"),
    ("#1f4d3f", "#c7d36f", "#f1f3e8"),
    ("#3a3557", "#e07a5f", "#f2eef6"),
    ("#7a4a1d", "#8fb8bf", "#f5f0e6"),
    ("#20525c", "#f2c14e", "#edf3f2"),
)


def avatar_of(handle: str) -> str:
    """Draw the avatar of `handle`, put it into the store, and return its hash."""
    digest: str = blob_store().put(BytesIO(draw(handle)))
    return digest


def draw(handle: str) -> bytes:
    """A WebP image; the same handle gets the same image."""
    seed = hashlib.sha256(handle.encode()).digest()
    dark, accent, ground = PALETTES[seed[0] % len(PALETTES)]
    edge = SIZE * SCALE // TILES
    image = Image.new("RGB", (edge * TILES, edge * TILES), ground)
    pen = ImageDraw.Draw(image)
    for place in range(TILES * TILES):
        choice = seed[place + 1]
        left, top = place % TILES * edge, place // TILES * edge
        colour = (dark, accent, dark, ground)[choice % 4]
        turn = choice // 4 % 4
        if choice // 16 % 3 == 0:
            pen.rectangle((left, top, left + edge - 1, top + edge - 1), fill=(accent, dark)[choice % 2])
            pen.ellipse((left + edge // 4, top + edge // 4, left + edge * 3 // 4, top + edge * 3 // 4), fill=ground)
        else:
            x, y = left - edge * (turn in (1, 2)), top - edge * (turn in (2, 3))
            pen.pieslice((x, y, x + 2 * edge, y + 2 * edge), 180 + 90 * turn, 270 + 90 * turn, fill=colour)
    packed = BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(packed, "WEBP", quality=88, method=4)
    return packed.getvalue()
