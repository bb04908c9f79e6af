"""Where people are and where they work: codes with their names in both languages, as data."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import get_global

from kernel.clock import now
from kernel.i18n import TIMEZONES, zone

ZONES = ("UTC", *TIMEZONES)
NOWHERE = ("ZZ", "001")  # territories of CLDR that are no country
DATA = Path(__file__).resolve().parent / "data" / "regions.toml"


def regions(locale: str) -> dict[str, str]:
    """The 34 province-level units: code to name."""
    return _names("region", locale)


def affiliation_kinds(locale: str) -> dict[str, str]:
    """What sort of house somebody works in: code to name."""
    return _names("kind", locale)


def region_name(code: str, locale: str) -> str:
    """The name of a region, or nothing."""
    return regions(locale).get(code, "")


def kind_name(code: str, locale: str) -> str:
    """The name of a kind of affiliation, or nothing."""
    return affiliation_kinds(locale).get(code, "")


@cache
def _names(section: str, locale: str) -> dict[str, str]:
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))[section]
    return {code: names["zh" if locale == "zh_Hans" else "en"] for code, names in entries.items()}


def zone_choices(chosen: str, locale: str) -> dict[str, str]:
    """The zones to choose from: the chosen one first, which may go by a former name, then from west to east."""
    names = _zone_names(locale)
    return {chosen: names.get(get_global("zone_aliases").get(chosen, chosen), chosen)} | names


@cache
def _zone_names(locale: str) -> dict[str, str]:
    language = Locale.parse(locale)
    current, countries = get_global("zone_aliases"), get_global("zone_territories")
    cities: dict[str, str] = {}
    for name in TIMEZONES:
        zone_id = current.get(name, name)
        if zone_id in countries:
            cities[zone_id] = cities.get(zone_id) or language.time_zones.get(name, {}).get("city", "")
    places = sorted((*_offset(name), name) for name in cities)
    return {"UTC": "UTC"} | {
        name: f"{text} {_place(name, cities[name], language.territories, countries[name])}" for _, text, name in places
    }


def _place(name: str, city: str, territories: Mapping[str, str], code: str) -> str:
    city = city or name.rpartition("/")[2].replace("_", " ")
    return city if code in NOWHERE else f"{territories[code]} · {city}"


def _offset(name: str) -> tuple[timedelta, str]:
    """How far a zone is from UTC outside of summer time."""
    moment = now().astimezone(zone(name))
    offset = (moment.utcoffset() or timedelta()) - max(moment.dst() or timedelta(), timedelta())
    minutes = int(offset.total_seconds()) // 60
    return offset, f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
