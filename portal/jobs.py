from datetime import timedelta

from accounts.viewers import viewer_for
from kernel.jobs import enqueue, job
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
