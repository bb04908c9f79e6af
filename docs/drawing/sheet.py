"""All pictures on one page."""

from html import escape

from docs.drawing.pages import PAGES
from docs.drawing.windows import LANGUAGES, OUT, SIZES, THEMES


def write_contact_sheet() -> None:
    """One page with all pictures side by side."""
    rows = []
    for name in PAGES:
        files = [
            f"{name}-{language}-{theme}-{size}.png" for size in SIZES for language in LANGUAGES for theme in THEMES
        ]
        cells = "".join(
            f'<a href="{escape(file)}"><img loading="lazy" src="{escape(file)}" alt="{escape(file[:-4])}"></a>'
            for file in files
            if (OUT / file).exists()
        )
        rows.append(f"<h2>{escape(name)}</h2>\n<p>{cells}</p>")
    style = "body{font:16px system-ui;margin:2rem;background:#888}img{height:24rem;margin:.25rem}"
    (OUT / "contact.html").write_text(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Guildhall: every page</title>\n"
        f"<style>{style}</style>\n" + "\n".join(rows) + "\n</html>\n",
        encoding="utf-8",
    )
