"""What is kept twice of sanctions and flags, compared with what it follows from."""

from sqlalchemy import func, or_, select

from accounts.models import User
from kernel.checks import check
from kernel.clock import now
from kernel.db import session
from moderation.actions.flags import weigh
from moderation.actions.sanctions import FOREVER, in_force, settle
from moderation.models import Flag, Review, ReviewKind, Sanction, SanctionKind


@check
def sanctions_at_the_doors(*, mend: bool) -> list[str]:
    """Who is silenced or shut out is so by a sanction in force, and until it ends."""
    last = func.max(func.coalesce(Sanction.ends_at, FOREVER), type_=Sanction.ends_at.type)
    running = select(Sanction.user_id, Sanction.kind, last).where(in_force()).group_by(Sanction.user_id, Sanction.kind)
    ends = {(row[0], row[1]): row[2] for row in session().execute(running)}
    sanctioned = select(Sanction.user_id).where(in_force(), Sanction.kind != SanctionKind.WARNING)
    marked = or_(User.suspended_at.is_not(None), User.silenced_until > now(), User.id.in_(sanctioned))
    people = {user.id: user for user in session().scalars(select(User).where(marked))}
    faults = []
    for user_id, user in sorted(people.items()):
        if user.left_at is not None:
            continue
        silence, suspension = (ends.get((user_id, kind)) for kind in (SanctionKind.SILENCE, SanctionKind.SUSPENSION))
        silenced = user.silenced_until if user.silenced_until and user.silenced_until > now() else None
        until = (user.suspended_until or FOREVER) if user.is_suspended else None
        if silenced != silence or until != suspension:
            faults.append(
                f"person {user_id} is silenced until {silenced} and shut out until {until}, "
                f"and their sanctions say {silence} and {suspension}"
            )
            if mend:
                settle(user_id)
    return faults


@check
def weights_of_reviews(*, mend: bool) -> list[str]:
    """What was flagged weighs as much as its flags."""
    total = func.coalesce(func.sum(Flag.weight), 0)
    wrong = (
        select(Review, total)
        .outerjoin(Flag, Flag.review_id == Review.id)
        .where(Review.why == ReviewKind.FLAG)
        .group_by(Review.id)
        .having(Review.weight != total)
        .order_by(Review.id)
    )
    faults = []
    for review, weight in session().execute(wrong).all():
        faults.append(f"review {review.id} weighs {review.weight}, and its flags {weight}")
        if mend:
            weigh(review)
    return faults
