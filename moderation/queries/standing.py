"""What concerns oneself: sanctions, what became of what one wrote, and of what one flagged."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.refs import Card, cards
from kernel.viewer import Viewer
from moderation.actions.outcomes import show_flagged
from moderation.actions.sanctions import FOREVER, in_force
from moderation.models import Appeal, Flag, HouseRule, Review, ReviewKind, ReviewState, Sanction, SanctionKind
from moderation.policy import visible_sanctions
from moderation.reviewables import Outcome, Shown
from moderation.seals import sealed
from moderation.subjects import subject_of

PAGE = 30


@dataclass(frozen=True, slots=True)
class SanctionRow:
    """A sanction as its person reads it."""

    sanction: Sanction
    rule: HouseRule | None
    appeal: Appeal | None
    appeal_url: str

    @property
    def is_in_force(self) -> bool:
        """Whether it counts now; a warning stands until it is lifted."""
        ends = self.sanction.ends_at
        return self.sanction.lifted_at is None and (ends is None or ends > now())


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What became of something that one wrote; `appeal_url` where one may still appeal, `edit_url` change it.

    `shown` is one's own text as it reads, also out of sight.
    """

    review: Review
    card: Card | None
    shown: Shown | None
    rule: HouseRule | None
    appeal: Appeal | None
    appeal_url: str
    edit_url: str


@dataclass(frozen=True, slots=True)
class MyFlag:
    """A flag of one's own, and what came of it."""

    flag: Flag
    review: Review
    rule: HouseRule | None
    card: Card | None


def my_sanctions(viewer: Viewer) -> list[SanctionRow]:
    """All of the viewer's own, the latest first."""
    return _sanctions(viewer.me, true())


def sanction_rows(viewer: Viewer, user_id: int) -> list[SanctionRow]:
    """Those of a person that the viewer, a moderator, knows of."""
    return _sanctions(user_id, visible_sanctions(viewer))


def _sanctions(user_id: int, which: ColumnElement[bool]) -> list[SanctionRow]:
    rows = session().execute(
        select(Sanction, HouseRule, Appeal)
        .outerjoin(HouseRule, HouseRule.id == Sanction.rule_id)
        .outerjoin(Appeal, Appeal.sanction_id == Sanction.id)
        .where(Sanction.user_id == user_id, which)
        .order_by(Sanction.id.desc())
    )
    return [
        SanctionRow(
            row.Sanction, row.HouseRule, row.Appeal, f"/appeals/{sealed('sanction', row.Sanction.id, user_id=user_id)}"
        )
        for row in rows
    ]


def decisions_about(viewer: Viewer, *, cursor: str | None = None) -> Page[DecisionRow]:
    """What moderators decided, or ask, about what the viewer wrote; the latest first."""
    waits = and_(Review.state == ReviewState.OPEN, Review.hidden_at.is_not(None))
    asked = and_(Review.state == ReviewState.OPEN, Review.details["asked"].as_string().is_not(None))
    decided = and_(Review.state == ReviewState.DECIDED, Review.outcome != Outcome.KEEP)
    query: Any = (
        select(Review, HouseRule, Appeal)
        .outerjoin(HouseRule, HouseRule.id == Review.rule_id)
        .outerjoin(Appeal, Appeal.review_id == Review.id)
        .where(Review.author_id == viewer.me, Review.why == ReviewKind.FLAG, or_(waits, asked, decided))
    )
    page = keyset_page(query, keys=[Review.id], limit=PAGE, cursor=cursor)
    found = cards(viewer, [row.Review.ref for row in page.items])
    shown = show_flagged(viewer, [row.Review for row in page.items])
    return page.map(
        lambda row: DecisionRow(
            row.Review,
            found.get(row.Review.ref),
            shown.get(row.Review.id),
            row.HouseRule,
            row.Appeal,
            f"/appeals/{sealed('review', row.Review.id, user_id=viewer.me)}"
            if row.Review.outcome == Outcome.REMOVE and row.Appeal is None
            else "",
            _edit_url(viewer, row.Review),
        )
    )


def _edit_url(viewer: Viewer, review: Review) -> str:
    """While nothing is decided, and where its author sees it."""
    subject = subject_of(review.kind) if review.state == ReviewState.OPEN else None
    if subject is None or not subject.edit or subject.find(viewer, review.ref_id) is None:
        return ""
    return subject.edit.format(review.ref_id)


def my_flags(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[MyFlag]:
    """What the viewer flagged, the latest first."""
    page = keyset_page(_flags(viewer), keys=[Flag.id], limit=limit, cursor=cursor)
    found = cards(viewer, [row.Review.ref for row in page.items])
    return page.map(lambda row: MyFlag(row.Flag, row.Review, row.HouseRule, found.get(row.Review.ref)))


def my_flag_row(viewer: Viewer, flag_id: int) -> MyFlag:
    """One of them; raises `NotFoundError`."""
    row = session().execute(_flags(viewer).where(Flag.id == flag_id)).first()
    if row is None:
        raise NotFoundError
    return MyFlag(row.Flag, row.Review, row.HouseRule, cards(viewer, [row.Review.ref]).get(row.Review.ref))


def _flags(viewer: Viewer) -> Any:
    return (
        select(Flag, Review, HouseRule)
        .join(Review, Review.id == Flag.review_id)
        .outerjoin(HouseRule, HouseRule.id == Flag.rule_id)
        .where(Flag.user_id == viewer.me)
    )


def latest_suspension(user_id: int) -> Sanction | None:
    """Of the suspensions in force the one that ends last."""
    rows = session().scalars(
        select(Sanction).where(Sanction.user_id == user_id, in_force(SanctionKind.SUSPENSION)).order_by(Sanction.id)
    )
    return max(rows, key=lambda row: row.ends_at or FOREVER, default=None)
