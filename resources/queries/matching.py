"""Which listings and people fit a need, and which open needs fit a listing: candidates from search, then what they say.

Only what everybody in the need's audience sees is compared, so that a reason never shows more than the page does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.models import Listing, ListingSector, MatchRefusal, Need, NeedSector, NeedState, Side
from resources.need_addresses import need_url
from resources.need_words import alias_name, name_of
from resources.policy import is_offered, owner_known, visible_needs
from resources.queries.fitting import ENOUGH_TO_SHOW, ENOUGH_WITHOUT_WORDS, Fit, Traits, fit, with_reasons
from resources.queries.shared_words import shared_words
from resources.vocabulary import kind_names
from resources.vocabulary import name_of as listing_name_of
from search_index.engine import Filter
from search_index.query import any_of
from search_index.searching import ranked

BY_TITLE, BY_TEXT, BY_SECTOR = 40, 40, 20
MOST_CLAUSES = 12
SHOWN = 10
LISTING, NEED = "resources.listing", "resources.need"

Refused = list[tuple[str, Traits]]


@dataclass(frozen=True, slots=True)
class MatchRow:
    """Something that fits: where it is, how well, and why."""

    ref: Ref
    title: str
    url: str
    lang: str
    kind: str
    by: str
    fit: Fit


_listing_columns = (
    Listing.id,
    Listing.title,
    Listing.slug,
    Listing.lang,
    Listing.summary,
    Listing.kind,
    Listing.facts,
    Listing.sectors,
    Listing.region,
    Listing.city,
    Listing.trl,
    Listing.owner_id,
    Listing.price_cents,
)
_need_columns = (
    Need.id,
    Need.title,
    Need.slug,
    Need.lang,
    Need.teaser,
    Need.targets,
    Need.kind,
    Need.sectors,
    Need.region,
    Need.trl,
    Need.owner_id,
    Need.alias,
    Need.visibility,
)


def listings_for(viewer: Viewer, need: Need, *, limit: int = SHOWN, at_least: float = ENOUGH_TO_SHOW) -> list[MatchRow]:
    """The listings that fit a need best, of those on the shelf for this viewer, who has no use for their own.

    What its owner offers is left out for the owner alone: others could tell from a gap whose an anonymous need is.
    """
    titles, texts = scores(viewer, need.title, words_of(need), kind="listing")
    ids = {*titles, *texts, *_same_sector(ListingSector.sector, ListingSector.listing_id, need.sectors)}
    if not ids:
        return []
    refused, gone = _refused(viewer, Side.NEED, need.id)
    rows = session().execute(
        select(*_listing_columns).where(
            Listing.id.in_(sorted(ids - gone)), is_offered(viewer), Listing.owner_id.is_distinct_from(viewer.user_id)
        )
    )
    names, locale = kind_names(viewer.locale), viewer.locale
    ours, text = need_traits(need), words_of(need)

    fits = [
        (
            fit(
                ours,
                listing_traits(row),
                title_score=titles.get(row.id, 0.0),
                text_score=texts.get(row.id, 0.0),
                refused=refused,
            ),
            row,
        )
        for row in rows
    ]
    best = _best(fits, lambda row: f"{row.title}\n{row.summary}", text, limit=limit, at_least=at_least)
    found = []
    for fits_so, row, words in best:
        traits, kind = listing_traits(row), names.get(row.kind, row.kind)
        kind_name = _kind_name(traits, names, locale)
        said = with_reasons(fits_so, ours, traits, words=words, kind_name=kind_name, locale=locale)
        url = listing_url(row.id, row.slug)
        found.append(MatchRow(Ref(LISTING, row.id), row.title, url, row.lang, kind, "", said))
    return found


def needs_for(
    viewer: Viewer, listing: Listing, *, limit: int = SHOWN, at_least: float = ENOUGH_TO_SHOW
) -> list[MatchRow]:
    """The open needs that a listing fits best, of those that this viewer sees and that are not the viewer's own."""
    text = f"{listing.title}\n{listing.summary}"
    titles, texts = scores(viewer, listing.title, text, kind="need", more=(Filter("need_state", frozenset({"open"})),))
    ids = {*titles, *texts, *_same_sector(NeedSector.sector, NeedSector.need_id, listing.sectors)}
    if not ids:
        return []
    refused, gone = _refused(viewer, Side.LISTING, listing.id)
    rows = session().execute(
        select(*_need_columns, owner_known(viewer).label("is_owner_known")).where(
            Need.id.in_(sorted(ids - gone)),
            Need.state == NeedState.OPEN,
            visible_needs(viewer),
            Need.owner_id.is_distinct_from(viewer.user_id),
        )
    )
    locale, names = viewer.locale, kind_names(viewer.locale)
    theirs = listing_traits(listing)

    fits = [
        (
            fit(
                need_traits(row),
                theirs,
                title_score=titles.get(row.id, 0.0),
                text_score=texts.get(row.id, 0.0),
                refused=refused,
                from_listing=True,
            ),
            row,
        )
        for row in rows
    ]
    best = _best(fits, lambda row: f"{row.title}\n{words_of(row)}", text, limit=limit, at_least=at_least)
    kind_name = _kind_name(theirs, names, locale)
    found = []
    for fits_so, row, words in best:
        said = with_reasons(fits_so, need_traits(row), theirs, words=words, kind_name=kind_name, locale=locale)
        by = "" if row.is_owner_known else alias_name(row.alias, locale)
        kind, url = name_of("kind", row.kind, locale), need_url(row.id, row.slug)
        found.append(MatchRow(Ref(NEED, row.id), row.title, url, row.lang, kind, by, said))
    return found


