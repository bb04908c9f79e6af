"""What makes a browser offer to install the site, and the page that it shows without a network."""

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from kernel.errors import NotFoundError
from kernel.i18n import LANG_TAGS, speaking
from kernel.policy import Door
from portal.room import room

LOCALE_OF = {tag: locale for locale, tag in LANG_TAGS.items()}
A_DAY = "public, max-age=86400"


@room.page("/manifest/<lang>.webmanifest", may=Door.ANYONE)
def manifest(lang: str) -> ResponseReturnValue:
    """Names, icons and shortcuts in one language (W3C Web App Manifest); browsers ask for it without cookies."""
    if lang not in LOCALE_OF:
        raise NotFoundError
    with speaking(LOCALE_OF[lang]):
        response = make_response(render_template("portal/manifest.json", lang=lang))
    response.content_type = "application/manifest+json"
    response.headers["Cache-Control"] = A_DAY
    return response


@room.page("/offline", may=Door.ANYONE)
def offline() -> ResponseReturnValue:
    """The threads that this browser keeps; it knows them, and the server does not."""
    return render_template("portal/offline.html")
