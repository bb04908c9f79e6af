"""Achievements that may answer a need, as the forum shows them to whoever looks; and the needs that one may answer."""

from sqlalchemy import select

from kernel.db import session
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.models import Need, NeedState
from resources.policy import visible_needs
from resources.queries.fitting import ENOUGH_TO_SHOW, ENOUGH_TO_TELL, Traits, fit, with_reasons
from resources.queries.match_scores import scores, words_of
from resources.queries.matching import NEED_COLUMNS, OPEN, MatchRow, need_traits, refused_of
from resources.queries.shared_words import shared_words
from search_index.clauses import Synonyms
from search_index.documents import Shown, fold_label
from search_index.engine import Filter
from search_index.searching import shown
from search_index.synonyms import synonyms

THREAD = "forum.thread"
ACHIEVEMENTS = Filter("thread_kind", frozenset({"achievement"}))
MOST = 6
LOOKED_AT = 24
READ = 2_000  # characters of a text whose words are compared


def achievements_for(
    viewer: Viewer,
    need: Need,
    *,
    limit: int = MOST,
    at_least: float = ENOUGH_TO_SHOW,
    also: Synonyms | None = None,
) -> list[MatchRow]:
    """The achievements that fit a need best, the viewer's own left out. Words are compared, and the sector."""
    text, also = words_of(need), synonyms() if also is None else also
    mine = frozenset({f"author={fold_label(viewer.handle)}"} if viewer.signed_in else ())
    titles, texts = scores(viewer, need.title, text, kind="thread", also=also, more=(ACHIEVEMENTS,), without=mine)
    if not (titles or texts):
        return []
    gone = refused_of(viewer, need, THREAD)
    likely = sorted(
        {*titles, *texts} - gone.keys(), key=lambda number: (-titles.get(number, 0.0) - texts.get(number, 0.0), -number)
    )[:LOOKED_AT]
    cards = {
        card.ref.id: card for card in shown(viewer, [f"{THREAD}:{number}" for number in (*likely, *gone)]).values()
    }
    refused = [(reason, _traits(cards[number])) for number, reason in gone.items() if number in cards]
    ours = need_traits(need)
    found = []
    for number in likely:
        card = cards.get(number)
        if card is None:
            continue
        theirs = _traits(card)
        fits = fit(
            ours,
            theirs,
            title_score=titles.get(number, 0.0),
            text_score=texts.get(number, 0.0),
            refused=refused,
        )
        words = shared_words(text, _text(card), synonyms=also) if fits.score >= at_least else ()
        if words:
            said = with_reasons(fits, ours, theirs, words=words, kind_name="", locale=viewer.locale)
            found.append(
                MatchRow(
                    card.ref,
                    card.title,
                    card.url,
                    card.lang,
                    _("Achievement"),
                    "",
                    said,
                    card.facts,
                    owner_id=card.author_id or 0,
                )
            )
    return sorted(found, key=lambda row: (-row.fit.score, -row.ref.id))[:limit]


def needs_that_fit(author: Viewer, thread_id: int, *, limit: int) -> list[tuple[int, float]]:
    """The open needs of others that an achievement fits well enough to tell its author: their ids with the scores."""
    card = shown(author, [f"{THREAD}:{thread_id}"]).get(f"{THREAD}:{thread_id}")
    if card is None:
        return []
    text, also = _text(card), synonyms()
    titles, texts = scores(author, card.title, text, kind="need", also=also, more=OPEN)
    rows = session().execute(
        select(*NEED_COLUMNS).where(
            Need.id.in_(sorted({*titles, *texts})),
            Need.state == NeedState.OPEN,
            visible_needs(author),
            Need.owner_id != author.me,
        )
    )
    found = []
    for row in rows:
        score = fit(
            need_traits(row), _traits(card), title_score=titles.get(row.id, 0.0), text_score=texts.get(row.id, 0.0)
        ).score
        if score >= ENOUGH_TO_TELL and shared_words(words_of(row), text, synonyms=also):
            found.append((row.id, score))
    return sorted(found, key=lambda pair: (-pair[1], -pair[0]))[:limit]


def _traits(card: Shown) -> Traits:
    return Traits(sectors=card.sectors, owner_id=card.author_id or 0)


def _text(card: Shown) -> str:
    return f"{card.title}\n{card.text[:READ]}"
