"""Events as iCalendar (RFC 5545): times in UTC, the same UID for ever, a sequence that grows with every change."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar
from icalendar import Event as Entry

from alliances.models import Alliance, Event, EventState
from kernel.markup import plain_text
from kernel.words import gettext as _

PRODUCT = "-//Guildhall//Alliances//EN"
REFRESH = timedelta(hours=1)


def calendar_of(events: Iterable[tuple[Event, Alliance]], *, base_url: str, name: str, locale: str) -> bytes:
    """A calendar of what has a time; what was cancelled stays in it as cancelled, so that others drop it."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", _plain(name))
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event, host in events:
        if event.starts_at is not None and event.ends_at is not None:
            calendar.add_component(_entry(event, host, base_url=base_url, locale=locale))
    written: bytes = calendar.to_ical()
    return written


def _entry(event: Event, host: Alliance, *, base_url: str, locale: str) -> Entry:
    url = f"{base_url}{host.url}/events/{event.id}"
    entry = Entry()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.changed_at.replace(microsecond=0))
    entry.add("created", event.created_at.replace(microsecond=0))
    entry.add("last-modified", event.changed_at.replace(microsecond=0))
    entry.add("dtstart", event.starts_at)
    entry.add("dtend", event.ends_at)
    entry.add("summary", _plain(event.title))
    entry.add("description", _plain("\n\n".join(filter(None, [plain_text(event.body_html), _join(event), url]))))
    entry.add("location", _plain(event.place or event.link))
    entry.add("url", url)
    entry.add("categories", [_plain(host.name_in(locale))])
    entry.add("status", "CANCELLED" if event.state == EventState.CANCELLED else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if event.state == EventState.CANCELLED else "OPAQUE")
    return entry


def _join(event: Event) -> str:
    return _("Join at %(link)s", link=event.link) if event.link else ""


def _plain(text: str) -> str:
    """Without control characters, which no calendar may hold; lines stay lines."""
    return "".join(char for char in text if char == "\n" or (char.isprintable() and char not in "\u2028\u2029"))
