"""Languages and zones: what the site speaks, and how an instant is shown."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_skeleton, format_timedelta, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import g
from flask_babel import force_locale, get_translations
from markupsafe import Markup

LOCALES = {"zh_Hans": "简体中文", "en": "English"}
LANG_TAGS = {"zh_Hans": "zh-Hans", "en": "en"}
TIMEZONES = tuple(
    sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
)

_zones: dict[str, ZoneInfo] = {}


def zone(name: str) -> ZoneInfo:
    """The zone, looked up once; an unknown name is UTC."""
    if name not in _zones:
        try:
            _zones[name] = ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")
    return _zones[name]


def when(moment: datetime, timezone: str) -> Markup:
    """A `<time>` element in the viewer's zone; the page's script makes it relative and keeps it so."""
    local = moment.astimezone(zone(timezone))
    return Markup('<time datetime="{}">{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), local.strftime("%Y-%m-%d %H:%M")
    )


def guess_lang(text: str) -> str:
    """`zh-Hans` or `en` by the share of Han characters; good enough for fonts and screen readers."""
    han = sum("\u4e00" <= char <= "\u9fff" for char in text[:2000])
    latin = sum(char.isascii() and char.isalpha() for char in text[:2000])
    return "zh-Hans" if han * 4 > latin else "en"


def day(moment: datetime, timezone: str) -> Markup:
    """Only the date of an instant, in the viewer's zone."""
    local = moment.astimezone(zone(timezone))
    return Markup('<time datetime="{}" data-day>{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), local.strftime("%Y-%m-%d")
    )


def month(moment: datetime, timezone: str, locale: str) -> str:
    """The month of an instant in the viewer's zone, in words."""
    return format_skeleton("yMMMM", moment.astimezone(zone(timezone)), locale=locale)


def span(length: timedelta, locale: str) -> str:
    """How long something takes, in the largest unit that says it."""
    return format_timedelta(length, threshold=1, locale=locale)


def zone_name(name: str, locale: str) -> str:
    """What people call a zone; UTC, which belongs to no country, is called so everywhere."""
    return get_timezone_name(name, locale=locale) if "/" in name else name


def compile_catalogues(folder: Path) -> None:
    """Compile every catalogue whose compiled form is missing or older than its text."""
    for text in folder.glob("*/LC_MESSAGES/messages.po"):
        compiled = text.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= text.stat().st_mtime:
            continue
        catalogue = read_po(BytesIO(text.read_bytes()), locale=text.parent.parent.name)
        buffer = BytesIO()
        write_mo(buffer, catalogue)
        fresh = compiled.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(buffer.getvalue())
        fresh.replace(compiled)


def gettext(sentence: str) -> str:
    """For templates: the sentence in the language of this request, whose catalogue is looked up once."""
    found: str = _catalogue().ugettext(sentence)
    return found


def ngettext(singular: str, plural: str, count: int) -> str:
    """The same, by number."""
    found: str = _catalogue().ungettext(singular, plural, count)
    return found


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Another language for a while, in code and templates alike: a letter speaks as its reader does."""
    before = g.pop("catalogue", None)
    try:
        with force_locale(locale):
            yield
    finally:
        g.pop("catalogue", None)
        if before is not None:
            g.catalogue = before


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue
