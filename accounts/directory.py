"""The directory of people: who is found under which facets, and how many under each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, String, case, cast, func, or_, select

from accounts.assertions import ASSERTERS
from accounts.facets import Counts, Group, codes_in
from accounts.models import User
from accounts.queries import is_shown, literal_like
from kernel.db import session
from kernel.paging import Page, decode_cursor, encode_cursor, keyset_page
from kernel.viewer import Viewer
from search_index.engine import Filter
from search_index.query import parse
from search_index.searching import ranked
from search_index.synonyms import synonyms

PAGE = 30
MOST_MATCHES = 1000
FACETS = ("sector", "region", "kind", "verified")
PROVINCE = 2  # digits of its code; a city has more


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody looks for: a value of each facet, or nothing."""

    sector: str = ""
    region: str = ""
    kind: str = ""
    verified: str = ""

    @property
    def by_facet(self) -> dict[str, str]:
        """By the names of the facets."""
        return {facet: getattr(self, facet) for facet in FACETS}


def people_found(
    _viewer: Viewer, wanted: Wanted, *, among: Sequence[int] | None = None, cursor: str | None = None, limit: int = PAGE
) -> Page[User]:
    """One page of them: newest first, or in the order of `among`, the ids that a search answered, best first."""
    query = select(User).where(*is_shown(), *_conditions(wanted))
    if among is None:
        return keyset_page(query, keys=[User.id], limit=limit, cursor=cursor).map(lambda row: row[0])
    fitting = set(session().scalars(query.with_only_columns(User.id).where(User.id.in_(among))))
    ranked = [person_id for person_id in dict.fromkeys(among) if person_id in fitting]
    if cursor is not None:
        (last,) = decode_cursor(cursor, length=1)
        ranked = ranked[ranked.index(last) + 1 :] if last in ranked else []
    shown = ranked[:limit]
    people = {user.id: user for user in session().scalars(select(User).where(User.id.in_(shown)))}
    return Page(
        [people[person_id] for person_id in shown], encode_cursor(shown[-1:]) if len(ranked) > len(shown) else None
    )


def people_counts(_viewer: Viewer, wanted: Wanted, *, among: Sequence[int] | None = None) -> Counts:
    """Exact, in one query: people grouped by all that facets know of them, then added up."""
    marks = [case((asserter.holds(), slug), else_="") for slug, asserter in ASSERTERS.items()]
    alike = [cast(User.sectors, String), User.region, User.affiliation_kind, *marks]
    query = select(*alike, func.count()).where(*is_shown()).group_by(*alike)
    if among is not None:
        query = query.where(User.id.in_(among))
    groups = [_group(tuple(row)) for row in session().execute(query)]
    return Counts.of(groups, wanted.by_facet)


def people_matching(viewer: Viewer, text: str) -> list[int]:
    """Ids of those whom search finds by `text`, best first; by a part of a name or field where it finds nobody."""
    query = parse(text, synonyms=synonyms()).query
    people = replace(query, filters=(*query.filters, Filter("kind", frozenset({"person"}))))
    (hits,) = ranked(viewer, people, limit=MOST_MATCHES)
    return [int(hit.key.rpartition(":")[2]) for hit in hits] or people_named(viewer, text)


def people_named(_viewer: Viewer, text: str) -> list[int]:
    """Ids of those whose name, handle, affiliation, title or fields contain `text`."""
    text = text.strip()[:80]
    like = f"%{literal_like(text)}%"
    escaped = f"%{literal_like(json.dumps(text)[1:-1])}%"  # how SQLite keeps the letters of a JSON list
    columns = (User.display_name, User.handle, User.affiliation, User.job_title, cast(User.fields, String))
    query = select(User.id).where(
        *is_shown(),
        or_(*(column.ilike(like, escape="\\") for column in columns), columns[-1].ilike(escaped, escape="\\")),
    )
    return list(session().scalars(query.order_by(User.id.desc()).limit(MOST_MATCHES)))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.sector:
        conditions.append(cast(User.sectors, String).like(f'%"{literal_like(wanted.sector)}"%', escape="\\"))
    if wanted.region:
        conditions.append(User.region.startswith(wanted.region, autoescape=True))
    if wanted.kind:
        conditions.append(User.affiliation_kind == wanted.kind)
    if wanted.verified:
        conditions.append(ASSERTERS[wanted.verified].holds())
    return conditions


def _group(row: tuple[str, ...]) -> Group:
    sectors, region, kind, *marks, people = row
    values: dict[str, tuple[str, ...]] = {
        "sector": codes_in(sectors),
        "region": (region[:PROVINCE],),
        "kind": (kind,),
        "verified": tuple(mark for mark in marks if mark),
    }
    return Group(values, int(people))
