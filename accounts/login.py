"""The one module that knows Flask-Login: who sends this request, by session cookie or, for the API, by token."""

from datetime import timedelta
from functools import lru_cache
from typing import cast

from flask import Request, Response, redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user
from sqlalchemy import update
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from accounts.models import ApiToken, UserSession
from accounts.places import ZONES
from accounts.viewers import Opened, viewer_of_session, viewer_of_token
from kernel import db
from kernel.clock import now
from kernel.errors import ForbiddenError, UnauthenticatedError
from kernel.i18n import LOCALES
from kernel.ids import hash_token
from kernel.viewer import Viewer
from kernel.web import Guildhall, is_api

REMEMBERED = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=10)
THEMES = ("system", "light", "dark")
LANG_COOKIE, TIMEZONE_COOKIE, THEME_COOKIE = "lang", "tz", "theme"
BEARER = "Bearer "
STAFF_TOKEN = "staff"  # noqa: S105 - in the cookie of whoever looks as somebody else: the key of their own session
LINKING = "institution"  # in the cookie: what an institution said of whoever uses this browser
IMPERSONATION_ENDS = frozenset({"accounts.stop_impersonating", "accounts.sign_out"})
_OPEN = "achievements changes communities feedback feeds files log organisations people rules search tags threads trust"
OPEN_TO_IMPERSONATION = frozenset({"", *_OPEN.split()})
CLOSED_TO_IMPERSONATION = ("/files", "/new")  # ends of paths: the person's files, and forms that hold their drafts
KNOWN_ZONES = frozenset(ZONES)


class _Manager(LoginManager):
    """A cookie opens pages and a token opens the API, never the other way round."""

    def _load_user(self) -> None:
        if is_api():
            self._update_request_context_with_user(_of_token(request))
        else:
            super()._load_user()

    def _update_remember_cookie(self, response: Response) -> Response:
        """There is no second cookie: how long somebody is remembered, the session's row says."""
        return response


login_manager = _Manager()
login_manager.session_protection = None  # phones change their address; sessions are listed and can be revoked


class SignedIn(UserMixin):
    """Whom Flask-Login carries through the request: the viewer and the key that let them in, never a model."""

    def __init__(self, opened: Opened, token: str) -> None:
        self.viewer = opened.viewer
        self.opened = opened
        self.token = token

    def get_id(self) -> str:
        """The session's token: a cookie names a session that can be revoked, not a person."""
        return self.token


class Stranger(AnonymousUserMixin):
    """Nobody is signed in; language, zone and theme come from cookies and the browser."""

    @property
    def viewer(self) -> Viewer:
        """An outsider who reads in their language."""
        zone = request.cookies.get(TIMEZONE_COOKIE, "")
        theme = request.cookies.get(THEME_COOKIE, "")
        return Viewer(
            locale=stranger_locale(),
            timezone=zone if zone in KNOWN_ZONES else "Asia/Shanghai",
            theme=theme if theme in THEMES else "system",
        )


login_manager.anonymous_user = Stranger


def install(app: Guildhall) -> None:
    """Hook signing in into `app`."""
    app.config.update(PERMANENT_SESSION_LIFETIME=REMEMBERED, SESSION_REFRESH_EACH_REQUEST=False)
    login_manager.init_app(app, add_context_processor=False)
    app.before_request(_check_token)
    app.before_request(_check_impersonation)
    app.note_with_each_write(_note_seen)


def open_session(token: str, *, remember: bool) -> None:
    """Put a fresh session into the cookie: of what was in it before, only an institution's word stays."""
    opened = viewer_of_session(hash_token(token))
    if opened is None:
        raise UnauthenticatedError(_("Please sign in first."))
    linking = cookie.get(LINKING)
    cookie.clear()
    if linking:
        cookie[LINKING] = linking
    cookie.permanent = remember
    login_user(SignedIn(opened, token))


def close_session() -> None:
    """Empty the cookie."""
    cookie.clear()


def token_scopes() -> frozenset[str]:
    """What the token of this request may do; nothing without one."""
    return cast("SignedIn", current_user).opened.scopes if current_user.is_authenticated else frozenset()


def stranger_locale() -> str:
    """The language of the cookie, else the one the browser likes best of those we speak."""
    chosen = request.cookies.get(LANG_COOKIE, "")
    return chosen if chosen in LOCALES else best_locale(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=512)
def best_locale(accepted: str) -> str:
    """Chinese for those who ask for it or for nothing, English for everybody else."""
    if not accepted:
        return "zh_Hans"
    wished = parse_accept_header(accepted, LanguageAccept).best_match(["zh", "en"])
    return "zh_Hans" if wished == "zh" else "en"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load_from_cookie(token: str) -> SignedIn | None:
    opened = viewer_of_session(hash_token(token))
    return SignedIn(opened, token) if opened else None


def _of_token(sent: Request) -> SignedIn | None:
    header = sent.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        return None
    token = header.removeprefix(BEARER).strip()
    opened = viewer_of_token(hash_token(token), only_sends=sent.method not in db.SAFE_METHODS)
    return SignedIn(opened, token) if opened else None


def _check_token() -> None:
    """A token that does not open is refused, not ignored; one that opens does no more than its scopes say."""
    if not is_api() or "Authorization" not in request.headers:
        return
    if not current_user.is_authenticated:
        raise UnauthenticatedError(_("This API token is unknown, expired or revoked."))
    needed = "read" if request.method in db.SAFE_METHODS else "write"
    if needed not in cast("SignedIn", current_user).opened.scopes:
        raise ForbiddenError(_("This API token lacks the scope “%(scope)s”.", scope=needed))


def _check_impersonation() -> ResponseReturnValue | None:
    """Whoever looks as somebody else only looks, and only where nothing is that person's alone.

    Only such a cookie holds the other token, and nobody can take it out of a signed cookie. When the time is over, the
    staff's own session is back.
    """
    if is_api() or request.path.startswith("/static/") or STAFF_TOKEN not in cookie:
        return None
    if not current_user.is_authenticated:
        back_to_oneself()
        return redirect("/staff", 303)
    if request.endpoint in IMPERSONATION_ENDS:
        return None
    if request.method not in db.SAFE_METHODS:
        raise ForbiddenError(_("You look at the site as somebody else: you can read, and change nothing."))
    is_own = request.path.rstrip("/").endswith(CLOSED_TO_IMPERSONATION)
    if is_own or request.path.split("/")[1] not in OPEN_TO_IMPERSONATION:
        raise ForbiddenError(_("This is that person's own affair, and stays closed while you look as them."))
    return None


def back_to_oneself() -> None:
    """Put the staff's own session back into the cookie, if it still opens."""
    token = cookie.get(STAFF_TOKEN, "")
    cookie.clear()
    if viewer_of_session(hash_token(token)) is not None:
        open_session(token, remember=False)


def _note_seen() -> None:
    """Remember that the session or token is in use: only when something is sent, and not each time."""
    if not current_user.is_authenticated:
        return
    opened = cast("SignedIn", current_user).opened
    if opened.seen_at is not None and now() - opened.seen_at < SEEN_EVERY:
        return
    if opened.viewer.session_id is not None:
        change = update(UserSession).where(UserSession.id == opened.key_id).values(last_seen_at=now())
    else:
        change = update(ApiToken).where(ApiToken.id == opened.key_id).values(last_used_at=now())
    db.session().execute(change.execution_options(synchronize_session=False))
