"""Flags, decisions and sanctions through the real actions, for tests."""

from typing import Any

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.refs import Ref
from kernel.work import unit_of_work
from moderation.actions.flags import flag as raise_flag
from moderation.actions.reviews import decide as decide_review
from moderation.actions.rules import ensure_rules
from moderation.actions.sanctions import impose
from moderation.models import Flag, HouseRule, Review, Sanction, SanctionKind
from moderation.reviewables import Decision, Outcome
from tests.makers.people import person


def rule(slug: str = "spam") -> HouseRule:
    """One of the rules that the house is shipped with."""
    with unit_of_work():
        ensure_rules()
    return session().scalars(select(HouseRule).where(HouseRule.slug == slug)).one()


def flag(ref: Ref, *, by: User | None = None, note: str = "Look at this, please.", **facts: Any) -> Flag:
    """A flag by somebody."""
    by = by or person()
    with unit_of_work():
        return raise_flag(viewer_for(by.id), ref=ref, note=note, **facts)


def review_of(ref: Ref) -> Review:
    """The latest review of a thing."""
    query = select(Review).where(Review.kind == ref.kind, Review.ref_id == ref.id)
    return session().scalars(query.order_by(Review.id.desc()).execution_options(populate_existing=True)).first()  # type: ignore[return-value]


def decide(review: Review, *, by: User, outcome: Outcome, reason: str = "It is an advert.", **facts: Any) -> Review:
    """A decision by a moderator."""
    with unit_of_work():
        return decide_review(
            viewer_for(by.id), review_id=review.id, decision=Decision(outcome=outcome, reason=reason, **facts)
        )


def sanction(
    user: User, kind: SanctionKind, *, by: User | None = None, reason: str = "Adverts, again.", **facts: Any
) -> Sanction:
    """A sanction by the staff."""
    by = by or person(staff=True)
    with unit_of_work():
        return impose(viewer_for(by.id), user_id=user.id, kind=kind, reason=reason, **facts)
