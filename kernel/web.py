"""The Flask application class: one transaction a request, one way to refuse, the headers of every answer."""

import secrets
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Request,
    Response,
    current_app,
    g,
    has_request_context,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from kernel.db import SAFE_METHODS, session
from kernel.errors import GuildhallError, UnauthenticatedError
from kernel.faults import named
from kernel.marks import fill
from kernel.metrics import count_request
from kernel.routes import PageRule
from kernel.viewer import Viewer
from kernel.work import reading, undo, unit_of_work

log = structlog.get_logger("guildhall.request")

REDIRECTS = range(300, 400)
FIRST_REFUSAL = 400

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), serial=(), usb=()"
    ),
    "X-Frame-Options": "DENY",
}
HEADERS = tuple((name, name.lower(), value) for name, value in _HEADERS.items())  # of every answer that does not say it


FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


class _WithoutNul(ImmutableMultiDict[str, Any]):
    """The fields of a form without U+0000, which no database keeps and nobody types."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__([(key, _typed(value)) for key, value in iter_multi_items(mapping or ())])


def _typed(value: Any) -> Any:
    return value.replace("\x00", "") if isinstance(value, str) else value


class _Request(Request):
    def make_form_data_parser(self) -> FormDataParser:
        """The usual parser, with fields of our own."""
        parser = super().make_form_data_parser()
        parser.cls = _WithoutNul
        return parser


class _Cookies(SecureCookieSessionInterface):
    """Signed cookies without an age of their own: how long what they open stays open is said by rows in the database.

    Flask refuses a cookie from a moment that is ahead, and so would sign people out whenever a clock is set back, or
    one web machine's is a second behind another's.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds, if this site signed it."""
        value = request.cookies.get(self.get_cookie_name(app))
        serializer = self.get_signing_serializer(app) if value else None
        if serializer is None or not value:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(value))
        except BadSignature:
            return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As usual; where nobody looked at it, as in the API, nothing is to be done."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)


class Guildhall(Flask):
    """Flask, with the house rules built in."""

    session_interface = _Cookies()
    request_class = _Request
    url_rule_class = PageRule

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.notes: list[Callable[[], None]] = []

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none of ours is a coroutine, and Flask would ask each of them at every request."""
        return func

    def note_with_each_write(self, note: Callable[[], None]) -> None:
        """Let `note` write something small beside every deed, in its unit and after it."""
        self.notes.append(note)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Take in what is sent before the database is asked anything, and see who sends it without any lock.

        On SQLite a write holds the lock from its first query on: neither a slow sender nor a long check of what was
        sent must hold it for everybody.
        """
        if request.method in SAFE_METHODS:
            return super().preprocess_request()
        if request.mimetype in FORMS:
            request.form  # noqa: B018 - asking for it parses it
        else:
            request.get_data()
        with reading():
            return super().preprocess_request()

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view: a write inside one unit of work, a read without any. What is answered by a refusal is undone.

        A view that returns `Afterwards` has its answer made once its deed is safely committed.
        """
        if request.method in SAFE_METHODS:
            return super().dispatch_request()
        with unit_of_work():
            answer: Any = super().dispatch_request()
            if _is_refusal(answer):
                undo()
            for note in self.notes:
                note()
        if not isinstance(answer, Afterwards):
            return cast("ResponseReturnValue", answer)
        with reading():  # so that nobody else waits while the answer is made
            return answer.make()


class Afterwards(Response):
    """An answer that can only be made after the commit, such as a proof that what was written now stands somewhere."""

    def __init__(self, make: Callable[[], ResponseReturnValue]) -> None:
        super().__init__()
        self.make = make


class Kept(Response):
    """A refusal beside which something was kept on purpose, such as the draft of what could not be published."""


def _is_refusal(answer: Any) -> bool:
    """Whether a view says no, as by the page of a form with its errors."""
    if isinstance(answer, Kept):
        return False
    status = answer[1] if isinstance(answer, tuple) and len(answer) > 1 else getattr(answer, "status_code", 200)
    return isinstance(status, int) and status >= FIRST_REFUSAL


def current_viewer() -> Viewer:
    """The viewer of this request; outside of requests, an outsider."""
    if not has_request_context():
        return Viewer()
    if "viewer" not in g:
        g.viewer = current_user.viewer
    viewer: Viewer = g.viewer
    return viewer


