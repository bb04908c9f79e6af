"""What waits is written down, and put into the queue; so is what was published with a word that is only flagged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from kernel.clock import now
from kernel.db import session
from kernel.i18n import guess_lang
from kernel.refs import Ref
from kernel.viewer import Viewer
from moderation.actions.reviews import open_review
from moderation.contributions import SUBMISSION, Contribution
from moderation.models import Review, ReviewKind, ReviewState, Submission, SubmissionState


def hold(
    viewer: Viewer, it: Contribution, *, reasons: Sequence[str], words: Sequence[str] = (), ring: Sequence[int] = ()
) -> Submission:
    """Keep it until somebody has decided. `ring` are people who sent much the same."""
    if it.is_alone:
        _take_back_earlier(viewer, it)
    submission = Submission(
        author_id=viewer.me,
        verb=it.verb,
        payload=dict(it.payload),
        place_kind=it.place.kind,
        place_id=it.place.id,
        audience=it.audience,
        title=it.title,
        body=it.body,
        lang=guess_lang(it.title + it.body),
        reasons=list(reasons),
    )
    session().add(submission)
    session().flush()
    details: dict[str, Any] = {"words": list(words)} if words else {}
    if ring:
        details["alike"] = _waiting_of(ring)
    put_into_queue(submission, scope=it.scope, details=details)
    return submission


def put_into_queue(submission: Submission, *, scope: str, details: dict[str, Any]) -> Review:
    """The review of what waits."""
    return open_review(
        why=ReviewKind.SUBMISSION,
        ref=Ref(SUBMISSION, submission.id),
        place=Ref(submission.place_kind, submission.place_id),
        scope=scope,
        audience=submission.audience,
        author_id=submission.author_id,
        details=details,
    )


def flag_words(ref: Ref, it: Contribution, *, author_id: int, words: Sequence[str]) -> None:
    """Bring before a moderator what was published with words that are watched."""
    review = open_review(
        why=ReviewKind.FLAG,
        ref=ref,
        place=it.place,
        scope=it.scope,
        audience=it.audience,
        author_id=author_id,
        weight=1,
        details={"words": list(words)},
    )
    review.details = {**review.details, "words": sorted({*review.details.get("words", []), *words})}


def leave_queue(submission: Submission) -> Review | None:
    """Nobody need decide about it any more; answers the review that was open."""
    review = open_review_of(submission)
    if review is not None:
        review.state = ReviewState.GONE.value
        review.decided_at = now()
        session().flush()
    return review


def forget_waiting_at(place: Ref) -> None:
    """The thing that waited to be published is no more."""
    waiting = session().scalars(
        select(Submission).where(
            Submission.place_kind == place.kind,
            Submission.place_id == place.id,
            Submission.state == SubmissionState.WAITING,
        )
    )
    for submission in waiting.all():
        leave_queue(submission)
        empty(submission, SubmissionState.WITHDRAWN)


def open_review_of(submission: Submission) -> Review | None:
    """The review in which it waits, held."""
    query = select(Review).where(
        Review.kind == SUBMISSION,
        Review.ref_id == submission.id,
        Review.why == ReviewKind.SUBMISSION,
        Review.state == ReviewState.OPEN,
    )
    return session().scalars(query.with_for_update().execution_options(populate_existing=True)).first()


def empty(submission: Submission, state: SubmissionState) -> None:
    """It waits no more, and what it said is not kept here."""
    submission.state, submission.decided_at = state.value, now()
    submission.payload, submission.title, submission.body = {}, "", ""


def _take_back_earlier(viewer: Viewer, it: Contribution) -> None:
    """Of one thing only the newest change waits."""
    earlier = session().scalars(
        select(Submission).where(
            Submission.author_id == viewer.me,
            Submission.verb == it.verb,
            Submission.place_kind == it.place.kind,
            Submission.place_id == it.place.id,
            Submission.state == SubmissionState.WAITING,
        )
    )
    for submission in earlier.all():
        leave_queue(submission)
        empty(submission, SubmissionState.WITHDRAWN)


def _waiting_of(people: Sequence[int]) -> list[int]:
    query = select(Submission.id).where(Submission.author_id.in_(people), Submission.state == SubmissionState.WAITING)
    return sorted(session().scalars(query))
