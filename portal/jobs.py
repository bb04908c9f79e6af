from datetime import timedelta

from accounts.viewers import viewer_for
from forum.events import PostAdded
from forum.models import Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue, job
from resources.jobs.needs import AFTER_INDEXING
from search_index.saved import look_again, waiting

AT_ONCE = 20


@job("portal.saved_searches", every=timedelta(minutes=15))
def begin_looking() -> None:
    """Have all saved searches run again, a few in each unit, so that nobody waits long behind them."""
    due = waiting()
    for start in range(0, len(due), AT_ONCE):
        enqueue("portal.look_again", searches=due[start : start + AT_ONCE])


@job("portal.look_again")
def look(searches: list[tuple[int, int]]) -> None:
    """Run some of them, each with the eyes of its owner; whoever is suspended or gone is told nothing."""
    for user_id, search_id in searches:
        owner = viewer_for(user_id)
        if owner.signed_in:
            look_again(owner, search_id)


@subscribe(PostAdded)
def match_published_achievement(event: PostAdded) -> None:
    """Have the needs looked for that a new achievement may answer."""
    if event.number == 1 and session().get_one(Thread, event.thread.id).kind == ThreadKind.ACHIEVEMENT:
        enqueue(
            "resources.match_achievement",
            delay=AFTER_INDEXING,
            thread_id=event.thread.id,
            author_id=event.actor_id,
        )
