"""Static files: one style sheet made of many; addresses change with the content, so that caches may keep them."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from kernel.policy import Door
from kernel.rooms import ENDPOINT_RIGHTS
from kernel.web import CSP, Guildhall

ROOT = Path(__file__).resolve().parent.parent / "static"
SITE_CSS = "site.css"
FOREVER = "public, max-age=31536000, immutable"
WITH_WASM = frozenset({"js/registry/hashing_worker.js"})  # a worker obeys the policy that its own file came with
COMPRESSIBLE = {"text/css", "text/javascript", "image/svg+xml", "application/json"}

assets = Blueprint("assets", __name__)
ENDPOINT_RIGHTS["assets.static"] = Door.ANYONE
ENDPOINT_RIGHTS["assets.service_worker"] = Door.ANYONE

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


def site_css() -> bytes:
    """All style sheets in the order of `css/order.txt`, as one."""
    names = (ROOT / "css" / "order.txt").read_text().split()
    return b"\n".join((ROOT / "css" / name).read_bytes() for name in names)


@lru_cache(maxsize=512)
def _content(path: str, _stamp: float) -> tuple[bytes, bytes, str, str]:
    """Bytes, gzipped bytes (empty if not worth it), media type and short hash of a static file."""
    if path == SITE_CSS:
        plain, media_type = site_css(), "text/css"
    else:
        full = safe_join(str(ROOT), path)
        try:
            plain = Path(full or "").read_bytes()
        except (OSError, ValueError):  # no file, a directory, or a name that no file can have
            raise NotFound from None
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    packed = gzip.compress(plain, 9, mtime=0) if media_type in COMPRESSIBLE else b""
    return plain, packed, media_type, hashlib.sha256(plain).hexdigest()[:10]


def _stamp(path: str) -> float:
    """When the file last changed, so that development sees its edits; one stat call."""
    try:
        if path == SITE_CSS:
            return max(entry.stat().st_mtime for entry in (ROOT / "css").iterdir())
        return (ROOT / path).stat().st_mtime
    except (OSError, ValueError):
        return 0.0


@lru_cache(maxsize=512)
def asset(path: str) -> str:
    """The address of a static file, with the hash of its content."""
    return f"/static/{path}?v={_content(path, _stamp(path))[3]}"


@assets.get("/static/<path:path>", endpoint="static")
def static_file(path: str) -> ResponseReturnValue:
    """A static file, compressed where that helps; kept forever when asked for by its hash."""
    plain, packed, media_type, digest = _content(path, _stamp(path))
    use_gzip = bool(packed) and "gzip" in request.headers.get("Accept-Encoding", "")
    response: Response = make_response(packed if use_gzip else plain)
    response.content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    response.headers["Vary"] = "Accept-Encoding"
    if use_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = FOREVER if request.args.get("v") == digest else "public, max-age=300"
    if path in WITH_WASM:
        response.headers["Content-Security-Policy"] = CSP.replace("script-src", "script-src 'wasm-unsafe-eval'")
    response.set_etag(f"{digest}{'-gz' if use_gzip else ''}")
    return response.make_conditional(request)


@assets.get("/sw.js")
def service_worker() -> ResponseReturnValue:
    """The service worker, at the root so that it serves every page; browsers ask each time whether it has changed."""
    path = "js/sw.js"
    plain, _packed, media_type, digest = _content(path, _stamp(path))
    response: Response = make_response(plain)
    response.content_type = f"{media_type}; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(digest)
    return response.make_conditional(request)


def install_assets(app: Guildhall) -> None:
    """Serve the static folder and give templates `asset()`."""
    app.register_blueprint(assets)
    app.jinja_env.globals["asset"] = asset
