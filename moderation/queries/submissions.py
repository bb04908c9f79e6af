from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, func, literal, literal_column, select

from accounts.models import User
from accounts.viewers import contribute_count
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.markup import cook, excerpt
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer
from moderation.contributions import SUBMISSION
from moderation.models import HouseRule, Review, ReviewState, Submission, SubmissionState
from moderation.policy import visible_reviews, watches
from moderation.reasons import sentences
from moderation.subjects import verb_named

PAGE = 30


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """Something of mine that waits, or what became of it."""

    id: int
    state: str
    title: str
    body: str
    html: Markup
    lang: str
    place: Card | None
    result: Card | None
    why: list[str]
    reason: str
    rule: HouseRule | None
    may_change: bool
    created_at: datetime
    decided_at: datetime | None

    @property
    def excerpt(self) -> str:
        """Its beginning, for lists of what has no title."""
        return excerpt(self.body, 120, format="markdown")


def my_submissions(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[SubmissionRow]:
    """What I sent in and had to wait, newest first; not what I took back."""
    query = select(Submission).where(Submission.author_id == viewer.me, Submission.state != SubmissionState.WITHDRAWN)
    page = keyset_page(query, keys=[Submission.id], limit=limit, cursor=cursor)
    return Page(_rows(viewer, [row[0] for row in page.items]), page.next)


def my_submission(viewer: Viewer, submission_id: int) -> SubmissionRow:
    """One of mine; nobody else's is ever found."""
    submission = session().get(Submission, submission_id)
    if submission is None or submission.author_id != viewer.user_id:
        raise NotFoundError
    return _rows(viewer, [submission])[0]


def waiting_at(viewer: Viewer, place: Ref) -> list[SubmissionRow]:
    """What I wrote at this place and nobody else sees yet, in the order in which I wrote it. Asks nothing of others."""
    if viewer.own_id is None or not viewer.waiting:
        return []
    mine = select(Submission).where(
        Submission.author_id == viewer.me,
        Submission.state == SubmissionState.WAITING,
        Submission.place_kind == place.kind,
        Submission.place_id == place.id,
    )
    return _rows(viewer, list(session().scalars(mine.order_by(Submission.id))))


def is_shown_to(
    viewer: Viewer, *, author_id: SQLColumnExpression[int], text: ColumnElement[str]
) -> ColumnElement[bool] | None:
    """Whether something that waits, and of which this viewer decides, is by this author and contains this text.

    For what hangs on a submission, such as a file: None for whoever decides of nothing.
    """
    if not watches(viewer):
        return None
    return (
        select(Submission.id)
        .join(Review, (Review.kind == SUBMISSION) & (Review.ref_id == Submission.id))
        .where(
            Submission.author_id == author_id,
            Submission.state == SubmissionState.WAITING,
            Submission.body.like(literal("%") + text + literal("%")),
            Review.state == ReviewState.OPEN,
            visible_reviews(viewer),
        )
        .exists()
    )


def stands_in_submission(*, author_id: SQLColumnExpression[int], text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether something of this author that waits contains this text."""
    return (
        select(Submission.id)
        .where(
            Submission.author_id == author_id,
            Submission.state == SubmissionState.WAITING,
            Submission.body.like(literal("%") + text + literal("%")),
        )
        .exists()
    )


def _rows(viewer: Viewer, submissions: list[Submission]) -> list[SubmissionRow]:
    places = {Ref(one.place_kind, one.place_id) for one in submissions}
    results = {Ref(one.result_kind, one.result_id) for one in submissions if one.result_id is not None}
    found = cards(viewer, places | results)
    decided = _decided([one.id for one in submissions if one.state == SubmissionState.REFUSED])
    rows = []
    for one in submissions:
        review, rule = decided.get(one.id, (None, None))
        rows.append(
            SubmissionRow(
                id=one.id,
                state=one.state,
                title=one.title,
                body=one.body,
                html=Markup(cook(one.body, mentions=False).html),  # noqa: S704 - cooked and sanitised
                lang=one.lang,
                place=found.get(Ref(one.place_kind, one.place_id)),
                result=None if one.result_id is None else found.get(Ref(one.result_kind, one.result_id)),
                why=sentences(one.reasons),
                reason="" if review is None else review.reason,
                rule=rule,
                may_change=one.state == SubmissionState.WAITING and verb_named(one.verb).change is not None,
                created_at=one.created_at,
                decided_at=one.decided_at,
            )
        )
    return rows


def _decided(ids: list[int]) -> dict[int, tuple[Review, HouseRule | None]]:
    """What was said about those that were refused."""
    if not ids:
        return {}
    query = (
        select(Review, HouseRule)
        .outerjoin(HouseRule, HouseRule.id == Review.rule_id)
        .where(Review.kind == SUBMISSION, Review.ref_id.in_(ids), Review.state == ReviewState.DECIDED)
    )
    return {row.Review.ref_id: (row.Review, row.HouseRule) for row in session().execute(query)}


def _waiting(user_id: ColumnElement[int]) -> ScalarSelect[int]:
    """How much of somebody waits, in the statement that makes the Viewer."""
    submission = Submission.__table__
    mine = (submission.c.author_id == user_id, submission.c.state == literal_column("'waiting'"))
    return select(func.count()).select_from(submission).where(*mine).correlate(User.__table__).scalar_subquery()


contribute_count("waiting", _waiting)
