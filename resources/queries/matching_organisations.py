"""Organisations that may answer a need: by what they are, where, in which sectors, and what they say of themselves."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import defer

from accounts.kinds import ORGANISATION
from accounts.models import Organisation, OrganisationSeat, SeatState
from accounts.organisation_kinds import organisation_kinds, sub_kinds
from accounts.organisation_rows import row_of
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.models import Need
from resources.need_words import serves
from resources.queries.fitting import ENOUGH_TO_SHOW, Traits, fit, with_reasons
from resources.queries.match_scores import text_scores, words_of
from resources.queries.matching import MatchRow, need_traits, refused_of
from resources.queries.shared_words import shared_words
from search_index.clauses import Synonyms
from search_index.synonyms import synonyms

IN_SEARCH = "organisation"
AS_KIND = "organisation"  # in the table of what serves a need, before the kind or sub-kind
MOST = 6
READ = 2_000  # characters of what they say whose words are compared


def organisations_for(
    viewer: Viewer,
    need: Need,
    *,
    limit: int = MOST,
    also: Synonyms | None = None,
    texts: Mapping[int, float] | None = None,
) -> list[MatchRow]:
    """The open organisations that fit a need best: kind, sector and place are compared, names and introductions.

    Left out are those where the viewer has a seat, and those of the need's owner where everybody knows who that is: of
    an anonymous need a gap would tell it. Whoever asked `text_scores` for several kinds at once hands over those of
    organisations, `texts`.
    """
    text, also = words_of(need), synonyms() if also is None else also
    if texts is None:
        texts = text_scores(viewer, need, IN_SEARCH, also=also)[IN_SEARCH]
    if not texts:
        return []
    gone = refused_of(viewer, need, ORGANISATION)
    known = [viewer.user_id, None if need.visibility == "anonymous" else need.owner_id]
    own = select(OrganisationSeat.organisation_id).where(
        OrganisationSeat.user_id.in_([number for number in known if number is not None]),
        OrganisationSeat.state == SeatState.ACTIVE,
    )
    held = (
        session()
        .scalars(
            select(Organisation)
            .where(
                Organisation.id.in_(sorted({*texts, *gone})),
                Organisation.closed_at.is_(None),
                Organisation.id.not_in(own),
            )
            .options(defer(Organisation.about_html))
        )
        .all()
    )
    traits = {one.id: _traits(need, one) for one in held}
    refused = [(reason, traits[number]) for number, reason in gone.items() if number in traits]
    ours, names = need_traits(need), organisation_kinds(viewer.locale) | sub_kinds(viewer.locale)
    found = []
    for one in held:
        if one.id in gone:
            continue
        theirs = traits[one.id]
        fits = fit(ours, theirs, title_score=0.0, text_score=texts.get(one.id, 0.0), refused=refused)
        fits = replace(fits, parts=tuple(part for part in fits.parts if part.name != "title"))
        if fits.score < ENOUGH_TO_SHOW:
            continue
        words = shared_words(text, "\n".join([one.name, one.name_en, one.about[:READ]]), synonyms=also)
        if words:
            kind_name = names.get(theirs.service_kind, theirs.service_kind)
            said = with_reasons(fits, ours, theirs, words=words, kind_name=kind_name, locale=viewer.locale)
            row = row_of(one, viewer.locale)
            facts = tuple(fact for fact in (*row.sub_kind_names, row.place) if fact)
            ref = Ref(ORGANISATION, one.id)
            found.append(MatchRow(ref, row.title, row.url, row.lang, row.kind_name, "", said, facts))
    return sorted(found, key=lambda match: (-match.fit.score, match.ref.id))[:limit]


def _traits(need: Need, one: Organisation) -> Traits:
    """An organisation counts as that of its kind and sub-kinds which serves the need best."""
    best = max((one.kind, *one.sub_kinds), key=lambda code: serves(need.kind, AS_KIND, code))
    return Traits(kind=AS_KIND, service_kind=best, sectors=tuple(one.sectors), region=one.region)
