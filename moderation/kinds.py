"""Cards of what stands in the queue, of sanctions, appeals and rules, for those whom each concerns."""

from collections.abc import Iterable, Mapping

from sqlalchemy import or_, select

from kernel.db import session
from kernel.refs import Card, Kind, Ref, cards, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation import counts, people, shut_out
from moderation.actions.appeals import APPEAL
from moderation.actions.outcomes import show_flagged
from moderation.actions.rules import RULE
from moderation.actions.sanctions import SANCTION
from moderation.models import Appeal, Flag, HouseRule, Review, Sanction
from moderation.policy import decides, visible_reviews
from moderation.reviewables import Shown
from moderation.wording import sanction_names

REVIEW = "moderation.review"

__all__ = ["counts", "people", "shut_out"]


def _reviews(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """For whoever decides, whoever flagged, and whoever wrote it; each is led to their own page."""
    if not viewer.signed_in:
        return {}
    raised = select(Flag.id).where(Flag.review_id == Review.id, Flag.user_id == viewer.user_id)
    concerned = or_(visible_reviews(viewer), Review.author_id == viewer.user_id, raised.exists())
    rows = session().scalars(select(Review).where(Review.id.in_(ids), concerned)).all()
    things = cards(viewer, [row.ref for row in rows])
    mine = show_flagged(viewer, [row for row in rows if row.author_id == viewer.user_id and row.ref not in things])
    return {row.id: _review(viewer, row, things.get(row.ref), mine.get(row.id)) for row in rows}


def _review(viewer: Viewer, review: Review, thing: Card | None, mine: Shown | None) -> Card:
    is_own = review.author_id == viewer.user_id
    url = f"/standing#review-{review.id}" if is_own else "/flags"
    if not is_own and decides(viewer, review):
        url = f"/moderation/{review.id}"
    if thing is not None:
        return Card(Ref(REVIEW, review.id), thing.title, url, thing.lang)
    if mine is not None:
        return Card(Ref(REVIEW, review.id), mine.title, url, mine.title_lang)
    return Card(Ref(REVIEW, review.id), _("Something you wrote") if is_own else _("Something that was flagged"), url)


def _sanctions(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """For whom it concerns."""
    mine = select(Sanction.id, Sanction.kind).where(Sanction.id.in_(ids), Sanction.user_id == (viewer.user_id or 0))
    names = sanction_names()
    return {
        row.id: Card(Ref(SANCTION, row.id), names[row.kind], f"/standing#sanction-{row.id}")
        for row in session().execute(mine)
    }


def _appeals(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """For whoever made it."""
    mine = select(Appeal.id).where(Appeal.id.in_(ids), Appeal.user_id == (viewer.user_id or 0))
    return {number: Card(Ref(APPEAL, number), _("Your appeal"), "/standing") for number in session().scalars(mine)}


def _rules(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().scalars(select(HouseRule).where(HouseRule.id.in_(ids)))
    return {row.id: Card(Ref(RULE, row.id), row.title(viewer.locale), f"/rules#{row.slug}") for row in rows}


for _name, _cards in ((REVIEW, _reviews), (SANCTION, _sanctions), (APPEAL, _appeals), (RULE, _rules)):
    register_kind(Kind(_name, _cards))
