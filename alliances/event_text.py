"""What somebody typed of an event, as it is kept: times in the zone of the event, one or several to choose from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from alliances.messages import one_line, said
from alliances.models import Event
from kernel.errors import InvalidError
from kernel.i18n import TIMEZONES, zone
from kernel.markup import cook
from kernel.texts import clean_line
from kernel.words import gettext as _

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
LONGEST_PLACE = 200
LONGEST_LINK = 300
LARGEST_CAPACITY = 100_000
MOST_SLOTS = 12
LONGEST_EVENT = timedelta(days=31)
YEARS = range(1970, 2200)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class EventFacts:
    """An event as it was typed; `starts` and `ends` have no zone: they are meant in that of the event."""

    title: str
    body: str = ""
    place: str = ""
    link: str = ""
    audience: str = "members"
    timezone: str = "Asia/Shanghai"
    capacity: int | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    slots: tuple[Span, ...] = ()


def facts_of(event: Event, *, readers: str, timezone: str = "") -> EventFacts:
    """What a form begins with: an event as it is kept, its times in its own zone or in another."""
    there_is = timezone or event.timezone
    return EventFacts(
        title=event.title,
        body=event.body,
        place=event.place,
        link=event.link,
        audience=readers,
        timezone=there_is,
        capacity=event.capacity,
        starts=there(event.starts_at, there_is) if event.starts_at else None,
        ends=there(event.ends_at, there_is) if event.ends_at else None,
    )


def check_facts(facts: EventFacts) -> dict[str, Any]:
    """The columns that do not depend on where it is held; raises `InvalidError` with every field at fault."""
    errors: dict[str, str] = {}
    if facts.timezone not in TIMEZONES:
        errors["timezone"] = _("Choose a time zone.")
    if facts.capacity is not None and not 1 <= facts.capacity <= LARGEST_CAPACITY:
        errors["capacity"] = _("Give a whole number, at least 1.")
    link = clean_line(facts.link)
    if link and not _is_address(link):
        errors["link"] = _("Give an address that begins with https://.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    body = said(facts.body, field="body", needed=False, longest=LONGEST_BODY)
    return {
        "title": one_line(facts.title, field="title", longest=LONGEST_TITLE),
        "body": body,
        "body_html": cook(body).html if body else "",
        "place": clean_line(facts.place)[:LONGEST_PLACE],
        "link": link,
        "timezone": facts.timezone,
        "capacity": facts.capacity,
    }


def fixed_time(facts: EventFacts) -> Span | None:
    """When it begins and ends, as instants; None where no time was given."""
    if facts.starts is None and facts.ends is None:
        return None
    if facts.starts is None or facts.ends is None:
        missing = "starts" if facts.starts is None else "ends"
        raise InvalidError(_("Please look at the marked fields."), errors={missing: _("This is needed.")})
    return check_span((facts.starts, facts.ends), facts.timezone, fields=("starts", "ends"))


def slots_of(facts: EventFacts) -> list[Span]:
    """The times that can be chosen, each once, in their order."""
    spans = sorted({check_span(span, facts.timezone, fields=("slots", "slots")) for span in facts.slots})
    if not 2 <= len(spans) <= MOST_SLOTS:  # noqa: PLR2004 - a choice needs two
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"slots": _("Give two to %(count)s different times.", count=MOST_SLOTS)},
        )
    return spans


def check_span(span: Span, timezone: str, *, fields: tuple[str, str]) -> Span:
    """A beginning and an end in this zone as instants; raises `InvalidError` at the field at fault."""
    if any(moment.year not in YEARS for moment in span):
        raise InvalidError(_("Please look at the marked fields."), errors={fields[0]: _("Choose another year.")})
    start, end = (moment.replace(tzinfo=zone(timezone)).astimezone(UTC) for moment in span)
    if end <= start:
        raise InvalidError(_("Please look at the marked fields."), errors={fields[1]: _("It ends before it begins.")})
    if end - start > LONGEST_EVENT:
        raise InvalidError(_("Please look at the marked fields."), errors={fields[1]: _("It lasts a month at most.")})
    return start, end


def there(moment: datetime, timezone: str) -> datetime:
    """What the clock shows there at an instant, without the zone: as a form would say it."""
    if moment.year not in YEARS:
        raise InvalidError(_("Please look at the marked fields."), errors={"starts_at": _("Choose another year.")})
    return moment.astimezone(zone(timezone)).replace(tzinfo=None)


def _is_address(link: str) -> bool:
    if len(link) > LONGEST_LINK or " " in link or not link.isprintable():
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
