"""Which listings and people fit a need, and which open needs fit a listing: candidates from search, then what they say.

Only what everybody in the need's audience sees is compared, so that a reason never shows more than the page does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select

from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.models import Listing, ListingSector, MatchRefusal, Need, NeedSector, NeedState, Side
from resources.need_addresses import need_url
from resources.need_words import alias_name, name_of
from resources.policy import is_offered, owner_known, visible_needs
from resources.queries.fitting import ENOUGH_TO_SHOW, ENOUGH_WITHOUT_WORDS, Fit, Traits, fit, with_reasons
from resources.queries.match_scores import scores, words_of
from resources.queries.shared_words import shared_words
from resources.vocabulary import kind_names
from resources.vocabulary import name_of as listing_name_of
from search_index.clauses import Synonyms
from search_index.engine import Filter
from search_index.synonyms import synonyms

BY_SECTOR = 20
SHOWN = 10
LISTING, NEED = "resources.listing", "resources.need"

OPEN = (Filter("need_state", frozenset({"open"})),)

Refused = list[tuple[str, Traits]]


@dataclass(frozen=True, slots=True)
class MatchRow:
    """Something that fits: where it is, how well, and why. `owner_id` is whose it is, where that may be told of."""

    ref: Ref
    title: str
    url: str
    lang: str
    kind: str
    by: str
    fit: Fit
    facts: tuple[str, ...] = ()
    owner_id: int = 0


LISTING_COLUMNS = (
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
NEED_COLUMNS = (
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


def listings_for(
    viewer: Viewer,
    need: Need,
    *,
    limit: int = SHOWN,
    at_least: float = ENOUGH_TO_SHOW,
    also: Synonyms | None = None,
) -> list[MatchRow]:
    """The listings that fit a need best, of those on the shelf for this viewer, who has no use for their own.

    What its owner offers is left out for the owner alone: others could tell from a gap whose an anonymous need is.
    Whoever looks for several kinds of things at once hands the synonyms to each, `also`, and asks for them once.
    """
    also = synonyms() if also is None else also
    titles, texts = scores(viewer, need.title, words_of(need), kind="listing", also=also)
    ids = {*titles, *texts, *_same_sector(ListingSector.sector, ListingSector.listing_id, need.sectors)}
    if not ids:
        return []
    refused, gone = _refused(viewer, Side.NEED, need.id)
    rows = session().execute(
        select(*LISTING_COLUMNS).where(
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
    best = _best(
        fits,
        lambda row: shared_words(text, f"{row.title}\n{row.summary}", synonyms=also),
        limit=limit,
        at_least=at_least,
    )
    found = []
    for fits_so, row, words in best:
        traits, kind = listing_traits(row), names.get(row.kind, row.kind)
        kind_name = _kind_name(traits, names, locale)
        said = with_reasons(fits_so, ours, traits, words=words, kind_name=kind_name, locale=locale)
        url = listing_url(row.id, row.slug)
        found.append(MatchRow(Ref(LISTING, row.id), row.title, url, row.lang, kind, "", said, owner_id=row.owner_id))
    return found


def needs_for(
    viewer: Viewer, listing: Listing, *, limit: int = SHOWN, at_least: float = ENOUGH_TO_SHOW
) -> list[MatchRow]:
    """The open needs that a listing fits best, of those that this viewer sees and that are not the viewer's own."""
    text = f"{listing.title}\n{listing.summary}"
    also = synonyms()
    titles, texts = scores(viewer, listing.title, text, kind="need", also=also, more=OPEN)
    ids = {*titles, *texts, *_same_sector(NeedSector.sector, NeedSector.need_id, listing.sectors)}
    if not ids:
        return []
    refused, gone = _refused(viewer, Side.LISTING, listing.id)
    rows = session().execute(
        select(*NEED_COLUMNS, owner_known(viewer).label("is_owner_known")).where(
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
    best = _best(
        fits,
        lambda row: shared_words(text, f"{row.title}\n{words_of(row)}", synonyms=also),
        limit=limit,
        at_least=at_least,
    )
    kind_name = _kind_name(theirs, names, locale)
    found = []
    for fits_so, row, words in best:
        said = with_reasons(fits_so, need_traits(row), theirs, words=words, kind_name=kind_name, locale=locale)
        by = "" if row.is_owner_known else alias_name(row.alias, locale)
        kind, url = name_of("kind", row.kind, locale), need_url(row.id, row.slug)
        found.append(MatchRow(Ref(NEED, row.id), row.title, url, row.lang, kind, by, said))
    return found


def has_refused(viewer: Viewer, side: Side, number: int) -> bool:
    """Whether there is anything that the viewer could take back on this side."""
    refused = select(MatchRefusal.user_id).where(*refused_from(viewer, side, number))
    return session().scalar(select(refused.exists())) or False


def refused_of(viewer: Viewer, need: Need, kind: str) -> dict[int, str]:
    """What of this kind the viewer refused for a need, with the reasons."""
    rows = session().execute(
        select(MatchRefusal.ref_id, MatchRefusal.reason).where(
            *refused_from(viewer, Side.NEED, need.id), MatchRefusal.kind == kind
        )
    )
    return {row.ref_id: row.reason for row in rows}


def refused_from(viewer: Viewer, side: Side, number: int) -> tuple[ColumnElement[bool], ...]:
    """What the viewer refused from a need, or from a listing.

    It is nobody else's business: a gap in a list that others read would tell them of it.
    """
    is_from = (
        MatchRefusal.need_id == number
        if side is Side.NEED
        else and_(MatchRefusal.kind == LISTING, MatchRefusal.ref_id == number)
    )
    return is_from, MatchRefusal.side == side.value, MatchRefusal.user_id == viewer.user_id


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


def _same_sector(sector: Any, number: Any, wanted: Sequence[str]) -> Iterable[int]:
    """The newest of the same sectors: what says the same in another language, or in other words."""
    if not wanted:
        return ()
    return session().scalars(select(number).where(sector.in_(wanted)).order_by(number.desc()).limit(BY_SECTOR))


def _refused(viewer: Viewer, side: Side, number: int) -> tuple[Refused, set[int]]:
    """The listings, or the needs, that the viewer refused from this side: reasons with traits, and the ids."""
    is_need = side is Side.NEED
    other, columns = (Listing, LISTING_COLUMNS) if is_need else (Need, NEED_COLUMNS)
    theirs = MatchRefusal.ref_id if is_need else MatchRefusal.need_id
    rows = session().execute(
        select(MatchRefusal.reason, *columns)
        .join_from(MatchRefusal, other, other.id == theirs)
        .where(*refused_from(viewer, side, number), MatchRefusal.kind == LISTING)
    )
    found = [(row.reason, row.id, listing_traits(row) if is_need else need_traits(row)) for row in rows]
    return [(reason, traits) for reason, _id, traits in found], {number for _reason, number, _traits in found}


def _best(
    fits: Iterable[tuple[Fit, Row[Any]]],
    words_with: Callable[[Row[Any]], tuple[str, ...]],
    *,
    limit: int,
    at_least: float,
) -> list[tuple[Fit, Row[Any], tuple[str, ...]]]:
    """The best of them in order, with the words that are shared; only for those are words looked for at all."""
    best: list[tuple[Fit, Row[Any], tuple[str, ...]]] = []
    for found, row in sorted(fits, key=lambda pair: (-pair[0].score, -pair[1].id)):
        if len(best) == limit or found.score < at_least:
            break
        words = words_with(row)
        if words or found.score >= ENOUGH_WITHOUT_WORDS:
            best.append((found, row, words))
    return best


def _kind_name(traits: Traits, names: Mapping[str, str], locale: str) -> str:
    if traits.service_kind:
        return listing_name_of("service_kind", traits.service_kind, locale)
    return names.get(traits.kind, traits.kind)
