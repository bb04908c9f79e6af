"""The certificate: one sheet for people that says what is proven, by whom, and what is not; its proof is attached."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ip_registry.evidence.drawing import (
    AMBER,
    BOTTOM,
    INK,
    JADE,
    LABEL,
    LEFT,
    MODULE,
    MONO,
    MUTED,
    RIGHT,
    SEAL,
    SERIF,
    UNDATED,
    WIDTH,
    Colour,
    Sheet,
    draw_head,
    draw_qr,
    draw_row,
    glyphs,
    qr_rows,
)
from ip_registry.evidence.typesetting import shown
from kernel.words import gettext as _

ANY = range(sys.maxunicode + 1)
ATTACHED = "entry.tlog-proof"


@dataclass(frozen=True)
class Author:
    """A named author; unconfirmed until they consented themselves."""

    name: str
    handle: str | None = None
    share: str | None = None
    is_confirmed: bool = False


@dataclass(frozen=True)
class Outsider:
    """Who outside saw the log in a state that holds the entry, and when."""

    name: str
    at: datetime
    is_witness: bool = False
    is_demo: bool = False
    is_contested: bool = False


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a certificate says. Without a title the record is sealed, and nothing is said of people either.

    `address` is the record's page, and `url` what the code leads to: it opens the record when it has a `#`. `remarks`
    are sentences about its life since.
    """

    number: str
    origin: str
    index: int
    size: int
    root: str
    leaf_hash: str
    commitment: str
    owner_key: str
    address: str
    url: str
    proof: str
    lang: str
    site: str
    title: str | None = None
    kind: str = ""
    holder: str = ""
    authors: Sequence[Author] = ()
    remarks: Sequence[str] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    outsiders: Sequence[Outsider] = ()


def certificate_pdf(facts: Certificate) -> bytes:
    """The certificate in the language that is spoken now; the same bytes for the same facts."""
    footer = _("Certificate of registration %(number)s · %(site)s", number=facts.number, site=facts.site)
    sheet = Sheet(footer=footer, lang=facts.lang, dated=facts.not_after)
    sheet.set_title(_("Certificate of registration %(number)s", number=facts.number))
    _head(sheet, facts)
    _people(sheet, facts)
    _time(sheet, facts)
    _entry(sheet, facts)
    _foot(sheet, facts)
    sheet.embed_file(
        bytes=facts.proof.encode(),
        basename=ATTACHED,
        mime_type="text/plain",
        modification_date=facts.not_after or UNDATED,
        creation_date=facts.not_after or UNDATED,
    )
    return sheet.finished()


