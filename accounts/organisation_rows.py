"""Organisations as lists and their pages show them, codes turned into names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import func, or_, select

from accounts.assertions import ORGANISATION_ASSERTERS, Assertion, asserted_of_organisations
from accounts.models import Organisation
from accounts.organisation_kinds import organisation_kinds, sub_kinds
from accounts.places import place_name
from accounts.queries import literal_like
from accounts.sectors import sectors
from kernel.db import session
from kernel.i18n import guess_lang
from kernel.viewer import Viewer

SOME = 8
SHORTEST_CORE = 2
FORMS = (
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "集团",
    "公司",
    "co., ltd.",
    "co.,ltd.",
    "co ltd",
    "ltd.",
    "ltd",
    "inc.",
)


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation as a list or its page shows it, codes turned into names; `other_name` in the other language."""

    id: int
    slug: str
    title: str
    other_name: str
    kind: str
    kind_name: str
    sub_kind_names: list[str]
    place: str
    sector_names: list[str]
    checked: list[Assertion]

    @property
    def url(self) -> str:
        """Its page."""
        return f"/organisations/{self.slug}"

    @property
    def marks(self) -> list[tuple[str, datetime]]:
        """In a few words, what sorts of checks there were, and when; who made each stands on the page."""
        return [(ORGANISATION_ASSERTERS[one.kind].label(), one.at) for one in self.checked]

    @property
    def lang(self) -> str:
        """Of its name as it is shown."""
        return guess_lang(self.title)

    @property
    def other_lang(self) -> str:
        """Of its other name."""
        return guess_lang(self.other_name)


def similar_organisations(viewer: Viewer, name: str, *, limit: int = SOME) -> list[OrganisationRow]:
    """Those that may be the same under another name: whose name contains this one without its legal form."""
    core = _core(name)
    if len(core) < SHORTEST_CORE:
        return []
    like = f"%{literal_like(core)}%"
    query = select(Organisation).where(
        Organisation.closed_at.is_(None),
        or_(Organisation.name.ilike(like, escape="\\"), Organisation.name_en.ilike(like, escape="\\")),
    )
    return rows_of(viewer, list(session().scalars(query.order_by(func.length(Organisation.name)).limit(limit))))


def _core(name: str) -> str:
    bare = name.strip().casefold()
    for form in FORMS:
        bare = bare.removesuffix(form).strip(" ,，")
    return bare


def holder_of_code(viewer: Viewer, code: str) -> OrganisationRow | None:
    """Which organisation has this code."""
    held = session().scalar(select(Organisation).where(Organisation.code == code, Organisation.closed_at.is_(None)))
    return row_of(held, viewer.locale) if held else None


def rows_of(viewer: Viewer, organisations: list[Organisation]) -> list[OrganisationRow]:
    """As lists show them, with what was checked of each; one query for all."""
    checked = asserted_of_organisations([one.id for one in organisations])
    return [row_of(one, viewer.locale, checked.get(one.id, [])) for one in organisations]


def row_of(organisation: Organisation, locale: str, checked: Iterable[Assertion] = ()) -> OrganisationRow:
    """With names in place of codes."""
    in_english = bool(organisation.name_en) and locale != "zh_Hans"
    return OrganisationRow(
        id=organisation.id,
        slug=organisation.slug,
        title=organisation.name_en if in_english else organisation.name,
        other_name=organisation.name if in_english else organisation.name_en,
        kind=organisation.kind,
        kind_name=organisation_kinds(locale).get(organisation.kind, organisation.kind),
        sub_kind_names=[sub_kinds(locale).get(slug, slug) for slug in organisation.sub_kinds],
        place=place_name(organisation.region, locale),
        sector_names=[sectors(locale).get(slug, slug) for slug in organisation.sectors],
        checked=list(checked),
    )


def about_of(organisation: Organisation) -> Markup:
    """What it says of itself."""
    return Markup(organisation.about_html)  # noqa: S704 - cooked and sanitised when it was stored