def need_traits(need: Need | Row[Any]) -> Traits:
    """What a need says of itself. Whose an anonymous one is, is not compared."""
    return Traits(
        kind=need.kind,
        sectors=tuple(need.sectors),
        region=need.region,
        trl=need.trl,
        owner_id=0 if need.visibility == "anonymous" else need.owner_id,
    )


def listing_traits(listing: Listing | Row[Any]) -> Traits:
    """What a listing says of itself."""
    return Traits(
        kind=listing.kind,
        service_kind=str(listing.facts.get("service_kind", "")),
        sectors=tuple(listing.sectors),
        region=listing.city or listing.region,
        trl=listing.trl,
        owner_id=listing.owner_id,
        price_cents=listing.price_cents,
    )


def words_of(need: Need | Row[Any]) -> str:
    """The public words of a need beside its title."""
    return "\n".join([need.title, need.teaser, *(row["quantity"] for row in need.targets)])


def scores(
    viewer: Viewer, title: str, text: str, *, kind: str, more: tuple[Filter, ...] = (), by_title: bool = True
) -> tuple[dict[int, float], dict[int, float]]:
    """BM25 by id: of the title against titles, and of the text against texts, from what this viewer may find."""
    filters = (Filter("kind", frozenset({kind})), *more)

    def ask(words: str, field: str, limit: int) -> dict[int, float]:
        query = any_of(words, field_scored=field)
        query = replace(query, clauses=query.clauses[:MOST_CLAUSES], filters=filters)
        return {int(hit.key.rpartition(":")[2]): hit.score for hit in ranked(viewer, query, limit=limit)}

    titles = ask(title, "title", BY_TITLE) if by_title else {}
    texts = ask(title, "text", BY_TEXT)
    rest = text.removeprefix(title).strip()
    if rest:
        for number, score in ask(rest, "text", BY_TEXT).items():
            texts[number] = max(texts.get(number, 0.0), score)
    return titles, texts


def _same_sector(sector: Any, number: Any, wanted: Sequence[str]) -> Iterable[int]:
    """The newest of the same sectors: what says the same in another language, or in other words."""
    if not wanted:
        return ()
    return session().scalars(select(number).where(sector.in_(wanted)).order_by(number.desc()).limit(BY_SECTOR))


def _refused(viewer: Viewer, side: Side, number: int) -> tuple[Refused, set[int]]:
    """What the viewer refused from this side: with the reasons and their traits, and the ids that are gone.

    It is nobody else's business: a gap in a list that others read would tell them of it.
    """
    is_need = side is Side.NEED
    other, columns = (Listing, _listing_columns) if is_need else (Need, _need_columns)
    mine = MatchRefusal.need_id if is_need else MatchRefusal.listing_id
    theirs = MatchRefusal.listing_id if is_need else MatchRefusal.need_id
    rows = session().execute(
        select(MatchRefusal.reason, *columns)
        .join_from(MatchRefusal, other, other.id == theirs)
        .where(mine == number, MatchRefusal.side == side.value, MatchRefusal.user_id == viewer.user_id)
    )
    found = [(row.reason, row.id, listing_traits(row) if is_need else need_traits(row)) for row in rows]
    return [(reason, traits) for reason, _id, traits in found], {number for _reason, number, _traits in found}


def _best(
    fits: Iterable[tuple[Fit, Row[Any]]],
    text_of: Callable[[Row[Any]], str],
    ours: str,
    *,
    limit: int,
    at_least: float,
) -> list[tuple[Fit, Row[Any], tuple[str, ...]]]:
    """The best of them in order, with the words that are shared; only for those are words looked for at all."""
    best: list[tuple[Fit, Row[Any], tuple[str, ...]]] = []
    for found, row in sorted(fits, key=lambda pair: (-pair[0].score, -pair[1].id)):
        if len(best) == limit or found.score < at_least:
            break
        words = shared_words(ours, text_of(row))
        if words or found.score >= ENOUGH_WITHOUT_WORDS:
            best.append((found, row, words))
    return best


def _kind_name(traits: Traits, names: Mapping[str, str], locale: str) -> str:
    if traits.service_kind:
        return listing_name_of("service_kind", traits.service_kind, locale)
    return names.get(traits.kind, traits.kind)
