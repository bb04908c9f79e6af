from sqlalchemy import func, select

from feedback.actions import count_votes
from feedback.models import Suggestion, SuggestionVote
from kernel.checks import check
from kernel.db import session


@check
def votes_of_suggestions(*, mend: bool) -> list[str]:
    """A suggestion counts those who want it."""
    cast = (
        select(func.count()).where(SuggestionVote.thread_id == Suggestion.thread_id).correlate(Suggestion)
    ).scalar_subquery()
    wrong = (
        session().execute(select(Suggestion.thread_id, Suggestion.votes, cast).where(Suggestion.votes != cast)).all()
    )
    if mend:
        for thread_id, _kept, _right in wrong:
            count_votes(thread_id)
    return [f"Suggestion {thread_id} counts {kept} votes, not {right}." for thread_id, kept, right in wrong]