def moment(at: datetime) -> str:
    """An instant as every reader everywhere reads it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _head(sheet: Sheet, facts: Certificate) -> None:
    draw_head(sheet, facts.origin, _("Certificate of registration"), _("No. %(number)s", number=facts.number))
    if facts.title is None:
        sheet.paragraph(_("Sealed"), size=19, leading=1.35)
        sheet.at += 1
        sheet.paragraph(
            _("The content of this record is known to its holder only. The log shows that it exists, and since when."),
            size=9.5,
            colour=MUTED,
        )
    else:
        sheet.paragraph(facts.title, size=19, leading=1.35)
        sheet.at += 1
        sheet.paragraph(facts.kind, size=10, colour=MUTED)
    for remark in facts.remarks:
        sheet.paragraph(remark, size=9.5, colour=AMBER)
    sheet.rule(above=3, below=3)


def _people(sheet: Sheet, facts: Certificate) -> None:
    if facts.holder:
        draw_row(sheet, _("Holder"), facts.holder)
    for place, author in enumerate(facts.authors):
        _author(sheet, author, label=_("Authors, as sealed") if place == 0 else "")
    draw_row(sheet, _("Key that sealed it"), facts.owner_key, font=MONO)
    sheet.rule(above=2, below=3)


def _author(sheet: Sheet, author: Author, *, label: str) -> None:
    facts = [author.name, f"@{author.handle}" if author.handle else "", author.share or ""]
    said = " · ".join(filter(None, facts))
    if author.is_confirmed:
        draw_row(sheet, label, said)
    else:
        draw_row(sheet, label, _("%(author)s (not confirmed by this person)", author=said), colour=AMBER)


def _time(sheet: Sheet, facts: Certificate) -> None:
    sheet.need(30)
    top = sheet.at
    _moment(sheet, LEFT, top, _("Not signed before"), facts.not_before, _("no lower bound is proven"))
    _moment(
        sheet, LEFT + WIDTH / 2, top, _("Existed no later than"), facts.not_after, _("waiting for an outside witness")
    )
    sheet.at = top + 13.5
    for outsider in facts.outsiders:
        _outsider(sheet, outsider)
    sheet.rule(above=2, below=3)


def _moment(sheet: Sheet, x: float, y: float, label: str, at: datetime | None, without: str) -> None:
    sheet.write_at(x, y, label, size=LABEL, colour=MUTED)
    if at is None:
        sheet.write_at(x, y + 5.2, without, size=12, colour=MUTED)
    else:
        sheet.write_at(x, y + 5, moment(at), size=14, colour=JADE)


def _outsider(sheet: Sheet, outsider: Outsider) -> None:
    if outsider.is_witness:
        said = _("%(name)s, witness", name=outsider.name)
    elif outsider.is_demo:
        said = _(
            "%(name)s. Run by this site for trying things out: it proves nothing to others",
            name=outsider.name,
        )
    else:
        said = _("%(name)s, time authority", name=outsider.name)
    if outsider.is_contested:
        said = _("%(said)s. Contested: other outsiders state another time", said=said)
    colour = AMBER if outsider.is_demo or outsider.is_contested else INK
    draw_row(sheet, moment(outsider.at), said, colour=colour, size=9)


def _entry(sheet: Sheet, facts: Certificate) -> None:
    draw_row(sheet, _("Entry"), _("index %(index)s in the log of %(size)s entries", index=facts.index, size=facts.size))
    draw_row(sheet, _("Leaf hash"), facts.leaf_hash, font=MONO)
    draw_row(sheet, _("Commitment"), facts.commitment, font=MONO)
    draw_row(sheet, _("Root of the log"), facts.root, font=MONO)
    sheet.rule(above=2, below=4)


def _foot(sheet: Sheet, facts: Certificate) -> None:
    """The code and the notes, at the foot of the last sheet."""
    code = qr_rows(facts.url)
    side = max(30.0, len(code) * MODULE)
    beside, notes = LEFT + side + 8, list(_notes(facts))
    width = RIGHT - beside
    height = max(side, sum(sheet.height_of(text, size=size, width=width) + gap for text, size, _c, gap in notes))
    sheet.need(height)
    sheet.at = top = max(sheet.at, BOTTOM - height)
    draw_qr(sheet, code, LEFT, top, side)
    for text, size, colour, gap in notes:
        sheet.paragraph(text, size=size, colour=colour, x=beside, width=width)
        sheet.at += gap


def _notes(facts: Certificate) -> Iterator[tuple[str, float, Colour, float]]:
    """What stands beside the code: text, size, colour, and the gap below."""
    yield _("Check it yourself"), 9, INK, 0
    yield (
        _(
            "%(address)s shows the record as it is now. The proof is attached to this file as %(name)s; the evidence "
            "bundle has everything to check it without this site: with a browser, with OpenSSL, or with any tool that "
            "reads C2SP tlog-proofs.",
            address=facts.address,
            name=ATTACHED,
        ),
        8,
        MUTED,
        1.6,
    )
    if "#" in facts.url:
        yield _("This code opens the record"), 9, SEAL, 0
        yield (
            _(
                "Whoever has this page can read what was sealed. To pass a certificate on, take the one without the "
                "key: its address ends in ?key=no."
            ),
            8,
            SEAL,
            1.6,
        )
    if any(shown(text, glyphs(SERIF)) != shown(text, ANY) for text in _words_of(facts)):
        yield _("Characters that this type does not have stand here by their Unicode numbers."), 8, MUTED, 1.6
    yield _("What this does not prove"), 9, INK, 0
    yield (
        _(
            "That the holder invented the work, that it is new, or that anybody has a patent or another right in it. "
            "Publishing a work may destroy its novelty."
        ),
        8,
        MUTED,
        0,
    )


def _words_of(facts: Certificate) -> Iterator[str]:
    """What people wrote."""
    yield from (facts.title or "", facts.holder)
    for author in facts.authors:
        yield f"{author.name}{author.share or ''}"
