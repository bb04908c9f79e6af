"""What differs at every answer, put into a page at the last moment, so that all around it may be kept ready-made.

Templates print a mark where the form token, the address of the page or a fresh key belongs; `fill` replaces the
marks in the finished page. A mark is random per process and never leaves it, so no text can contain one.
"""

import secrets

from flask import Response, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from kernel.ids import new_token

_PROCESS = secrets.token_hex(12)

FORM_TOKEN = Markup(f"form-token-{_PROCESS}")  # noqa: S704 - letters, digits and hyphens
HERE = Markup(f"here-{_PROCESS}")  # noqa: S704 - the same
ONCE = Markup(f"once-{_PROCESS}")  # noqa: S704 - the same

_ANY = _PROCESS.encode()


def fill(response: Response) -> None:
    """Put what the marks stand for into an HTML answer."""
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return
    body = response.get_data()
    if _ANY not in body:
        return
    here = str(escape(g.get("here") or request.full_path.rstrip("?")))
    body = body.replace(FORM_TOKEN.encode(), generate_csrf().encode()).replace(HERE.encode(), here.encode())
    response.set_data(body.replace(ONCE.encode(), new_token().encode()))
