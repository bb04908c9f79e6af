"""The queue: what is put into it, and the one decision that counts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite

from accounts.models import Grant, User
from accounts.queries import persons
from activity.actions import record_act
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.actions.rules import rule_in_force, rule_of
from moderation.events import ReviewDecided
from moderation.models import Review, ReviewKind, ReviewState
from moderation.policy import OFFICERS, ModerationRight, visible_reviews
from moderation.reviewables import Decision, Outcome, reviewable_of
from moderation.wording import check_reason, outcome_names

TRIES = 3
WITHOUT_REASON = (Outcome.KEEP, Outcome.APPROVE, Outcome.MOVED)


def open_review(
    *,
    why: ReviewKind,
    ref: Ref,
    place: Ref,
    scope: str,
    audience: str,
    author_id: int | None,
    weight: int = 0,
    details: Mapping[str, Any] | None = None,
) -> Review:
    """The open review of this thing, held: made if there is none yet, of two that try at once by one."""
    insert: Any = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(Review)
    new = insert.values(
        why=why.value,
        kind=ref.kind,
        ref_id=ref.id,
        place_kind=place.kind,
        place_id=place.id,
        scope=scope,
        audience=audience,
        author_id=author_id,
        weight=weight,
        state=ReviewState.OPEN.value,
        outcome="",
        reason="",
        details=dict(details or {}),
        created_at=now(),
    ).on_conflict_do_nothing()
    mine = select(Review).where(
        Review.kind == ref.kind, Review.ref_id == ref.id, Review.why == why, Review.state == ReviewState.OPEN
    )
    for _attempt in range(TRIES):  # it may be decided just after it stood in our way
        session().execute(new)
        held = session().scalars(mine.with_for_update().execution_options(populate_existing=True)).first()
        if held is not None:
            return held
    raise ConflictError(_("It was just decided. Reload, and look again."))


def decide(viewer: Viewer, *, review_id: int, decision: Decision) -> Review:
    """The decision, which counts if the review is open still: the second of two is told who was first, and how."""
    review = open_review_of(viewer, review_id, again=decision.outcome)
    if review.state != ReviewState.OPEN:
        return review
    if review.author_id == viewer.me and others_decide(review.scope, but=viewer.me):
        raise ForbiddenError(_("This is about yourself; somebody else decides."))
    reviewable = reviewable_of(review.why)
    if decision.outcome not in reviewable.outcomes:
        raise InvalidError(errors={"outcome": _("Choose one of these.")})
    rule = rule_in_force(decision.rule_id)
    reason = _reason(review, decision)
    review.state, review.outcome = ReviewState.DECIDED.value, decision.outcome.value
    review.rule_id, review.reason = decision.rule_id, reason
    review.decided_at, review.decided_by_id = now(), viewer.me
    reviewable.decide(viewer, review, decision)
    session().flush()
    record_act(
        viewer,
        act=f"review.{decision.outcome.value}",
        ref=review.log_ref,
        place=review.place,
        audience=review.audience,
        reason=reason,
        details={"right": ModerationRight.DECIDE.value, "rule": rule.slug if rule else "", "review": review.id},
    )
    emit(ReviewDecided(review.id))
    return review


def open_review_of(viewer: Viewer, review_id: int, *, again: Outcome | None = None) -> Review:
    """A review of the viewer's scopes, held and open; one that they decided `again` in the same way is given as it is.

    Whoever holds a review and a thing holds the review first.
    """
    seen = session().scalars(select(Review).where(Review.id == review_id, visible_reviews(viewer))).first()
    if seen is None:
        raise NotFoundError
    authorise(viewer, ModerationRight.DECIDE, seen)
    review = session().get_one(Review, review_id, with_for_update=True, populate_existing=True)
    is_mine = again is not None and review.outcome == again and review.decided_by_id == viewer.me
    if review.state != ReviewState.OPEN and not is_mine:
        raise ConflictError(_was_decided(review))
    return review


def others_decide(scope: str, *, but: int) -> bool:
    """Whether anybody else looks after the place: its own moderators, and the staff where it is not an alliance's."""
    tokens = [scope] if scope.startswith(OFFICERS) else [scope, STAFF]
    others = (
        select(Grant.user_id)
        .join(User, User.id == Grant.user_id)
        .where(Grant.token.in_(tokens), Grant.user_id != but, User.suspended_at.is_(None))
    )
    return bool(session().scalar(select(exists(others))))


def _reason(review: Review, decision: Decision) -> str:
    """As it was written; where nothing was, what the rule says, in the author's language."""
    if not decision.reason.strip() and decision.rule_id is not None:
        author = session().get(User, review.author_id) if review.author_id is not None else None
        return rule_of(decision.rule_id).text(author.locale if author else "zh_Hans")
    return check_reason(decision.reason, is_needed=decision.outcome not in WITHOUT_REASON)


def _was_decided(review: Review) -> str:
    if review.state == ReviewState.GONE:
        return _("This is gone from the queue: it was taken back, or what it was about is no more.")
    by = persons({review.decided_by_id} if review.decided_by_id else ()).get(review.decided_by_id or 0)
    return _(
        "%(name)s has decided this already: %(outcome)s.",
        name=by.name if by else _("Somebody"),
        outcome=outcome_names()[review.outcome],
    )
