"""Who is told of what search found for them, and how the notice reads."""

from flask_babel import ngettext

from activity.actions import notify
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.events import subscribe
from kernel.refs import Ref
from search_index.events import SavedSearchFound
from search_index.saved import FIND, SAVED

REASON = "saved-search"


@subscribe(SavedSearchFound)
def tell_owner(event: SavedSearchFound) -> None:
    """One notice for all that one look at a saved search found; how much stands behind the reason."""
    notify(
        {event.user_id: f"{REASON}:{event.count}"},
        event=REASON,
        actor_id=None,
        ref=Ref(FIND, event.find_id),
        place=Ref(SAVED, event.saved_search_id),
        audience=f"user:{event.user_id}",
    )


@sentence_for(REASON)
def _found(notice: Notice, _name: str) -> str:
    count = int(notice.reason.partition(":")[2] or 1)
    return ngettext("%(num)s new result", "%(num)s new results", count)  # type: ignore[no-any-return]
