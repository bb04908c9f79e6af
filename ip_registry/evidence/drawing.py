"""What a certificate is drawn with: ink on an A4 sheet, one red seal, and a QR code, all of it lines and type."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from math import cos, pi, sin

import segno
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import TTFFont

from ip_registry.evidence.typesetting import broken, shown

Colour = tuple[int, int, int]

INK: Colour = (28, 26, 23)
MUTED: Colour = (106, 101, 92)
LINE: Colour = (205, 199, 186)
SEAL: Colour = (169, 50, 38)
JADE: Colour = (44, 110, 91)
AMBER: Colour = (138, 90, 0)
PAPER: Colour = (255, 255, 255)

SERIF, MONO, LATIN = "serif", "mono", "latin"
FILES = {SERIF: "serif.otf", MONO: "mono.otf", LATIN: "latin.ttf"}
INSTEAD = {SERIF: LATIN}  # what sets a word that a type has no letters for
WORD = re.compile(r"[^\s\u2e80-\uffef\U00020000-\U0003ffff]+")
LEFT, RIGHT, TOP, BOTTOM = 24.0, 186.0, 22.0, 273.0
WIDTH = RIGHT - LEFT
POINT = 25.4 / 72
UNDATED = datetime(1980, 1, 1, tzinfo=UTC)
STAMP = "会馆登记"
LABELS = 40.0  # the width of their column
LABEL = 8.5
SIZES = {SERIF: 10.0, MONO: 7.8}
LEADING = 1.55
MODULE = 0.36  # of a QR code: the finest that a telephone reads from paper


class Sheet(FPDF):
    """A4 sheets that are filled from the top down; `at` is where the next line begins."""

    def __init__(self, *, footer: str, lang: str, dated: datetime | None) -> None:
        super().__init__(format="A4")
        self.set_creation_date(dated or UNDATED)
        self.set_lang(lang)
        self.set_creator("Guildhall")
        self.set_auto_page_break(auto=False)
        self._foot = footer
        self.at = TOP
        self.new_page()

    def new_page(self) -> None:
        """The next sheet, with its frame."""
        self.add_page()
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        self.rect(12, 12, 186, 273)
        self.set_line_width(0.6)
        self.rect(13.2, 13.2, 183.6, 270.6)
        self.write_at(LEFT, 277.5, self._foot, size=7, colour=MUTED)
        number = str(self.page_no())
        self.write_at(RIGHT, 277.5, number, size=7, colour=MUTED, is_right=True)
        self.at = TOP

    def need(self, height: float) -> None:
        """Go on to the next sheet if this one has less room left."""
        if self.at + height > BOTTOM:
            self.new_page()

    def write_at(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: Colour = INK,
        font: str = SERIF,
        is_right: bool = False,
    ) -> None:
        """One line at a place; `y` is its top."""
        text = shown(text, glyphs(font))
        self.set_text_color(*colour)
        if is_right:
            x -= self.width_of(text, font=font, size=size)
        for name, part in runs(text, font):
            self._use(name, size)
            self.text(x, y + size * POINT * 0.88, part)
            x += self.get_string_width(part)

    def width_of(self, text: str, *, font: str, size: float) -> float:
        """How wide a line is."""
        width = 0.0
        for name, part in runs(text, font):
            self._use(name, size)
            width += self.get_string_width(part)
        return width

    def lines_of(self, text: str, *, font: str, size: float, width: float) -> list[str]:
        """The lines of a paragraph."""
        return broken(shown(text, glyphs(font)), width, partial(self.width_of, font=font, size=size))

    def paragraph(
        self,
        text: str,
        *,
        size: float,
        colour: Colour = INK,
        font: str = SERIF,
        x: float = LEFT,
        width: float = WIDTH,
        leading: float = 1.5,
    ) -> None:
        """A paragraph, broken into lines, from here down; it may go on on the next sheet."""
        height = size * POINT * leading
        for line in self.lines_of(text, font=font, size=size, width=width):
            self.need(height)
            self.write_at(x, self.at + (height - size * POINT) / 2, line, size=size, colour=colour, font=font)
            self.at += height

    def height_of(self, text: str, *, size: float, width: float, leading: float = 1.5) -> float:
        """How much room such a paragraph takes."""
        return len(self.lines_of(text, font=SERIF, size=size, width=width)) * size * POINT * leading

    def rule(self, *, above: float = 3.0, below: float = 3.0) -> None:
        """A hairline across."""
        self.at += above
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        self.line(LEFT, self.at, RIGHT, self.at)
        self.at += below

    def _use(self, font: str, size: float) -> None:
        if font not in self.fonts:
            self.add_font(font, "", str(_file(font)))
        self.set_font(font, size=size)

    def finished(self) -> bytes:
        """The file; the sheet can be used no more."""
        made = bytes(self.output())
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()
        return made


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """The parts of a line by the type that sets them: a word with a letter that one lacks is set in the other."""
    other = INSTEAD.get(font)
    has = _glyphs(font)
    start = 0
    for word in WORD.finditer(text) if other else ():
        if not all(ord(sign) in has for sign in word[0]):
            if start < word.start():
                yield font, text[start : word.start()]
            yield str(other), word[0]
            start = word.end()
    if start < len(text):
        yield font, text[start:]


@cache
def glyphs(font: str) -> frozenset[int]:
    """The characters that can be set in a type, alone or with the one that helps it."""
    return _glyphs(font) | (_glyphs(INSTEAD[font]) if font in INSTEAD else frozenset())


@cache
def _glyphs(font: str) -> frozenset[int]:
    return frozenset(TTFont(BytesIO(_file(font).read_bytes()), lazy=True).getBestCmap())


def _file(font: str) -> Traversable:
    return files("ip_registry.evidence.data").joinpath(FILES[font])


def draw_head(sheet: Sheet, origin: str, heading: str, number: str) -> None:
    """The head of a first sheet: whose it is, what it is, its number, and the seal."""
    sheet.write_at(LEFT, sheet.at, "会馆 Guildhall", size=10.5, colour=MUTED)
    sheet.write_at(RIGHT, sheet.at + 0.3, origin, size=LABEL, colour=MUTED, is_right=True)
    sheet.at += 5.5
    sheet.rule(above=1.5, below=8)
    draw_seal(sheet, RIGHT - 29, sheet.at)
    sheet.write_at(LEFT, sheet.at, heading, size=25)
    sheet.write_at(LEFT, sheet.at + 15, number, size=13, colour=MUTED)
    sheet.at += 34


def draw_row(
    sheet: Sheet, label: str, value: str, *, font: str = SERIF, colour: Colour = INK, size: float | None = None
) -> None:
    """A label, and beside it what it is about; their first lines stand level."""
    size = size or SIZES[font]
    height = size * POINT * LEADING
    sheet.need(height)
    sheet.write_at(LEFT, sheet.at + (height - LABEL * POINT) / 2, label, size=LABEL, colour=MUTED)
    sheet.paragraph(value, size=size, colour=colour, font=font, x=LEFT + LABELS, width=WIDTH - LABELS, leading=LEADING)


def draw_seal(sheet: Sheet, x: float, y: float, *, side: float = 27.0) -> None:
    """The seal, as if cut in stone: two columns that are read from the right."""
    with sheet.rotation(1.6, x + side / 2, y + side / 2):
        sheet.set_fill_color(*SEAL)
        sheet.polygon(_stone(x, y, side), style="F")
        sheet.set_draw_color(*PAPER)
        sheet.set_line_width(side * 0.018)
        inset = side * 0.075
        sheet.rect(
            x + inset, y + inset, side - 2 * inset, side - 2 * inset, round_corners=True, corner_radius=side * 0.05
        )
        size = side * 0.375 / POINT
        for place, sign in enumerate(STAMP):
            left = x + side * (0.515 if place < len(STAMP) / 2 else 0.11)
            sheet.write_at(left, y + side * (0.1 + 0.395 * (place % 2)), sign, size=size, colour=PAPER)


def _stone(x: float, y: float, side: float) -> Sequence[tuple[float, float]]:
    """The outline of a stone that was cut by hand: a rounded square whose edges are never quite straight."""
    points = []
    count = 72
    for step in range(count):
        turn = 2 * pi * step / count
        # a superellipse, and three waves that do not repeat around it
        across, down = (abs(cos(turn)) ** 0.13, abs(sin(turn)) ** 0.13)
        rough = 1 + 0.006 * sin(5 * turn + 1) + 0.004 * sin(11 * turn) + 0.003 * sin(23 * turn + 2)
        points.append(
            (
                x + side / 2 * (1 + across * rough * (1 if cos(turn) >= 0 else -1)),
                y + side / 2 * (1 + down * rough * (1 if sin(turn) >= 0 else -1)),
            )
        )
    return points


def qr_rows(content: str) -> list[bytes]:
    """The modules of a QR code, row by row."""
    return [bytes(row) for row in segno.make(content, micro=False, boost_error=False, error="l").matrix]


def draw_qr(sheet: Sheet, rows: Sequence[bytes], x: float, y: float, side: float) -> None:
    """A QR code, each row in as few bars as it takes."""
    module = side / len(rows)
    sheet.set_fill_color(*INK)
    for down, row in enumerate(rows):
        for start, end in _runs(row):
            sheet.rect(x + start * module, y + down * module, (end - start) * module, module, style="F")


def _runs(row: bytes) -> Sequence[tuple[int, int]]:
    """From where to where the dark modules of a row stand side by side."""
    edges = [at for at in range(len(row) + 1) if (row[at : at + 1] == b"\1") != (at > 0 and row[at - 1] == 1)]
    return list(zip(edges[::2], edges[1::2], strict=True))
