"""Draw every page type of the demo town, in both languages, light and dark, wide and narrow.

Run as `make screenshots`, or with the names of pages to draw only those: `python -m docs.screenshots thread`.
The fonts are those of Debian's `fonts-noto-core` and `fonts-noto-cjk`, and what the browser itself says is Chinese with
`chromium-l10n`. A push notice is drawn where there is Xvfb.
"""  # noqa: INP001

import sys
import tempfile
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from docs.drawing.mails import draw_mails, mailed_digests
from docs.drawing.pages import DIGEST, PAGES, PUSH
from docs.drawing.pushes import draw_pushes
from docs.drawing.sheet import write_contact_sheet
from docs.drawing.site import draw_pages
from docs.drawing.windows import LANGUAGES, OUT, launched
from tests.live import live_site


def main() -> None:
    """Bring up the demo town in a scratch folder, draw it, and say how much was drawn."""
    wanted = sys.argv[1:] or list(PAGES)
    unknown = sorted(set(wanted) - set(PAGES))
    if unknown:
        raise SystemExit(f"No such page: {', '.join(unknown)}. There are: {', '.join(PAGES)}.")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, live_site(Path(scratch), demo=True) as site:
        site.command("reindex")
        site.start(workers=1)
        mails: dict[str, str] = {}
        with sync_playwright() as playwright:
            for language in LANGUAGES:
                browser = playwright.chromium.launch(**launched(language))
                if DIGEST in wanted:
                    mails = mails or mailed_digests(browser, site)
                    draw_mails(browser, site, language, mails)
                draw_pages(browser, site, language, wanted)
                browser.close()
            if PUSH in wanted:
                draw_pushes(playwright, site)
    write_contact_sheet()
    drawn = list(OUT.glob("*.png"))
    click.echo(f"{len(drawn)} pictures, {sum(file.stat().st_size for file in drawn) / 1e6:.1f} MB, in {OUT}")


if __name__ == "__main__":
    main()
