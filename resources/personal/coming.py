"""What comes in as drafts: offers and needs of an archive, for their owner to look through before others see them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from kernel.db import session
from kernel.errors import GuildhallError
from kernel.personal import Report, Source, imports
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.actions.listings import add_listing
from resources.actions.needs import draft_need
from resources.models import Listing, Need, Visibility
from resources.need_text import NeedFacts, Target, today
from resources.offers import FACT, read_offer

LINES = (
    "kind", "title", "summary", "body", "region", "city", "place", "trl", "funding", "access", "access_url",
    "currency", "price_unit", "tariff",
)  # fmt: skip
TEXTS = ("kind", "title", "teaser", "problem", "constraints", "tried", "budget", "ip_wish")


@imports("listings")
def take_listings(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Under a source id that says which archive they are of, so that the same one does not come twice."""
    for row in source.rows("listings"):
        key = f"archive:{source.host}:{row.get('id')}"[:120]
        title = str(row.get("title") or _("An offer"))
        mine = select(Listing.id).where(Listing.owner_id == viewer.me)
        known = mine.where(Listing.source_id == key)
        if source.is_from_here and isinstance(row.get("id"), int):
            known = mine.where(or_(Listing.source_id == key, Listing.id == row["id"]))
        if session().scalar(known) is not None:
            report.knew("listings")
        else:
            _add_listing(viewer, source, row, key=key, title=title, report=report)
        yield 1


def _add_listing(viewer: Viewer, source: Source, row: dict[str, Any], *, key: str, title: str, report: Report) -> None:
    def from_there(listing: Listing) -> None:
        listing.source_id, listing.source_name, listing.source_url = key, source.host[:120], source.site[:500]

    try:
        offer = read_offer(_typed(row), is_draft=True)
        with session().begin_nested():
            add_listing(viewer, offer, publish=False, source=from_there)
    except GuildhallError as refusal:
        report.skip(title, "; ".join(refusal.errors.values()) or refusal.detail)
    else:
        report.took("listings")


def _typed(row: dict[str, Any]) -> dict[str, str]:
    """A row as a form would send it; whatever is no text or number is left out."""
    typed = {name: str(row[name]) for name in LINES if isinstance(row.get(name), str | int)}
    if isinstance(row.get("sectors"), list):
        typed["sectors"] = ";".join(map(str, row["sectors"]))
    if isinstance(row.get("price_cents"), int):
        typed["price"] = f"{row['price_cents'] / 100:.2f}"
    if isinstance(row.get("facts"), dict):
        typed |= {f"{FACT}{name}": str(value) for name, value in row["facts"].items()}
    return typed


@imports("needs")
def take_needs(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """A need with the same title and text is the same one."""
    for row in source.rows("needs"):
        facts = _facts(row)
        same = (Need.owner_id == viewer.me, Need.title == facts.title, Need.problem == facts.problem)
        if session().scalar(select(Need.id).where(*same).limit(1)) is not None:
            report.knew("needs")
        else:
            try:
                with session().begin_nested():
                    draft_need(viewer, facts)
            except GuildhallError as refusal:
                report.skip(facts.title or _("A need"), "; ".join(refusal.errors.values()) or refusal.detail)
            else:
                report.took("needs")
        yield 1


def _facts(row: dict[str, Any]) -> NeedFacts:
    """What was typed there; who may see it is chosen here, and a day that has passed is no deadline."""
    texts = {name: row[name] if isinstance(row.get(name), str) else "" for name in TEXTS}
    targets = [one for one in _list(row.get("targets")) if isinstance(one, dict)]
    anonymous = row.get("visibility") == Visibility.ANONYMOUS
    return NeedFacts(
        **texts,
        targets=tuple(
            Target(*(str(one.get(name, "")) for name in ("quantity", "value", "unit"))) for one in targets[:12]
        ),
        deadline=_day(row.get("deadline")),
        sectors=tuple(one for one in _list(row.get("sectors")) if isinstance(one, str)),
        place=row["region"] if isinstance(row.get("region"), str) else "",
        trl=row["trl"] if isinstance(row.get("trl"), int) else None,
        is_full_shown=False,
        visibility=Visibility.ANONYMOUS.value if anonymous else Visibility.PUBLIC.value,
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _day(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day >= today() else None
