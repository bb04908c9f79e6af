"""What somebody says of a listing, checked as a whole: forms, CSV and API all come through here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from accounts.cities import cities
from accounts.places import region_code, regions
from accounts.sectors import sectors
from kernel.errors import InvalidError
from kernel.i18n import guess_lang
from kernel.rooms import id_of
from kernel.words import gettext as _
from resources.facts import LOCALES, Fault, Value, as_number, as_text, plain, read_facts, read_value, written
from resources.models import Listing
from resources.vocabulary import COLUMNS, KINDS, Access, ListingKind, kind_names

SHORTEST_TITLE, LONGEST_TITLE = 2, 200
LONGEST_SUMMARY = 400
LONGEST_BODY = 30_000
LONGEST_PLACE = 120
LONGEST_TARIFF = 1000
MOST_SECTORS = 4
PROVINCE = 2  # digits of its code; a city has four
LARGEST_PRICE = 100_000_000_000
FACT = "fact_"

_BETWEEN = re.compile(r"[;；,，、|\n]")


@dataclass(frozen=True, slots=True)
class Offer:
    """A listing as its owner describes it."""

    kind: str
    title: str
    summary: str
    body: str = ""
    sectors: tuple[str, ...] = ()
    region: str = ""
    city: str = ""
    place: str = ""
    trl: int | None = None
    funding: str = ""
    access: str = Access.REQUEST
    access_url: str = ""
    price_cents: int | None = None
    currency: str = "CNY"
    price_unit: str = ""
    tariff: str = ""
    organisation_id: int | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        """The language it is written in."""
        return guess_lang(f"{self.title} {self.summary} {self.body}")


def read_offer(typed: Mapping[str, str], *, is_draft: bool = False) -> Offer:
    """The offer from what was typed, by column; facts stand under `fact_<name>`. Raises `InvalidError` by column.

    A draft may lack what is needed before it is published: all but its kind and title.
    """
    faults: dict[str, str] = {}
    kind = kind_named(typed.get("kind", ""))
    if kind is None:
        faults["kind"] = _("Choose what kind of listing it is.")
    values = {name: _column(name, typed, faults) for name in _PLAIN}
    places = _places(typed, faults)
    organisation_id = _organisation(typed.get("organisation", ""), faults)
    branches, cents = _sectors(typed.get("sectors", ""), faults), _price(typed.get("price", ""), faults)
    if len(values["title"]) < SHORTEST_TITLE and "title" not in faults:
        faults["title"] = _("The title is too short to say anything.")
    facts: dict[str, Value] = {}
    if kind is not None:
        facts, wrong = read_facts(kind, {fact.name: typed.get(FACT + fact.name, "") for fact in kind.fields})
        faults |= {FACT + name: fault for name, fault in wrong.items()}
        _check_access(kind, values, cents, faults)
    if is_draft:
        faults = {name: fault for name, fault in faults.items() if typed.get(name, "").strip() or name in _FIRST}
    if faults or kind is None:
        raise InvalidError(_("Please look at the marked fields."), errors=faults)
    trl = values.pop("trl")
    return Offer(
        kind=kind.code,
        facts=facts,
        sectors=branches,
        trl=int(trl) if trl else None,
        price_cents=cents,
        organisation_id=organisation_id,
        currency=values.pop("currency") or "CNY",
        access=values.pop("access") or kind.access[0],
        **values,
        **places,
    )


def typed_of(listing: Listing | Offer, locale: str = "") -> dict[str, str]:
    """The columns of a listing as `read_offer` takes them: in codes, or in the words of a language."""
    kind = KINDS[listing.kind]
    plain_values: dict[str, Any] = {
        name: getattr(listing, name) for name in ("title", "summary", "body", "place", "access_url", "tariff")
    }
    choices = {
        "trl": "" if listing.trl is None else str(listing.trl),
        "funding": listing.funding,
        "access": listing.access,
        "currency": listing.currency if listing.price_cents is not None else "",
        "price_unit": listing.price_unit,
    }
    words = {name: written(COLUMNS[name], code, locale) if code and locale else code for name, code in choices.items()}
    facts = {
        FACT + fact.name: written(fact, listing.facts[fact.name], locale) if locale else str(listing.facts[fact.name])
        for fact in kind.fields
        if fact.name in listing.facts
    }
    return {
        "kind": kind_names(locale)[kind.code] if locale else kind.code,
        "sectors": _joined(listing.sectors, locale),
        "region": regions(locale).get(listing.region, listing.region) if locale else listing.region,
        "city": cities(locale).get(listing.city, listing.city) if locale else listing.city,
        "price": price_text(listing.price_cents),
        "organisation": "" if listing.organisation_id is None else str(listing.organisation_id),
        **plain_values,
        **words,
        **facts,
    }


def kind_named(typed: str) -> ListingKind | None:
    """The kind of that code, or of that name in either language."""
    names = {plain(name): code for locale in LOCALES for code, name in kind_names(locale).items()}
    return KINDS.get(typed.strip()) or KINDS.get(names.get(plain(typed), ""))


def price_text(cents: int | None) -> str:
    """A price as people write it: without a fraction when there is none."""
    if cents is None:
        return ""
    return f"{cents // 100}" if cents % 100 == 0 else f"{cents / 100:.2f}"


_PLAIN = (
    "title", "summary", "body", "place", "trl", "funding", "access", "access_url", "currency", "price_unit", "tariff",
)  # fmt: skip
_FIRST = ("kind", "title")
_LONGEST = {
    "title": LONGEST_TITLE,
    "summary": LONGEST_SUMMARY,
    "body": LONGEST_BODY,
    "place": LONGEST_PLACE,
    "tariff": LONGEST_TARIFF,
}


def _column(name: str, typed: Mapping[str, str], faults: dict[str, str]) -> str:
    column, text = COLUMNS[name], typed.get(name, "")
    try:
        if name in _LONGEST:
            kept = as_text(text, longest=_LONGEST[name], is_long=column.is_long)
            return kept or str(read_value(column, "") or "")  # which says that it is needed
        return str(read_value(column, text) or "")
    except Fault as fault:
        faults[name] = str(fault)
        return ""


def _organisation(typed: str, faults: dict[str, str]) -> int | None:
    """By its number; whether one may offer in its name is for the deed to say (`resources.in_name_of`)."""
    if not typed.strip():
        return None
    number = id_of(typed.strip())
    if number is None:
        faults["organisation"] = _("You edit no organisation of this name or address.")
    return number


def _sectors(typed: str, faults: dict[str, str]) -> tuple[str, ...]:
    named = [part for part in _BETWEEN.split(typed) if part.strip()]
    found = [_sector_names().get(plain(part)) for part in named]
    if None in found:
        faults["sectors"] = _("The sector “%(name)s” is not known here.", name=named[found.index(None)].strip()[:40])
    elif len(set(found)) > MOST_SECTORS:
        faults["sectors"] = _("Please name at most %(count)s sectors.", count=MOST_SECTORS)
    return tuple(dict.fromkeys(slug for slug in found if slug))


def _places(typed: Mapping[str, str], faults: dict[str, str]) -> dict[str, str]:
    """Province and city, by code or name; 苏州 and 宿州 are both Suzhou, so that the province helps."""
    region, city = typed.get("region", "").strip(), typed.get("city", "").strip()
    code = region_code(region) if region else ""
    if region and not code:
        faults["region"] = _("This province is not known here.")
    if not city:
        return {"region": code[:PROVINCE], "city": code if len(code) > PROVINCE else ""}
    town = region_code(city)
    if not town and code:
        within = (region_code(f"{regions(locale)[code[:PROVINCE]]} {city}") for locale in LOCALES)
        town = next(filter(None, within), "")
    if not town:
        faults["city"] = _("This city is not known here; where several have its name, the province says which.")
    elif code and not town.startswith(code[:PROVINCE]):
        faults["city"] = _("This city is in another province.")
    return {"region": town[:PROVINCE], "city": town if len(town) > PROVINCE else ""}


def _price(typed: str, faults: dict[str, str]) -> int | None:
    if not typed.strip():
        return None
    try:
        cents = round(as_number(typed.strip().lstrip("¥￥$€")) * 100)
    except Fault as fault:
        faults["price"] = str(fault)
        return None
    if not 0 <= cents <= LARGEST_PRICE:
        faults["price"] = _("This is not a price.")
    return cents


def _check_access(kind: ListingKind, values: Mapping[str, str], cents: int | None, faults: dict[str, str]) -> None:
    access = values["access"]
    if access and access not in kind.access:
        faults["access"] = _("This kind of listing is not had in this way.")
    if access == Access.LINK and not values["access_url"] and "access_url" not in faults:
        faults["access_url"] = _("Whoever wants it needs the address.")
    if access == Access.FIXED_PRICE and cents is None and "price" not in faults:
        faults["price"] = _("Say what it costs.")


def _joined(slugs: Sequence[str], locale: str) -> str:
    if not locale:
        return "; ".join(slugs)
    known = sectors(locale)
    return ("；" if locale.startswith("zh") else "; ").join(known.get(slug, slug) for slug in slugs)


@cache
def _sector_names() -> Mapping[str, str]:
    return _either({locale: sectors(locale) for locale in LOCALES})


def _either(by_locale: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Codes by name in either language, and by themselves."""
    names = {plain(name): code for known in by_locale.values() for code, name in known.items()}
    return names | {plain(code): code for known in by_locale.values() for code in known}
