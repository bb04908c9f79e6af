from pathlib import Path
from typing import Any

from flask import g, request
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import Engine, event
from werkzeug.middleware.proxy_fix import ProxyFix

from accounts import login
from accounts.oidc.providers import parse_providers
from guildhall import settle
from guildhall.assets import install_assets
from guildhall.rooms import open_rooms
from guildhall.settings import HALF_RESTORED, Settings
from ip_registry.time.authorities import parse_authorities
from ip_registry.time.calendars import parse_calendars
from kernel import i18n, marks, slots, web
from kernel.db import db, prepare_engine
from kernel.limits import limiter
from kernel.logs import configure_logs
from kernel.metrics import open_metrics
from kernel.pagecache import Kept
from kernel.policy import can
from kernel.rooms import WITHOUT_FORM_TOKEN
from kernel.web import Guildhall, current_viewer

ROOT = Path(__file__).resolve().parent.parent

csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Guildhall:
    """The site, wired: settings, extensions, rooms in order of the floors."""
    settings = settings or Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    if (settings.data / HALF_RESTORED).exists():
        raise SystemExit(
            "A restore was interrupted while it swapped: run `guildhall restore` again, which finishes it."
        )
    app = Guildhall("guildhall", root_path=str(ROOT), template_folder="templates", static_folder=None)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret(),
        SQLALCHEMY_DATABASE_URI=settings.database(),
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database()),
        SESSION_COOKIE_NAME="__Host-guildhall" if settings.is_secure else "guildhall",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PREFERRED_URL_SCHEME="https" if settings.is_secure else "http",
        MAX_CONTENT_LENGTH=settings.upload_limit_mb * 1024 * 1024 + 64 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        BABEL_DEFAULT_LOCALE="en",
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        MAIL_URL=settings.mail_url,
        MAIL_FROM=settings.mail_from or f"guildhall@{settings.base_url.split('//')[1].split('/')[0].split(':')[0]}",
        MAIL_DOMAIN=settings.base_url.split("//")[1].split("/")[0].split(":")[0],
        MAIL_REPLY_ADDRESS=settings.mail_reply_address,
        MAIL_INBOX=settings.mail_inbox,
        OIDC_PROVIDERS=parse_providers(settings.oidc_providers, settings.data),
        BASE_URL=settings.base_url.rstrip("/"),
        TIME_AUTHORITIES=parse_authorities(settings.tsa_urls),
        CALENDARS=parse_calendars(settings.ots_calendars),
        PUSH_SERVICES=frozenset(settings.push_services.split()),
        DATA=settings.data,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    configure_logs(requests=settings.log_requests)
    open_metrics(settings.data / "metrics")
    i18n.compile_catalogues(ROOT / "translations")
    db.init_app(app)
    Babel(app, locale_selector=_locale, timezone_selector=_timezone)
    app.jinja_env.add_extension(Kept)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by Jinja's i18n extension
        i18n.gettext, i18n.ngettext, newstyle=True
    )
    csrf.init_app(app)
    app.jinja_env.globals.update(csrf_token=lambda: marks.FORM_TOKEN, here_mark=marks.HERE, slot=slots.slot)
    app.jinja_env.globals["lang_of"] = i18n.guess_lang
    login.install(app)
    limiter.init_app(app)
    web.install(app)
    install_assets(app)
    for room in open_rooms():
        if room.url_prefix and room.url_prefix.startswith("/api/"):
            csrf.exempt(room)
        app.register_blueprint(room)
    for name in WITHOUT_FORM_TOKEN:
        csrf.exempt(name)
    app.context_processor(_context)
    with app.app_context():
        _prepare(db.engine)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    settle()
    return app


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}, "pool_size": 8, "max_overflow": 16}
    return {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": True}


def _prepare(engine: Engine) -> None:
    prepare_engine(engine)

    @event.listens_for(engine, "before_cursor_execute")
    def _count(*_args: object) -> None:
        try:
            g.queries = g.get("queries", 0) + 1
        except RuntimeError:
            return


def _locale() -> str:
    return current_viewer().locale


def _timezone() -> str:
    return current_viewer().timezone


def _context() -> dict[str, Any]:
    """What every template may use, beside what its view gives it."""
    viewer = current_viewer()
    return {
        "viewer": viewer,
        "can": lambda right, subject=None: can(viewer, right, subject),
        "when": lambda moment: i18n.when(moment, viewer.timezone),
        "day": lambda moment: i18n.day(moment, viewer.timezone),
        "zone_name": lambda name: i18n.zone_name(name, viewer.locale),
        "csrf_token": lambda: marks.FORM_TOKEN,  # Flask-WTF's own would be kept, and given to the next member
        "here_url": marks.HERE if viewer.signed_in else request.full_path.rstrip("?"),
        "html_lang": i18n.LANG_TAGS[viewer.locale],
        "site_name": request.environ.get("guildhall.site_name", "会馆 Guildhall"),
    }