def safe_next(target: str | None, *, default: str = "/") -> str:
    """`target` if it stays on this site, else `default`: no scheme, no host, no backslash or control character."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if "\\" in target or any(char <= " " for char in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def is_api() -> bool:
    """Whether the answer has to be JSON for a program."""
    return request.path.startswith("/api/")


def install(app: Guildhall) -> None:
    """Hook the house rules of every request into `app`."""
    app.before_request(_start)
    app.after_request(_finish)
    app.register_error_handler(GuildhallError, refusal)
    app.register_error_handler(CSRFError, _refuse_csrf)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _apologise)


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(6)


def _finish(response: Response) -> Response:
    fill(response)
    headers = response.headers
    said = {name.lower() for name in headers.keys()}  # noqa: SIM118 - the headers themselves are pairs
    for name, lowered, value in HEADERS:
        if lowered not in said:
            headers.add(name, value)
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    headers["X-Request-Id"] = g.get("request_id", "")
    viewer = g.get("viewer")
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    queries = g.get("queries", 0)
    count_request(request.blueprint or "none", status=response.status_code, seconds=seconds, queries=queries)
    log.info(
        "request",
        id=g.get("request_id"),
        viewer=viewer.user_id if viewer else None,
        method=request.method,
        endpoint=request.endpoint,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        queries=queries,
    )
    return response


def problem(status: int, code: str, title: str, detail: str = "", errors: dict[str, str] | None = None) -> Response:
    """An RFC 9457 answer."""
    body: dict[str, Any] = {"type": f"about:blank#{code}", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def refusal(error: GuildhallError) -> Response:
    """The page, or for a program the problem, that says why not."""
    response = _render(
        error.status, error.code, error.detail, error.errors, sign_in=isinstance(error, UnauthenticatedError)
    )
    if error.again_in is not None:
        response.headers["Retry-After"] = str(error.again_in)
    return response


def _refuse_csrf(_error: CSRFError) -> Response:
    return _render(
        400,
        "form-expired",
        _(
            "This form was open for too long, or cookies are off. "
            "What you typed is still there: go back, reload and send it again."
        ),
    )


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status in REDIRECTS:  # a redirect, or an answer that somebody made on purpose
        return make_response(error.get_response())
    response = _render(status, (error.name or "error").lower().replace(" ", "-"), "")
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _apologise(error: Exception) -> Response:
    """Say that it failed, and where the machine beneath is at fault, in what way: without asking the database."""
    session().rollback()
    log.error("failure", id=g.get("request_id"), path=request.path, exc_info=error)
    if "viewer" not in g:
        g.viewer = cast("LoginManager", current_app.login_manager).anonymous_user().viewer  # type: ignore[attr-defined]
    known = named(error)
    return refusal(known) if known is not None else _render(500, "error", "")


def titles() -> dict[int, str]:
    """A short heading for every status that a person may meet."""
    return {
        400: _("The request cannot be understood"),
        401: _("Please sign in"),
        403: _("Not allowed"),
        404: _("Nothing here"),
        405: _("Not possible this way"),
        409: _("It has changed in between"),
        410: _("Gone"),
        413: _("Too large"),
        415: _("Wrong kind of content"),
        422: _("Not accepted as it is"),
        429: _("A little slower, please"),
        500: _("Something went wrong here"),
        503: _("Back in a moment"),
        507: _("There is no room left"),
    }


def _render(
    status: int, code: str, detail: str, errors: dict[str, str] | None = None, *, sign_in: bool = False
) -> Response:
    heading = titles().get(status) or titles()[500]
    if is_api() or request.accept_mimetypes.best == "application/json":
        return problem(status, code, heading, detail, errors)
    if sign_in and request.method in SAFE_METHODS:
        response = make_response("", 303)
        response.headers["Location"] = "/sign-in?next=" + _quoted_path()
        return response
    page = render_template(
        "errors/error.html",
        status=status,
        code=code,
        heading=heading,
        detail=detail,
        errors=errors or {},
        request_id=g.get("request_id", ""),
    )
    return make_response(page, status)


def _quoted_path() -> str:
    from urllib.parse import quote

    return quote(request.full_path.rstrip("?"), safe="")
