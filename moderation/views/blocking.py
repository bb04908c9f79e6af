"""Blocking somebody from a page: what will happen is said first; afterwards, how far it is, and the way back."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from accounts.models import User
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, is_write, limiter
from kernel.policy import authorise
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.blocking import UNDONE_WITHIN, block, scopes_for, standing_block, target_of, undo_block
from moderation.belongings import all_belongings
from moderation.block_forms import BlockForm
from moderation.models import BlockedThing, Review, ReviewKind, ReviewState
from moderation.policy import ModerationRight, visible_reviews
from moderation.queries.rules import rules_in_force
from moderation.room import room


@room.page("/staff/people/<handle>/block", may=ModerationRight.SANCTION, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, exempt_when=lambda: not is_write())
def block_person(handle: str) -> ResponseReturnValue:
    """Ask once more, with what will happen; then begin."""
    viewer = current_viewer()
    user = _person(handle)
    authorise(viewer, ModerationRight.SANCTION, target_of(viewer, user.id))
    form = BlockForm().offer(viewer.locale, rules_in_force())
    if form.validate_on_submit():
        with form.attempt():
            block(viewer, user_id=user.id, reason=form.reason.data or "", rule_id=id_of(form.rule_id.data) or None)
        if form.is_fine:
            flash(_("It has begun; what they made public goes out of sight within moments."), "success")
            return redirect(f"/staff/people/{user.handle}/block", 303)
    return _page(viewer, user, form), 422 if form.errors else 200


@room.page("/staff/people/<handle>/block/undoing", may=ModerationRight.SANCTION, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def undo(handle: str) -> ResponseReturnValue:
    """Bring everything back."""
    viewer = current_viewer()
    user = _person(handle)
    standing = standing_block(viewer, user.id)
    if standing is None:
        raise NotFoundError
    form = BlockForm().offer(viewer.locale, [])
    with form.attempt():
        undo_block(viewer, block_id=standing.id, reason=form.reason.data or "")
    if not form.is_fine:
        return _page(viewer, user, form), 422
    flash(_("It is undone; what they made public comes back within moments."), "success")
    return redirect(f"/staff/people/{user.handle}/block", 303)


def _person(handle: str) -> User:
    """Suspended people too."""
    user = session().scalar(select(User).where(User.handle == handle.lower()))
    if user is None:
        raise NotFoundError
    return user


def _page(viewer: Viewer, user: User, form: BlockForm) -> str:
    standing = standing_block(viewer, user.id)
    counts = {thing.kind: thing.count(user.id, scopes_for(viewer)) for thing in all_belongings()}
    open_reviews = select(func.count(Review.id)).where(
        Review.author_id == user.id, Review.state == ReviewState.OPEN, visible_reviews(viewer)
    )
    waiting = open_reviews.where(Review.why == ReviewKind.SUBMISSION)
    taken = select(func.count(BlockedThing.ref_id)).where(BlockedThing.block_id == (standing.id if standing else 0))
    return render_template(
        "moderation/block.html",
        user=user,
        form=form,
        counts={kind: count for kind, count in counts.items() if count},
        reviews=session().scalar(open_reviews),
        waiting=session().scalar(waiting),
        standing=standing,
        taken=session().scalar(taken),
        may_undo=standing is not None and standing.created_at > now() - UNDONE_WITHIN,
    )
