"""Blocking: all that somebody made public goes out of sight at once, in portions by the worker, and can come back."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, exists, select

from accounts.models import Grant, User
from accounts.viewers import viewer_for
from activity.actions import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from kernel.words import gettext as _
from moderation.actions.sanctions import impose, lift_by_rule
from moderation.belongings import Scopes, all_belongings
from moderation.models import (
    Block,
    BlockedThing,
    Review,
    ReviewKind,
    ReviewState,
    Sanction,
    SanctionKind,
    Submission,
    SubmissionState,
)
from moderation.policy import OFFICERS, ModerationRight, Target, scopes_of, visible_reviews
from moderation.reviewables import Outcome
from moderation.subjects import looks_after, subject_of
from moderation.wording import check_reason

BLOCK = "moderation.block"
REMOVE, BRING_BACK = "moderation.remove_blocked", "moderation.bring_back_blocked"
PORTION = 50
UNDONE_WITHIN = timedelta(days=30)


def block(viewer: Viewer, *, user_id: int, reason: str, rule_id: int | None = None) -> Block:
    """Take all their public things out of sight; the staff also shut them out, and end their sessions by that.

    Moderators do it in their own communities, and shut nobody out.
    """
    authorise(viewer, ModerationRight.SANCTION, target_of(viewer, user_id))
    reason = check_reason(reason, is_needed=True)
    _hold(user_id)
    if standing_block(viewer, user_id) is not None:
        raise ConflictError(_("Their things are out of sight already."))
    sanction = None
    if viewer.is_staff:
        sanction = impose(viewer, user_id=user_id, kind=SanctionKind.SUSPENSION, reason=reason, rule_id=rule_id)
    made = Block(user_id=user_id, by_id=viewer.me, sanction_id=sanction.id if sanction else None, reason=reason)
    session().add(made)
    session().flush()
    _close_reviews(viewer, made)
    _record(viewer, "block.begin", made, reason=reason)
    enqueue(REMOVE, block_id=made.id, kind="", after=0)
    return made


def undo_block(viewer: Viewer, *, block_id: int, reason: str) -> Block:
    """Bring everything back that it took, and let them in again; within thirty days."""
    made = session().get(Block, block_id)
    if made is None:
        raise NotFoundError
    authorise(viewer, ModerationRight.SANCTION, target_of(viewer, made.user_id))
    if not viewer.is_staff and made.by_id != viewer.me:
        raise NotFoundError
    reason = check_reason(reason, is_needed=True)
    _hold(made.user_id)
    session().refresh(made)
    if made.sanction_id is not None:
        authorise(viewer, ModerationRight.OVERSEE)
    if made.undone_at is not None:
        raise ConflictError(_("It was undone already."))
    if made.created_at < now() - UNDONE_WITHIN:
        raise ConflictError(_("After thirty days things come back one by one only, where they stood."))
    made.undone_at, made.undone_by_id = now(), viewer.me
    sanction = session().get(Sanction, made.sanction_id) if made.sanction_id is not None else None
    if sanction is not None and sanction.lifted_at is None:
        lift_by_rule(viewer, sanction, reason=reason)
    _record(viewer, "block.undo", made, reason=reason)
    enqueue(BRING_BACK, block_id=made.id)
    return made


def standing_block(viewer: Viewer, user_id: int) -> Block | None:
    """The block that the viewer could undo: the staff any, others their own."""
    query = select(Block).where(Block.user_id == user_id, Block.undone_at.is_(None))
    if not viewer.is_staff:
        query = query.where(Block.by_id == viewer.me)
    return session().scalars(query.order_by(Block.id.desc()).limit(1)).first()


def scopes_for(viewer: Viewer) -> Scopes:
    """Whose things they reach: the staff all but those of alliances, moderators those of their communities."""
    return None if viewer.is_staff else scopes_of(viewer)


def remove_portion(block_id: int, *, kind: str = "", after: int = 0) -> tuple[str, int] | None:
    """Take some more out of sight, of `kind` after a number, and so on; says where it goes on, None at the end."""
    made = session().get(Block, block_id, with_for_update=True, populate_existing=True)
    if made is None or made.undone_at is not None:
        return None
    by = viewer_for(made.by_id) if made.by_id is not None else Viewer()
    for belongings in all_belongings():
        if belongings.kind < kind:
            continue
        ids = belongings.ids(made.user_id, scopes_for(by), after if belongings.kind == kind else 0, PORTION)
        if ids:
            _take(by, made, belongings.kind, ids)
            return belongings.kind, ids[-1]
    made.done_at = now()
    return None


def bring_back_portion(block_id: int) -> bool:
    """Bring some back; says whether there are others."""
    made = session().get(Block, block_id, with_for_update=True, populate_existing=True)
    if made is None or made.undone_at is None:
        return False
    rows = session().scalars(
        select(BlockedThing)
        .where(BlockedThing.block_id == block_id)
        .order_by(BlockedThing.kind, BlockedThing.ref_id)
        .limit(PORTION)
    )
    things = list(rows)
    by = viewer_for(made.undone_by_id) if made.undone_by_id is not None else Viewer()
    for thing in things:
        subject = subject_of(thing.kind)
        if subject is not None:
            subject.show(by, thing.ref_id, made.reason)
        session().execute(
            delete(BlockedThing)
            .where(
                BlockedThing.block_id == block_id, BlockedThing.kind == thing.kind, BlockedThing.ref_id == thing.ref_id
            )
            .execution_options(synchronize_session=False)
        )
    return len(things) == PORTION


def _take(by: Viewer, made: Block, kind: str, ids: Sequence[int]) -> None:
    """Those of them that the moderator looks after, and that are in sight."""
    subject = subject_of(kind)
    for ref_id in ids:
        found = subject.find(by, ref_id) if subject is not None else None
        if subject is None or found is None or found.is_hidden or not looks_after(by, found.scope):
            continue
        subject.hide(by, ref_id, made.reason)
        session().add(BlockedThing(block_id=made.id, kind=kind, ref_id=ref_id))
    session().flush()


def _close_reviews(viewer: Viewer, made: Block) -> None:
    """What of theirs waits is refused; what was flagged is decided with this."""
    query = select(Review).where(
        Review.author_id == made.user_id,
        Review.state == ReviewState.OPEN,
        Review.why.in_((ReviewKind.FLAG, ReviewKind.SUBMISSION)),
        visible_reviews(viewer),
    )
    for review in session().scalars(query.order_by(Review.id).with_for_update()).all():
        waits = review.why == ReviewKind.SUBMISSION
        review.state, review.reason = ReviewState.DECIDED.value, made.reason
        review.outcome = (Outcome.REFUSE if waits else Outcome.REMOVE).value
        review.decided_at, review.decided_by_id = now(), viewer.me
        submission = session().get(Submission, review.ref_id) if waits else None
        if submission is not None:
            submission.state, submission.decided_at = SubmissionState.REFUSED.value, now()
            submission.payload = {}


def target_of(viewer: Viewer, user_id: int) -> Target:
    """What is asked of the viewer's rights: the staff suspend with it, moderators need their own place alone."""
    is_staff = bool(session().scalar(select(exists().where(Grant.user_id == user_id, Grant.token == STAFF))))
    if viewer.is_staff:
        return Target(user_id, is_staff, SanctionKind.SUSPENSION, STAFF)
    held = [scope for scope in scopes_of(viewer) if not scope.startswith(OFFICERS)]  # no officer's rooms are public
    return Target(user_id, is_staff, SanctionKind.WARNING, held[0] if held else "")


def _hold(user_id: int) -> None:
    if session().scalar(select(User.id).where(User.id == user_id).with_for_update(key_share=True)) is None:
        raise NotFoundError


def _record(viewer: Viewer, act: str, made: Block, *, reason: str) -> None:
    """In the log stands what was done and why, and not to whom."""
    ref = Ref(BLOCK, made.id)
    record_act(
        viewer,
        act=act,
        ref=ref,
        place=ref,
        audience=PUBLIC,
        reason=reason,
        details={"right": ModerationRight.SANCTION.value},
    )
