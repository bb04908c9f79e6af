"""Language and theme, one press away on every page, for strangers too."""

from collections.abc import Container
from datetime import timedelta

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms import ValidationError

from accounts.actions.profiles import THEMES, change_appearance
from accounts.login import LANG_COOKIE, THEME_COOKIE
from accounts.room import room
from kernel.errors import InvalidError
from kernel.i18n import LOCALES
from kernel.policy import Door
from kernel.web import current_viewer, safe_next

KEPT = timedelta(days=365)


@room.page("/language", may=Door.ANYONE, methods=("POST",), form_token=False)
def language() -> ResponseReturnValue:
    """Speak the chosen language from now on, and stay where we are."""
    chosen = _known(request.form.get("lang", ""), LOCALES)
    if current_viewer().signed_in:
        _check_form_token()
        change_appearance(current_viewer(), locale=chosen)
    return _remember(LANG_COOKIE, chosen)


@room.page("/theme", may=Door.ANYONE, methods=("POST",), form_token=False)
def theme() -> ResponseReturnValue:
    """Light, dark, or as the device."""
    chosen = _known(request.form.get("theme", ""), THEMES)
    if current_viewer().signed_in:
        _check_form_token()
        change_appearance(current_viewer(), theme=chosen)
    return _remember(THEME_COOKIE, chosen)


def _known(value: str, known: Container[str]) -> str:
    if value not in known:
        raise InvalidError(_("This choice is not known here."))
    return value


def _check_form_token() -> None:
    """Pages of strangers carry no token and set no cookie for one; whoever is signed in has both."""
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError as error:
        raise CSRFError(error.args[0]) from error


def _remember(cookie: str, value: str) -> ResponseReturnValue:
    """Also in a cookie, so that it lasts after signing out."""
    response = redirect(safe_next(request.form.get("next")), 303)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(cookie, value, max_age=KEPT, secure=secure, httponly=True, samesite="Lax")
    return response
