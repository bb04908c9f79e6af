"""The certificate of an erasure: what was deleted, when, and what stays in the log and why it says nothing any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ip_registry.evidence.certificate import moment
from ip_registry.evidence.drawing import LEFT, MONO, MUTED, WIDTH, Sheet, draw_head, draw_row
from kernel.words import gettext as _


@dataclass(frozen=True, kw_only=True)
class ErasureFacts:
    """What the certificate says. `leaves` are all entries of the record, which nobody can take out of the log."""

    number: str
    origin: str
    commitment: str
    leaves: Sequence[str]
    erased_at: datetime
    remaining: str
    lang: str
    site: str


def erasure_pdf(facts: ErasureFacts) -> bytes:
    """The certificate in the language that is spoken now."""
    title = _("Certificate of erasure %(number)s", number=facts.number)
    sheet = Sheet(footer=f"{title} · {facts.site}", lang=facts.lang, dated=facts.erased_at)
    sheet.set_title(title)
    draw_head(sheet, facts.origin, _("Certificate of erasure"), _("No. %(number)s", number=facts.number))
    sheet.paragraph(
        _(
            "At the wish of its holder, %(site)s deleted everything that says what this record is: its opening and "
            "salt, the names of its authors with their salts, the list of its files, the details of its events, its "
            "title and kind, and any key that was kept for it.",
            site=facts.site,
        ),
        size=11,
        leading=1.6,
    )
    sheet.rule(above=4, below=3)
    draw_row(sheet, _("Erased at"), _("%(moment)s, by the clock of this site", moment=moment(facts.erased_at)))
    draw_row(sheet, _("Commitment"), facts.commitment, font=MONO)
    draw_row(sheet, _("SHA-256 of what is kept"), facts.remaining, font=MONO)
    for place, leaf in enumerate(facts.leaves):
        draw_row(sheet, _("Stays in the log") if place == 0 else "", leaf, font=MONO)
    sheet.rule(above=2, below=4)
    for text in (
        _(
            "Entries of the log cannot be removed, because all proofs of others rest on them. They hold hashes, keys "
            "and signatures only. Without the salts that were deleted, a commitment fits any content as well as any "
            "other."
        ),
        _(
            "Copies that others hold already, and what its holder took home, are not in the power of this site. Its "
            "backups still have what they had; its operator says how long they are kept."
        ),
    ):
        sheet.paragraph(text, size=9, colour=MUTED, x=LEFT, width=WIDTH)
        sheet.at += 2
    return sheet.finished()
