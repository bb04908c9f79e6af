"""Lines of public catalogues (JSON, one object a line) as rows of our own; each keeps where it comes from.

A catalogue is recognised by the members of its objects: no two of those that are known here have the same.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babel import Locale

from accounts.names import fault_of_website
from accounts.places import region_code
from kernel.words import gettext as _
from resources.importing.tables import TableError
from resources.importing.words import branches_of, one_line, shortened
from resources.offers import FACT, LONGEST_SUMMARY, LONGEST_TITLE

LARGEST_LINE = 1_000_000
CHINA = {"China": "", "Hong Kong": "81", "Macao": "82", "Macau": "82", "Taiwan": "71"}
TYPES = {"education": "university", "facility": "institute", "healthcare": "hospital"}
TYPE_WORDS = {
    "education": "University or school",
    "facility": "Research facility",
    "healthcare": "Hospital or clinic",
    "company": "Company",
    "government": "Public body",
    "nonprofit": "Non-profit body",
    "archive": "Archive",
}
COUNTRIES = {code: name for code, name in Locale("en").territories.items() if code not in ("CN", "HK", "MO", "TW")}
RHYTHMS = {"annual": "yearly", "real-time": "continuous"}
PUBLIC = {"government", "international", "research"}

Typed = dict[str, str]
Row = Mapping[str, Any]


def catalogue_rows(path: Path) -> Iterator[tuple[int, Typed]]:
    """Each line as a typed row with its number; lines that say they are withdrawn are left out."""
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(iter(lambda: file.readline(LARGEST_LINE), ""), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            made = _typed(row) if isinstance(row, dict) else {"title": shortened(line, 40)}
            if made is not None:
                yield number, made


def _typed(row: dict[str, Any]) -> Typed | None:
    """The row as its catalogue's maker reads it; one that is not as it should be becomes a row that is refused."""
    for members, make in _MAKERS:
        if members <= row.keys():
            try:
                made = make(defaultdict(lambda: None, row))
            except (TypeError, AttributeError, LookupError):
                return {"title": shortened(row.get("name", ""), 40)}
            return None if made is None else {name: str(value) for name, value in made.items() if value}
    raise TableError(
        _("No catalogue that is known here has lines with: %(names)s.", names=", ".join(sorted(map(str, row)))[:200])
    )


def _instrument(row: Row) -> Mapping[str, Any]:
    described, name = one_line(row["description"]), one_line(row["name"])
    about = (described or name, one_line(row["class_comment"]), row["organisation"])
    return {
        **_source(row, f"pnnl:{row['id']}", "PNNL EMSL", "Apache-2.0"),
        "kind": "instrument",
        "title": shortened(f"{described} ({name})" if described and described != name else name, LONGEST_TITLE),
        "summary": shortened(". ".join(filter(None, about)), LONGEST_SUMMARY),
        "sectors": "bio",
        "place": "Richland, United States",
        "funding": "public",
        "access": "request",
        FACT + "class": "analytical",
        FACT + "model": one_line(row["instrument_class"]) or name,
        FACT + "location": one_line(row["location"]) or "EMSL",
        FACT + "figures": " · ".join(filter(None, map(one_line, (row["group"], row["usage"], row["operations_role"])))),
        FACT + "training": f"{row['available_hours']} hours are to be had" if row["available_hours"] else "",
        FACT + "condition": {"Active": "in-use", "Inactive": "stopped", "Offline": "limited"}.get(row["status"], ""),
    }


def _dataset(row: Row) -> Mapping[str, Any]:
    name, about, content = row["name"], row["description"], row.get("data_content") or {}
    both = [one_line(name.get("zh") or ""), one_line(name.get("en") or "")]
    parts = []
    for language in ("zh", "en"):
        items = [f"- {one_line(item)}" for item in content.get(language) or []]
        parts += ["\n\n".join(filter(None, (about.get(language), "\n".join(items))))]
    return {
        **_source(row, f"firstdata:{row['id']}", "FirstData", "MIT"),
        "kind": "dataset",
        "title": shortened(" · ".join(dict.fromkeys(filter(None, both))), LONGEST_TITLE),
        "summary": shortened(about.get("zh") or about.get("en") or "", LONGEST_SUMMARY),
        "body": "\n\n".join(filter(None, parts))[:20_000],
        "sectors": "; ".join(branches_of([*row["domains"], *row["tags"]])),
        "place": COUNTRIES.get(row["country"] or "", ""),
        "funding": "public" if row["authority_level"] in PUBLIC else "commercial",
        "access": "link",
        "access_url": row["data_url"] or row["website"],
        FACT + "licence": "unknown",
        FACT + "coverage": row["geographic_scope"],
        FACT + "updates": RHYTHMS.get(row["update_frequency"], row["update_frequency"]),
        FACT + "api": row["api_url"],
    }


