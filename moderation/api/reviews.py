"""Flags, and the queue for programs of moderators."""

from kernel.api import Answer, PageQuery, endpoint, room
from kernel.policy import authorise
from kernel.viewer import Viewer
from moderation.actions.flags import flag, withdraw_flag
from moderation.actions.reviews import decide
from moderation.actions.rules import rule_named
from moderation.policy import ModerationRight
from moderation.queries.queue import Wanted, queue_page, queue_row
from moderation.queries.standing import my_flag_row, my_flags
from moderation.schemas.reviews import (
    DecisionGiven,
    FlagGiven,
    FlagList,
    FlagShown,
    ReviewList,
    ReviewQuery,
    ReviewShown,
)


@endpoint(room, "GET", "/flags", may=ModerationRight.READ_OWN, query=PageQuery, answers={200: FlagList})
def list_flags(viewer: Viewer, *, query: PageQuery) -> FlagList:
    """What you flagged and what came of it, newest first."""
    page = my_flags(viewer, cursor=query.cursor, limit=query.limit)
    return FlagList(items=[FlagShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room, "POST", "/flags", may=ModerationRight.FLAG, body=FlagGiven, answers={201: FlagShown}, refusals=(404, 409)
)
def post_flag(viewer: Viewer, *, body: FlagGiven) -> Answer:
    """Say that a thing breaks a rule or needs a moderator; once for each thing."""
    rule = rule_named(body.rule)
    raised = flag(viewer, ref=body.ref, rule_id=rule.id if rule else None, note=body.note, pass_on=body.pass_on)
    return Answer(FlagShown.of(my_flag_row(viewer, raised.id)), 201, location="/api/v1/flags")


@endpoint(room, "DELETE", "/flags/<int:flag_id>", may=ModerationRight.READ_OWN, answers={204: None}, refusals=(409,))
def delete_flag(viewer: Viewer, *, flag_id: int) -> None:
    """Take a flag back, as long as nobody has decided."""
    withdraw_flag(viewer, flag_id=flag_id)


@endpoint(room, "GET", "/moderation/reviews", may=ModerationRight.DECIDE, query=ReviewQuery, answers={200: ReviewList})
def list_reviews(viewer: Viewer, *, query: ReviewQuery) -> ReviewList:
    """The queue where you moderate: the heaviest first, of those the oldest; of what was decided, the latest."""
    authorise(viewer, ModerationRight.DECIDE)
    wanted = Wanted(state=query.state, why=query.why or "")
    page = queue_page(viewer, wanted, cursor=query.cursor, limit=query.limit)
    return ReviewList(items=[ReviewShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", "/moderation/reviews/<int:review_id>", may=ModerationRight.DECIDE, answers={200: ReviewShown})
def get_review(viewer: Viewer, *, review_id: int) -> ReviewShown:
    """One thing in the queue."""
    return ReviewShown.of(queue_row(viewer, review_id))


@endpoint(
    room,
    "POST",
    "/moderation/reviews/<int:review_id>/decision",
    may=ModerationRight.DECIDE,
    body=DecisionGiven,
    answers={200: ReviewShown},
    refusals=(409,),
)
def post_decision(viewer: Viewer, *, review_id: int, body: DecisionGiven) -> ReviewShown:
    """Decide; of two who decide, the second is refused with 409 and told who was first."""
    decide(viewer, review_id=review_id, decision=body.decision(rule_named(body.rule)))
    return ReviewShown.of(queue_row(viewer, review_id))
