"""Appeals: once for each sanction and each removal, and decided by somebody else than who imposed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.i18n import guess_lang
from kernel.refs import Ref
from kernel.texts import clean_body
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.actions.flags import bring_back
from moderation.actions.outcomes import show_flagged
from moderation.actions.reviews import open_review, others_decide
from moderation.actions.sanctions import SANCTION, lift_by_rule, sanction_of
from moderation.events import AppealDecided
from moderation.models import Appeal, Review, ReviewKind, Sanction, SanctionKind
from moderation.policy import ModerationRight
from moderation.reviewables import Decision, Outcome, Reviewable, Shown, register_reviewable
from moderation.seals import What, opened
from moderation.wording import sanction_names

APPEAL = "moderation.appeal"
LONGEST_APPEAL = 4000


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody may appeal against, or has: a sanction, or the removal of something they wrote."""

    user: User
    sanction: Sanction | None
    review: Review | None
    appeal: Appeal | None

    @property
    def audience(self) -> str:
        """Who may read in the log what comes of it."""
        held = self.sanction or self.review
        return held.audience if held is not None else STAFF

    @property
    def is_open(self) -> bool:
        """Whether it can be appealed against still."""
        if self.appeal is not None:
            return False
        if self.sanction is not None:
            return self.sanction.lifted_at is None
        return self.review is not None and self.review.outcome == Outcome.REMOVE


def case_behind(token: str) -> Case:
    """The case that a signed link opens, for the person it was made for; raises `NotFoundError`."""
    what, number, user_id = opened(token)
    return case_of(what, number, user_id=user_id)


def case_of(what: What, number: int, *, user_id: int) -> Case:
    """By its number, as long as it concerns this person."""
    user = session().get(User, user_id)
    sanction = session().get(Sanction, number) if what == "sanction" else None
    review = session().get(Review, number) if what == "review" else None
    owner_id = sanction.user_id if sanction else review.author_id if review else None
    if user is None or owner_id != user.id:
        raise NotFoundError
    which = Appeal.sanction_id == number if what == "sanction" else Appeal.review_id == number
    return Case(user, sanction, review, session().scalars(select(Appeal).where(which)).first())


def shown_in(case: Case) -> Shown | None:
    """What they wrote that the case is about, as far as they may still see where it stood."""
    number = case.sanction.review_id if case.sanction is not None else None
    review = session().get(Review, number) if number is not None else case.review
    if review is None or review.why != ReviewKind.FLAG:
        return None
    return show_flagged(viewer_for(case.user.id), [review]).get(review.id)


def appeal(case: Case, *, text: str) -> Appeal:
    """Ask that somebody else look again. Whoever holds the link to the case may: the shut-out have no other way."""
    text = clean_body(text).strip()
    if not text:
        raise InvalidError(errors={"text": _("Say what should be seen in another way.")})
    if len(text) > LONGEST_APPEAL:
        raise InvalidError(errors={"text": _("At most %(count)s characters.", count=LONGEST_APPEAL)})
    held = case.sanction or case.review
    session().refresh(held, with_for_update=True)
    if not case_of(*_names(case), user_id=case.user.id).is_open:
        raise ConflictError(_("One appeal is heard, and this one was made or is over already."))
    made = Appeal(
        user_id=case.user.id,
        sanction_id=case.sanction.id if case.sanction else None,
        review_id=case.review.id if case.review else None,
        text=text,
    )
    session().add(made)
    session().flush()
    open_review(
        why=ReviewKind.APPEAL,
        ref=Ref(APPEAL, made.id),
        place=case.review.place if case.review else Ref(SANCTION, made.sanction_id or 0),
        scope=_scope(case),
        audience=case.audience,
        author_id=case.user.id,
        weight=10,
    )
    return made


def _names(case: Case) -> tuple[What, int]:
    if case.sanction is not None:
        return "sanction", case.sanction.id
    return "review", case.review.id if case.review is not None else 0


def _scope(case: Case) -> str:
    """Who decides: the place whose decision it was, the staff about everything that only they impose."""
    if case.sanction is not None:
        return case.sanction.scope if case.sanction.kind == SanctionKind.WARNING else STAFF
    return case.review.scope if case.review is not None else STAFF