def _computing(row: Row) -> Mapping[str, Any]:
    about = one_line(row["description"] or row["group_description"] or "")
    return {
        **_source(row, f"osg:{row['id']}", "OSG topology", "Apache-2.0"),
        **_place(row["country"] or "", row["state"] or "", row["city"] or ""),
        "kind": "instrument",
        "title": shortened(f"{row['facility']} · {row['id']}", LONGEST_TITLE),
        "summary": shortened(about or f"Computing at {row['facility']}", LONGEST_SUMMARY),
        "sectors": "ict",
        "funding": "public",
        "access": "request",
        FACT + "class": "computing",
        FACT + "model": ", ".join(row["services"] or ["computing"]),
        FACT + "location": ", ".join(filter(None, (row["site_name"] or row["site"], row["city"], row["country"]))),
        FACT + "condition": {True: "in-use", False: "stopped"}.get(row["active"], ""),
    }


def _institution(row: Row) -> Mapping[str, Any] | None:
    if row["status"] != "active":
        return None
    names = [one_line(name["value"]) for name in row["names"]]
    chinese = next((one_line(name["value"]) for name in row["names"] if name["lang"] == "zh"), "")
    title = " · ".join(dict.fromkeys(filter(None, (chinese, one_line(row["name"])))))
    others = [name for name in dict.fromkeys(names) if name not in title]
    site = next((link["url"] for link in row["links"] if link["type"] == "website"), "")
    where = ", ".join(filter(None, (row["city"], row["country"])))
    what = TYPE_WORDS.get((row["types"] or [""])[0], "Institution")
    return {
        **_source(row, row["ror_id"], "ROR", row["licence"], url=row["ror_id"]),
        **_place(row["country"] or "", row["region"] or "", row["city"] or ""),
        "kind": "institution",
        "title": shortened(title, LONGEST_TITLE),
        "summary": shortened(f"{what}, {where}", LONGEST_SUMMARY),
        "body": "\n".join(f"- {name}" for name in others[:40]),
        "access": "link",
        "access_url": _web(site) or row["ror_id"],
        FACT + "institution_kind": next((TYPES[kind] for kind in row["types"] or [] if kind in TYPES), "other"),
        FACT + "founded": row["established"],
        FACT + "identifier": row["ror_id"],
        FACT + "homepage": _web(site),
    }


def _source(row: Row, key: str, name: str, licence: str, *, url: str = "") -> Typed:
    """Where a row comes from: `github:owner/repository@commit:path` is an address too."""
    origin = str(row.get("source", ""))
    if not url and origin.startswith("github:"):
        url = "https://github.com/" + origin.removeprefix("github:").partition("@")[0]
    return {"id": key[:120], "source_name": name, "source_url": url, "source_licence": licence}


def _place(country: str, region: str, city: str) -> Typed:
    """Province and city where it is in China, else the place in words."""
    if country not in CHINA:
        return {"place": ", ".join(dict.fromkeys(filter(None, (one_line(city), one_line(country)))))[:120]}
    code = region_code(f"{region} {city}") or region_code(city) or region_code(region) or CHINA[country]
    return {"region": code}


def _web(url: str) -> str:
    """An address that a listing takes, or nothing."""
    return url if url.isascii() and fault_of_website(url) is None else ""


_MAKERS: tuple[tuple[frozenset[str], Callable[[Row], Mapping[str, Any] | None]], ...] = (
    (frozenset({"ror_id", "names", "types"}), _institution),
    (frozenset({"authority_level", "data_url", "domains"}), _dataset),
    (frozenset({"instrument_class", "organisation"}), _instrument),
    (frozenset({"facility", "site", "services"}), _computing),
)
