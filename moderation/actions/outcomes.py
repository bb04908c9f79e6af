"""What comes of flags: the thing is kept, removed or put right; its author is told, and may be sanctioned."""

from collections.abc import Mapping, Sequence

from activity.actions import record_act
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.actions.flags import bring_back, take_out
from moderation.actions.reviews import open_review_of
from moderation.actions.sanctions import impose
from moderation.events import ChangeAsked
from moderation.models import Review, ReviewKind, SanctionKind
from moderation.policy import ModerationRight
from moderation.reviewables import Decision, Outcome, Reviewable, Shown, as_kept, kept, register_reviewable
from moderation.subjects import subject_of
from moderation.wording import check_reason

OUTCOMES = (Outcome.KEEP, Outcome.REMOVE, Outcome.EDITED, Outcome.MOVED)


def ask_for_change(viewer: Viewer, *, review_id: int, reason: str) -> Review:
    """Ask the author to change it, in sight again so that they can; the review stays open until somebody decides."""
    review = open_review_of(viewer, review_id)
    if review.why != ReviewKind.FLAG or review.author_id is None:
        raise InvalidError(errors={"outcome": _("Nobody here could change it.")})
    reason = check_reason(reason, is_needed=True)
    bring_back(viewer, review)
    review.details = {**review.details, "asked_at": now().isoformat(), "asked": reason, "asked_by": viewer.me}
    _record(viewer, "review.ask", review, reason=reason)
    emit(ChangeAsked(review.id))
    return review


def pass_to_staff(viewer: Viewer, *, review_id: int, note: str) -> Review:
    """Put it before the staff, with what one suggests; of an alliance's rooms they see this one thing then."""
    review = open_review_of(viewer, review_id)
    note = check_reason(note, field="note", is_needed=True)
    shown = show_flagged(viewer, [review]).get(review.id)
    review.passed_on_at = review.passed_on_at or now()
    passed = {} if shown is None else {"passed_on": kept(shown)}
    review.details = {**review.details, **passed, "suggestion": note, "passed_by": viewer.me}
    _record(viewer, "review.pass-on", review, reason="")
    return review


def show_flagged(viewer: Viewer, reviews: Sequence[Review]) -> Mapping[int, Shown]:
    """What was flagged, as it reads now; what the staff do not see, as it was passed on to them."""
    by_kind: dict[str, list[Review]] = {}
    for review in reviews:
        by_kind.setdefault(review.kind, []).append(review)
    found: dict[int, Shown] = {}
    for kind, some in by_kind.items():
        subject = subject_of(kind)
        excerpts = subject.excerpts(viewer, [review.ref_id for review in some]) if subject is not None else {}
        for review in some:
            if (excerpt := excerpts.get(review.ref_id)) is not None:
                found[review.id] = Shown(
                    title=excerpt.title,
                    html=excerpt.html,
                    lang=excerpt.lang,
                    url=excerpt.url,
                    at=excerpt.at,
                    changed_at=excerpt.changed_at,
                    is_anonymous=excerpt.is_anonymous,
                    tools=excerpt.tools,
                )
            elif facts := review.details.get("passed_on"):
                found[review.id] = as_kept(facts)
    return found


def _decide(viewer: Viewer, review: Review, decision: Decision) -> None:
    if decision.outcome is Outcome.REMOVE:
        take_out(viewer, review)
    else:
        bring_back(viewer, review)
    if not decision.sanction:
        return
    if decision.outcome is Outcome.KEEP:
        raise InvalidError(errors={"sanction": _("Nobody is sanctioned for what may stay.")})
    if review.author_id is None:
        raise InvalidError(errors={"sanction": _("Its author has no account here.")})
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


def _record(viewer: Viewer, act: str, review: Review, *, reason: str) -> None:
    record_act(
        viewer,
        act=act,
        ref=review.log_ref,
        place=review.place,
        audience=review.audience,
        reason=reason,
        details={"right": ModerationRight.DECIDE.value, "review": review.id},
    )


register_reviewable(Reviewable(ReviewKind.FLAG, outcomes=OUTCOMES, show=show_flagged, decide=_decide))
