"""Where people are and where they work: codes with their names in both languages, as data."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import get_global

from accounts.cities import cities, city_name
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
    """The name of a province (`33`) or of a city (`3301`), or nothing."""
    return regions(locale).get(code) or city_name(code, locale)


def place_name(code: str, locale: str) -> str:
    """A city with its province, as one says where something is; a province alone; or nothing."""
    name, region = region_name(code, locale), regions(locale).get(code[:2], "")
    if not name or name == region:
        return name
    return f"{region}{name}" if locale == "zh_Hans" else f"{name}, {region}"


def region_code(text: str) -> str:
    """The code of what people write in a table: `33`, `3301`, `330100`, 杭州, 浙江省杭州市, Hangzhou; or nothing.

    A name that several cities bear in Latin letters (Suzhou) is not guessed at.
    """
    key = _bare(text)
    if key.isdecimal():
        return next((code for code in (key[:4], key[:2]) if len(key) in {2, 4, 6} and region_name(code, "en")), "")
    if key.endswith(("自治州", "地区", "盟")):
        return next((code for code, name in cities("zh_Hans").items() if key.startswith(name)), "")
    return _codes_by_name().get(key, "")


@cache
def _codes_by_name() -> dict[str, str]:
    """Every way of writing a place; where a province and its city are written alike, the province."""
    codes: dict[str, set[str]] = {}
    for locale in ("zh_Hans", "en"):
        for code in (*regions(locale), *cities(locale)):
            own, region = region_name(code, locale), regions(locale)[code[:2]]
            for name in (own, f"{region}{own}", f"{own}{region}"):
                codes.setdefault(_bare(name), set()).add(code)
    return {name: min(found) for name, found in codes.items() if len({code[:2] for code in found}) == 1}


def _bare(text: str) -> str:
    """Without case, marks and the words for what sort of place it is."""
    kept = "".join(char for char in text.casefold() if char.isalnum())
    for word in ("维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "特别行政区", "province", "省", "市"):
        kept = kept.replace(word, "")
    return kept


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
