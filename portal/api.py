from flask import current_app
from sqlalchemy import select

from forum.addresses import thread_url
from forum.loading import board_at
from forum.policy import ForumRight
from ip_registry.models import Achievement
from ip_registry.record_loading import record_at
from kernel.api import Answer, endpoint, link, room
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.viewer import Viewer
from moderation.models import Submission
from moderation.schemas.submissions import SubmissionShown, waits
from portal import achievement_lists as lists
from portal.achievement_schemas import (
    AchievementGiven,
    AchievementList,
    AchievementMade,
    AchievementQuery,
    AchievementShown,
)
from portal.achievements import Proof, Text, publish


@endpoint(room, "GET", "/achievements", may=ForumRight.READ, query=AchievementQuery, answers={200: AchievementList})
def list_achievements(viewer: Viewer, *, query: AchievementQuery) -> AchievementList:
    """The achievements that you may see, the newest first, or those with an award by its year."""
    page = lists.achievement_page(viewer, query.wanted, cursor=query.cursor, limit=query.limit)
    return AchievementList(items=[AchievementShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", "/achievements/<int:achievement_id>", may=ForumRight.READ, answers={200: AchievementShown})
def get_achievement(viewer: Viewer, *, achievement_id: int) -> AchievementShown:
    """One achievement; its discussion is the thread of `thread_id`."""
    row = lists.achievement(viewer, achievement_id)
    if row is None:
        raise NotFoundError
    return AchievementShown.of(row)


@endpoint(
    room,
    "POST",
    "/achievements",
    may=ForumRight.START,
    body=AchievementGiven,
    answers={201: AchievementMade, 202: SubmissionShown},
    limit=POSTING,
)
def post_achievement(viewer: Viewer, *, body: AchievementGiven) -> Answer:
    """Publish an achievement, and disclose its record with it: all of it happens, or nothing.

    The disclosure gets its place in the log a moment later.
    """
    published = publish(
        viewer,
        board=board_at(viewer, body.community, body.board),
        text=Text(title=body.title, more=body.body, tags=body.tags),
        facts=body.facts,
        proof=Proof(
            record=record_at(viewer, body.record) if body.record else None,
            is_understood=body.understood,
            signed=body.reveal.signed if body.reveal else None,
            secret=current_app.config["SECRET_KEY"],
        ),
    )
    if isinstance(published, Submission):
        return waits(viewer, published)
    thread = published.thread
    card = session().scalars(select(Achievement).where(Achievement.thread_id == thread.id)).one()
    made = AchievementMade(
        id=card.id,
        thread_id=thread.id,
        url=link(thread_url(thread.id, thread.slug)),
        title=thread.title,
        record=body.record,
        disclosure=published.leaf_hash.hex() if published.leaf_hash else None,
    )
    return Answer(made, 201, location=f"/api/v1/achievements/{card.id}")
