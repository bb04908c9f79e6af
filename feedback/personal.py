"""What the feedback board keeps of a person, and hands out."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from feedback.models import Change, Suggestion, SuggestionVote
from forum.models import Thread
from kernel.personal import Fate, Piece, Table, exports, keeps
from kernel.viewer import Viewer

keeps(
    SuggestionVote.user_id,
    Suggestion.decided_by_id,
    Change.author_id,
    what=_l("What you suggested, what you voted for, and what you decided on as one of the staff."),
    why=_l("So that what is wanted most is seen, and it is said what became of it."),
    until=_l("As long as the suggestion; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=14,
)


@exports("feedback")
def my_wishes(viewer: Viewer) -> Iterable[Piece]:
    """Suggestions that I want too; those that I made are among my threads."""
    yield Table(
        "suggestion-votes",
        "Suggestions that I voted for",
        select(SuggestionVote.thread_id, Thread.title, SuggestionVote.created_at)
        .join(Thread, Thread.id == SuggestionVote.thread_id)
        .where(SuggestionVote.user_id == viewer.me),
        key=(SuggestionVote.thread_id,),
    )
