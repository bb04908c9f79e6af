"""Make the type of certificates anew: `python -m ip_registry.evidence.data.make_font /usr/share/fonts`.

It is made of what Debian's packages fonts-noto-cjk and fonts-noto-core lay there (SIL Open Font License 1.1).
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).resolve().parent
SIMPLIFIED = 2  # the face of the collection whose shapes follow the mainland's standard
SIMPLIFIED_MONO = 7
ASCII = range(0x20, 0x7F)
SCRIPTS = (
    range(0xA0, 0x180),  # Latin of western and central Europe
    range(0x1CD, 0x1DD),  # pinyin
    range(0x1E00, 0x1F00),  # Vietnamese
    range(0x370, 0x460),  # Greek and Cyrillic
    range(0x2010, 0x2028),  # punctuation, without signs that are not seen
    range(0x2030, 0x205F),
    range(0x2070, 0x2300),  # raised and lowered, currencies, letters of formulas, arrows, operators
    range(0x2460, 0x2600),  # numbers in circles, geometry
    range(0x3000, 0x3100),  # punctuation of Chinese, kana
    range(0xFF01, 0xFFEF),  # full width
)
DROPPED = ("BASE", "DSIG", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx")
NAMED = [0, 1, 2, 4, 5, 6, 13, 14]


def main(fonts: Path) -> None:
    """The serif for words, another for words in letters that it lacks, and the mono for hashes."""
    cjk = fonts / "opentype" / "noto"
    write(_face(cjk / "NotoSerifCJK-Regular.ttc", SIMPLIFIED), words(), name="serif.otf", called="")
    write(_face(cjk / "NotoSansCJK-Regular.ttc", SIMPLIFIED_MONO), set(ASCII), name="mono.otf", called=" Mono")
    latin = TTFont(fonts / "truetype" / "noto" / "NotoSerif-Regular.ttf", recalcTimestamp=False)
    write(latin, letters(), name="latin.ttf", called=" Latin")


def letters() -> set[int]:
    """What is not Chinese: all of it, so that a word with one rare letter is set in one type."""
    return {*ASCII, *(sign for script in SCRIPTS for sign in script)}


def words() -> set[int]:
    """What a title or a name may be written with: GB 2312, 通用规范汉字表, the common characters of Big5 and JIS."""
    signs = letters()
    signs |= _rows("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
    signs |= _rows("big5", range(0xA4, 0xC7), range(0x40, 0xFF))
    signs |= _rows("shift_jis", range(0x88, 0x99), range(0x40, 0xFD))
    return signs | {ord(sign) for sign in (HERE / "tonggui.txt").read_text(encoding="utf-8") if sign > " "}


def _rows(encoding: str, firsts: range, seconds: range) -> set[int]:
    """What pairs of bytes stand for in an old national standard."""
    pairs = (bytes([first, second]).decode(encoding, "ignore") for first in firsts for second in seconds)
    return {ord(sign) for sign in pairs if len(sign) == 1 and sign > "\x7f"}


def _face(collection: Path, face: int) -> TTFont:
    font = TTCollection(collection, lazy=True).fonts[face]
    font.recalcTimestamp = False  # the same input gives the same bytes
    return font


def write(font: TTFont, signs: set[int], *, name: str, called: str) -> None:
    """A font with nothing but the outlines of these signs, under a name of its own."""
    options = Options(
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        name_IDs=NAMED,
        drop_tables=[*Options._drop_tables_default, *DROPPED],  # noqa: SLF001 - what is dropped by default has no other name
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=signs)
    subsetter.subset(font)
    for identifier in (1, 4):
        font["name"].setName(f"Guildhall Certificate{called}", identifier, 3, 1, 0x409)
    font["name"].setName(f"GuildhallCertificate{called.strip()}", 6, 3, 1, 0x409)
    font.save(HERE / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
