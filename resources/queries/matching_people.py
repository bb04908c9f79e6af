"""People who may know the answer to a need: by what they say of themselves."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from accounts.models import User
from accounts.queries import is_shown
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.models import Need
from resources.queries.fitting import ENOUGH_TO_SHOW, Traits, fit, with_reasons
from resources.queries.match_scores import text_scores, words_of
from resources.queries.matching import MatchRow, need_traits, refused_of
from resources.queries.shared_words import shared_words
from search_index.clauses import Synonyms
from search_index.synonyms import synonyms

PERSON, IN_SEARCH = "accounts.user", "person"
MOST = 6


def people_for(
    viewer: Viewer,
    need: Need,
    *,
    limit: int = MOST,
    also: Synonyms | None = None,
    texts: Mapping[int, float] | None = None,
) -> list[MatchRow]:
    """The people who fit a need best, the viewer left out. Their fields and sectors are compared, and their place.

    Whoever asked `text_scores` for several kinds at once hands over those of people, `texts`.
    """
    text, also = words_of(need), synonyms() if also is None else also
    if texts is None:
        texts = text_scores(viewer, need, IN_SEARCH, also=also)[IN_SEARCH]
    if not texts:
        return []
    gone = refused_of(viewer, need, PERSON)
    rows = (
        session()
        .execute(
            select(
                User.id, User.handle, User.display_name, User.affiliation, User.job_title, User.fields, User.bio,
                User.sectors, User.region,
            ).where(User.id.in_(sorted({*texts, *gone})), *is_shown(), User.id.is_distinct_from(viewer.user_id))
        )
        .all()
    )  # fmt: skip
    traits = {row.id: Traits(sectors=tuple(row.sectors), region=row.region, owner_id=row.id) for row in rows}
    refused = [(reason, traits[number]) for number, reason in gone.items() if number in traits]
    ours = need_traits(need)
    found = []
    for row in rows:
        if row.id in gone:
            continue
        theirs = traits[row.id]
        words = shared_words(text, "\n".join([*row.fields, row.job_title, row.bio]), synonyms=also)
        fits = fit(ours, theirs, title_score=0.0, text_score=texts.get(row.id, 0.0), refused=refused)
        fits = replace(fits, parts=tuple(part for part in fits.parts if part.name != "title"))
        if words and fits.score >= ENOUGH_TO_SHOW:
            said = with_reasons(fits, ours, theirs, words=words, kind_name="", locale=viewer.locale)
            url = f"/people/{row.handle}"
            found.append(MatchRow(Ref(PERSON, row.id), row.display_name, url, "", row.affiliation, "", said))
    return sorted(found, key=lambda person: (-person.fit.score, person.ref.id))[:limit]
