"""What waits, as the queue, the notices and the rest of the house find it."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from activity.models import Notice
from activity.sentences import sentence_for
from kernel.clock import now
from kernel.db import session
from kernel.markup import cook, excerpt
from kernel.refs import Card, Kind, Ref, cards, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.words import ngettext
from moderation import screening
from moderation.actions.holding import open_review_of
from moderation.actions.sanctions import impose
from moderation.actions.submissions import approve, refuse
from moderation.contributions import SUBMISSION
from moderation.models import Review, ReviewKind, ReviewState, SanctionKind, Submission, SubmissionState
from moderation.policy import decides
from moderation.reasons import sentences
from moderation.reviewables import Decision, Outcome, Reviewable, Shown, register_reviewable

__all__ = ["screening"]


def _show(viewer: Viewer, reviews: Sequence[Review]) -> Mapping[int, Shown]:
    """What was written, why it waits; whoever sees the review sees the text."""
    query = select(Submission).where(Submission.id.in_([review.ref_id for review in reviews]))
    found = {submission.id: submission for submission in session().scalars(query)}
    places = cards(viewer, {review.place for review in reviews})
    shown = {}
    for review in reviews:
        submission = found.get(review.ref_id)
        if submission is None or not submission.body:
            continue
        words, alike = review.details.get("words", []), review.details.get("alike", [])
        facts = sentences(submission.reasons)
        if words:
            facts.append(_("Watched words: %(words)s", words=", ".join(words)))
        if alike:
            facts.append(
                ngettext(
                    "%(num)s much like it waits too, and is refused with it.",
                    "%(num)s much like it wait too, and are refused with it.",
                    len(alike),
                )
            )
        shown[review.id] = Shown(
            title=submission.title or (places[review.place].title if review.place in places else ""),
            html=Markup(cook(submission.body, mentions=False).html),  # noqa: S704 - cooked and sanitised
            lang=submission.lang,
            facts=facts,
            at=submission.created_at,
        )
    return shown


def _decide(viewer: Viewer, review: Review, decision: Decision) -> None:
    if decision.outcome is Outcome.APPROVE:
        approve(review)
        return
    refuse(review)
    _refuse_alike(viewer, review)
    if decision.sanction and review.author_id is not None:
        impose(
            viewer,
            user_id=review.author_id,
            kind=SanctionKind(decision.sanction),
            reason=review.reason,
            scope=review.scope,
            rule_id=decision.rule_id,
            ends_at=decision.ends_at,
            note=decision.note,
            review=review,
        )


def _refuse_alike(viewer: Viewer, review: Review) -> None:
    """What others from the same network sent in of the same kind goes with it, as far as the viewer decides of it."""
    query = select(Submission).where(
        Submission.id.in_(review.details.get("alike", [])), Submission.state == SubmissionState.WAITING
    )
    for submission in session().scalars(query.order_by(Submission.id)).all():
        other = open_review_of(submission)
        if other is None or not decides(viewer, other):
            continue
        other.state, other.outcome = ReviewState.DECIDED.value, Outcome.REFUSE.value
        other.rule_id, other.reason = review.rule_id, review.reason
        other.decided_at, other.decided_by_id = now(), viewer.me
        refuse(other)


def _cards(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """Their author's alone."""
    if viewer.user_id is None:
        return {}
    query = select(Submission.id, Submission.title, Submission.body, Submission.lang).where(
        Submission.id.in_(ids), Submission.author_id == viewer.user_id, Submission.state != SubmissionState.WITHDRAWN
    )
    return {
        row.id: Card(
            Ref(SUBMISSION, row.id),
            row.title or excerpt(row.body, 80, format="markdown") or _("What you sent in"),
            f"/submissions/{row.id}",
            row.lang,
        )
        for row in session().execute(query)
    }


@sentence_for("submission.approved")
def _approved(_notice: Notice, _name: str) -> str:
    return _("What you wrote was approved, and is published")


@sentence_for("submission.refused")
def _refused(_notice: Notice, _name: str) -> str:
    return _("What you wrote was not published; here you read why")


register_reviewable(Reviewable(ReviewKind.SUBMISSION, (Outcome.APPROVE, Outcome.REFUSE), _show, _decide))
register_kind(Kind(SUBMISSION, _cards))