def _show(viewer: Viewer, reviews: Sequence[Review]) -> Mapping[int, Shown]:
    """What they say, and against what."""
    appeals = {
        row.id: row for row in session().scalars(select(Appeal).where(Appeal.id.in_([r.ref_id for r in reviews])))
    }
    sanctions = {
        row.id: row
        for row in session().scalars(
            select(Sanction).where(Sanction.id.in_([a.sanction_id for a in appeals.values() if a.sanction_id]))
        )
    }
    removals = {
        row.id: row
        for row in session().scalars(
            select(Review).where(Review.id.in_([a.review_id for a in appeals.values() if a.review_id]))
        )
    }
    removed = show_flagged(viewer, list(removals.values()))
    found: dict[int, Shown] = {}
    for review in reviews:
        made = appeals.get(review.ref_id)
        if made is None:
            continue
        sanction, removal = sanctions.get(made.sanction_id or 0), removals.get(made.review_id or 0)
        against, reason = _against(sanction, removal)
        thing = removed.get(removal.id) if removal is not None else None
        words = Markup("").join(Markup("<p>{}</p>").format(line) for line in made.text.split("\n") if line.strip())
        old = Markup("<blockquote>{}</blockquote>").format(thing.html) if thing is not None else Markup("")
        found[review.id] = Shown(
            title=thing.title if thing is not None else against,
            html=words + old,
            lang=guess_lang(made.text),
            url=thing.url if thing is not None else "",
            at=made.created_at,
            is_anonymous=thing is not None and thing.is_anonymous,
            facts=(against, reason),
        )
    return found


def _against(sanction: Sanction | None, removal: Review | None) -> tuple[str, str]:
    if sanction is not None:
        return _("Appeal against: %(what)s", what=sanction_names()[sanction.kind]), sanction.reason
    return _("Appeal against a removal"), removal.reason if removal is not None else ""


def is_for_others(viewer: Viewer, review: Review) -> bool:
    """Whether it is an appeal against what the viewer imposed, and there is somebody else to decide about it."""
    if review.why != ReviewKind.APPEAL:
        return False
    _made, sanction, removal = _against_what(review)
    imposer = sanction.imposed_by_id if sanction is not None else removal.decided_by_id if removal is not None else None
    return imposer == viewer.me and others_decide(review.scope, but=viewer.me)


def _against_what(review: Review) -> tuple[Appeal, Sanction | None, Review | None]:
    made = session().get_one(Appeal, review.ref_id)
    sanction = sanction_of(made.sanction_id) if made.sanction_id is not None else None
    removal = session().get_one(Review, made.review_id) if made.review_id is not None else None
    return made, sanction, removal


def _decide(viewer: Viewer, review: Review, decision: Decision) -> None:
    made, sanction, removal = _against_what(review)
    if is_for_others(viewer, review):
        raise ForbiddenError(_("Somebody else decides about an appeal against what you imposed."))
    made.outcome, made.answer = decision.outcome.value, review.reason
    made.decided_at, made.decided_by_id = now(), viewer.me
    if decision.outcome is Outcome.LIFT:
        _take_back(viewer, sanction, removal, reason=review.reason)
    emit(AppealDecided(made.id))


def _take_back(viewer: Viewer, sanction: Sanction | None, removal: Review | None, *, reason: str) -> None:
    if sanction is not None and sanction.lifted_at is None:
        lift_by_rule(viewer, sanction, reason=reason)
    if removal is None:
        return
    removal.hidden_at = removal.hidden_at or now()
    bring_back(viewer, removal)
    record_act(
        viewer,
        act="review.restore",
        ref=removal.log_ref,
        place=removal.place,
        audience=removal.audience,
        reason=reason,
        details={"right": ModerationRight.DECIDE.value, "review": removal.id},
    )


register_reviewable(Reviewable(ReviewKind.APPEAL, outcomes=(Outcome.UPHOLD, Outcome.LIFT), show=_show, decide=_decide))
