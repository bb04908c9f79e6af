"""What waits, decided: published as its author would, or refused with the reason; or taken back by its author."""

from dataclasses import replace

from accounts.viewers import viewer_for
from activity.actions import notify
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, GuildhallError, NotFoundError
from kernel.i18n import guess_lang
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.refs import Card, Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.actions.holding import empty, leave_queue, open_review_of, put_into_queue
from moderation.contributions import SUBMISSION
from moderation.limits import APPROVED, limits_of
from moderation.models import Review, Submission, SubmissionState
from moderation.policy import ModerationRight
from moderation.refusing import must_fit
from moderation.subjects import Verb, verb_named
from moderation.texts import made_of


def approve(review: Review) -> Card:
    """Publish it in its room, as its author and with their rights of now; the review is held and open."""
    submission = _of(review)
    card = _publish(submission)
    empty(submission, SubmissionState.APPROVED)
    submission.result_kind, submission.result_id = card.ref.kind, card.ref.id
    session().flush()
    notify(
        {submission.author_id: "my-submission"},
        event="submission.approved",
        actor_id=None,
        ref=card.ref,
        place=card.ref,
        audience=submission.audience,
    )
    enqueue("moderation.reckon", user_id=submission.author_id)
    return card


def refuse(review: Review) -> Submission:
    """It is not published; its author reads why, and their text for a month."""
    submission = _of(review)
    submission.state, submission.decided_at = SubmissionState.REFUSED.value, now()
    submission.payload = {}
    session().flush()
    ref = Ref(SUBMISSION, submission.id)
    notify(
        {submission.author_id: "my-submission"},
        event="submission.refused",
        actor_id=None,
        ref=ref,
        place=ref,
        audience=f"user:{submission.author_id}",
    )
    return submission


def withdraw(viewer: Viewer, *, submission_id: int) -> Submission:
    """I take it back; nothing of it stays."""
    submission = my_waiting(viewer, submission_id)
    leave_queue(submission)
    empty(submission, SubmissionState.WITHDRAWN)
    return submission


def correct(viewer: Viewer, *, submission_id: int, title: str, body: str) -> Submission:
    """Another text in place of the one that waits: it stands in the queue anew, so that nobody decides unseen."""
    submission = my_waiting(viewer, submission_id)
    change = verb_of(submission).change
    if change is None:
        raise ConflictError(_("This is changed where you wrote it."))
    changed = change(submission.payload, title, body)
    if (changed.title, changed.body) == (submission.title, submission.body):
        return submission
    must_fit(limits_of(viewer), made_of(changed.html), field="body")
    review = leave_queue(submission)
    if review is None:
        raise ConflictError(_("It was just decided. Reload, and look again."))
    submission.payload, submission.title, submission.body = dict(changed.payload), changed.title, changed.body
    submission.lang = guess_lang(changed.title + changed.body)
    put_into_queue(submission, scope=review.scope, details=dict(review.details))
    return submission


def my_waiting(viewer: Viewer, submission_id: int) -> Submission:
    """My own, held, as long as it waits; what was decided meanwhile is a conflict."""
    authorise(viewer, ModerationRight.READ_OWN)
    submission = session().get(Submission, submission_id)
    if submission is None or submission.author_id != viewer.me:
        raise NotFoundError
    open_review_of(submission)
    session().refresh(submission)
    if submission.state != SubmissionState.WAITING:
        raise ConflictError(_("It was just decided. Reload, and look again."))
    return submission


def verb_of(submission: Submission) -> Verb:
    """How its room publishes it."""
    return verb_named(submission.verb)


def _of(review: Review) -> Submission:
    submission = session().get(Submission, review.ref_id, populate_existing=True)
    if submission is None or submission.state != SubmissionState.WAITING:
        raise ConflictError(_("It was just decided. Reload, and look again."))
    return submission


def _publish(submission: Submission) -> Card:
    author = viewer_for(submission.author_id)
    if not author.signed_in:
        raise ConflictError(_("Its author is suspended, or has left: it cannot be published for them."))
    try:
        return verb_of(submission).publish(replace(author, rights=author.rights | {APPROVED}), submission.payload)
    except GuildhallError as refusal:
        why = refusal.detail or next(iter(refusal.errors.values()), _("Its place is gone."))
        raise ConflictError(
            _("It cannot be published now, and stays in the queue. The reason: %(why)s", why=why)
        ) from (refusal)
