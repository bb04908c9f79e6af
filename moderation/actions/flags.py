"""Flagging: once per person and thing, weighed, taken back; enough of it takes the thing out of sight."""

from sqlalchemy import func, select

from accounts.viewers import viewer_for
from activity.actions import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.actions.reviews import open_review
from moderation.actions.rules import rule_in_force
from moderation.events import ThingFlagged
from moderation.models import Flag, Review, ReviewKind, ReviewState
from moderation.policy import OFFICERS, ModerationRight
from moderation.reviewables import Outcome, kept
from moderation.subjects import Flaggable, looks_after, subject_of
from moderation.weights import enough, weight_of
from moderation.wording import check_reason


def thing_to_flag(viewer: Viewer, ref: Ref) -> Flaggable:
    """The thing, if the viewer sees it and may flag it."""
    authorise(viewer, ModerationRight.FLAG)
    subject = subject_of(ref.kind)
    thing = subject.find(viewer, ref.id) if subject is not None else None
    if thing is None:
        raise NotFoundError
    authorise(viewer, ModerationRight.FLAG, thing)
    return thing


def flag(viewer: Viewer, *, ref: Ref, rule_id: int | None = None, note: str = "", pass_on: bool = False) -> Flag:
    """Say that a thing breaks a rule or, without one, that a moderator should look; `note` says why.

    What stands in an alliance's rooms is for its officers; with `pass_on` the staff of the site see this one thing too.
    """
    thing = thing_to_flag(viewer, ref)
    if thing.is_hidden:
        raise ConflictError(_("It is out of sight already; somebody has seen to it."))
    rule = rule_in_force(rule_id)
    note = check_reason(note, field="note", is_needed=rule is None)
    review = open_review(
        why=ReviewKind.FLAG,
        ref=thing.ref,
        place=thing.place,
        scope=thing.scope,
        audience=thing.audience,
        author_id=thing.author_id,
    )
    if my_flag(viewer, thing.ref) is not None:
        raise ConflictError(_("You have flagged this before. Your flags say what became of it."))
    raised = Flag(
        review_id=review.id,
        user_id=viewer.me,
        rule_id=rule.id if rule else None,
        note=note,
        weight=weight_of(viewer),
    )
    session().add(raised)
    session().flush()
    weigh(review)
    if pass_on and thing.scope.startswith(OFFICERS):
        review.passed_on_at = review.passed_on_at or now()
        _put_before(viewer, review)
    elif is_between_two(thing):
        _put_before(viewer, review)
    is_hidden = _hide_if_enough(review)
    emit(ThingFlagged(review.id, raised.id, is_hidden=is_hidden))
    return raised


def is_between_two(thing: Flaggable) -> bool:
    """Whether nobody who decides could see it without the flag."""
    subject = subject_of(thing.ref.kind)
    return subject is not None and subject.is_private


def withdraw_flag(viewer: Viewer, *, flag_id: int) -> None:
    """I was wrong: as long as nobody has decided, it counts no more."""
    authorise(viewer, ModerationRight.READ_OWN)
    raised = session().get(Flag, flag_id)
    if raised is None or raised.user_id != viewer.me:
        raise NotFoundError
    review = session().get_one(Review, raised.review_id, with_for_update=True, populate_existing=True)
    if review.state != ReviewState.OPEN:
        raise ConflictError(_("It was decided in the meantime."))
    session().delete(raised)
    session().flush()
    weigh(review)
    if review.weight == 0 and "asked_at" not in review.details:
        bring_back(None, review)
        review.state = ReviewState.GONE.value


def my_flag(viewer: Viewer, ref: Ref) -> Flag | None:
    """The flag that the viewer has raised at this thing, ever."""
    mine = select(Flag).join(Review, Review.id == Flag.review_id)
    return (
        session()
        .scalars(mine.where(Review.kind == ref.kind, Review.ref_id == ref.id, Flag.user_id == viewer.user_id).limit(1))
        .first()
    )


def weigh(review: Review) -> None:
    """Keep the weight of a review as the sum of its flags': the only function that does."""
    total = select(func.coalesce(func.sum(Flag.weight), 0)).where(Flag.review_id == review.id)
    review.weight = int(session().scalar(total) or 0)


def take_out(viewer: Viewer | None, review: Review) -> None:
    """Out of sight, in somebody's name or, until somebody decides, in nobody's."""
    subject = subject_of(review.kind)
    if subject is not None:
        subject.hide(viewer, review.ref_id, "")
    review.hidden_at = review.hidden_at or now()


def bring_back(viewer: Viewer | None, review: Review) -> None:
    """Into sight again, if it was this review by which it went out of it."""
    subject = subject_of(review.kind)
    if subject is not None and review.hidden_at is not None:
        subject.show(viewer, review.ref_id, "")
    review.hidden_at = None


def _hide_if_enough(review: Review) -> bool:
    """Not what a moderator has decided to keep, and not what was written by one of those who look after the place."""
    if not 0 < enough() <= review.weight or review.hidden_at is not None or _was_kept(review):
        return False
    if review.author_id is not None and looks_after(viewer_for(review.author_id), review.scope):
        return False
    take_out(None, review)
    record_act(
        Viewer(),
        act="review.hide",
        ref=review.log_ref,
        place=review.place,
        audience=review.audience,
        details={"right": "moderation.flags", "review": review.id},
    )
    return True


def _was_kept(review: Review) -> bool:
    kept = select(Review.id).where(
        Review.kind == review.kind, Review.ref_id == review.ref_id, Review.outcome == Outcome.KEEP
    )
    return session().scalar(kept.limit(1)) is not None


def _put_before(viewer: Viewer, review: Review) -> None:
    """Whoever decides sees the one thing, as whoever flags it sees it now."""
    subject = subject_of(review.kind)
    shown = subject.excerpts(viewer, [review.ref_id]).get(review.ref_id) if subject is not None else None
    if shown is not None:
        review.details = {**review.details, "passed_on": kept(shown)}
