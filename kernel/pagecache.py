"""Ready-made pages for strangers, and ready-made pieces for everybody.

A page that nobody is signed in to see depends only on what it shows: it is kept under the version of that and given
out again as long as the version holds, and at most a minute, since the names of people change elsewhere.
A version is read from the database at every request, so what was deleted or made private is gone at once.
"""

import gzip
import hashlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from flask import Response, current_app, make_response, request, session
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from kernel.shelf import Shelf
from kernel.web import current_viewer

PAGES_BYTES = 8 * 1024 * 1024
PIECES_BYTES = 12 * 1024 * 1024
MEMBER_PAGES_BYTES = 4 * 1024 * 1024
KEPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Page:
    version: int
    made: float
    plain: bytes
    packed: bytes
    etag: str


_pages = Shelf(PAGES_BYTES)
_pieces = Shelf(PIECES_BYTES)
_member_pages = Shelf(MEMBER_PAGES_BYTES)


def page_for_strangers(key: tuple[Hashable, ...], *, version: int, render: Callable[[], str]) -> Response:
    """The page, ready-made if its version still holds. Whoever is signed in, or has a session, gets a fresh one."""
    viewer = current_viewer()
    if viewer.signed_in or request.cookies.get(_session_cookie()):
        return make_response(render())
    full_key = (*key, viewer.locale, viewer.timezone, viewer.theme)
    page = _pages.get(full_key)
    if not isinstance(page, _Page) or page.version != version or time.monotonic() - page.made > KEPT_SECONDS:
        plain = render().encode()
        etag = hashlib.blake2b(plain, digest_size=12).hexdigest()
        page = _Page(version, time.monotonic(), plain, gzip.compress(plain, 6, mtime=0), etag)
        _pages.put(full_key, page, len(page.plain) + len(page.packed))
    wants_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = make_response(page.packed if wants_gzip else page.plain)
    if wants_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Cookie, Accept-Language, Accept-Encoding"
    response.set_etag(page.etag + ("-gz" if wants_gzip else ""))
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def page_for_member(key: Hashable, render: Callable[[], str]) -> str:
    """The page of somebody who comes back to it: ready-made while neither it nor anything about them has changed.

    `key` holds all that the page shows beside the viewer. Notes of a deed just done are shown once, so a page
    with any is always fresh.
    """
    if session.get("_flashes"):
        return render()
    full_key = (key, current_viewer())
    page = _member_pages.get(full_key)
    if not isinstance(page, str):
        page = render()
        _member_pages.put(full_key, page, len(page) * 2)
    return page


def piece(key: Hashable, render: Callable[[], str]) -> Markup:
    """A rendered piece that depends on nothing but `key`."""
    found = _pieces.get(key)
    if not isinstance(found, Markup):
        found = Markup(render())  # noqa: S704 - rendered by a template that escapes
        _pieces.put(key, found, len(found) * 2)
    return found


def _session_cookie() -> str:
    name: str = current_app.config["SESSION_COOKIE_NAME"]
    return name


class Kept(Extension):
    """`{% kept key, … %}…{% endkept %}`: a part of a template that depends on nothing but the keys.

    Language and zone of the viewer are always part of the key.
    """

    tags = {"kept"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """The block as a call of `_kept` with its place, its keys and its body."""
        line = next(parser.stream).lineno
        keys: list[nodes.Expr] = []
        while parser.stream.current.type != "block_end":
            keys.append(parser.parse_expression())
            parser.stream.skip_if("comma")
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        place = nodes.Const(f"{parser.name}:{line}")
        call = self.call_method("_kept", [place, nodes.List(keys)])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _kept(self, place: str, keys: list[Hashable], caller: Callable[[], str]) -> Markup:
        viewer = current_viewer()
        return piece((place, viewer.locale, viewer.timezone, *keys), caller)
