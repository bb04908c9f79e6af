"""Who is told what becomes of a suggestion, and how it reads."""

from sqlalchemy import select

from activity.actions import notify, take_back_notices
from activity.models import Level, Notice
from activity.queries import followers
from activity.sentences import sentence_for
from feedback.events import SuggestionDecided
from feedback.models import SuggestionState, SuggestionVote
from kernel.db import session
from kernel.events import subscribe
from kernel.words import gettext as _

STATES = tuple(SuggestionState)


@subscribe(SuggestionDecided)
def tell_of_decision(event: SuggestionDecided) -> None:
    """Whoever suggested it, whoever wants it, and whoever watches the thread; the news takes the place of the last."""
    voters = session().scalars(select(SuggestionVote.user_id).where(SuggestionVote.thread_id == event.thread.id))
    reasons = dict.fromkeys(followers(event.thread, levels=[Level.WATCHING]), f"watching:{event.thread.kind}")
    reasons.update(dict.fromkeys(voters, "my-vote"))
    if event.author_id is not None:
        reasons[event.author_id] = "my-suggestion"
    for state in STATES:
        take_back_notices(event.thread, event=f"suggestion.{state}")
    notify(
        reasons,
        event=f"suggestion.{event.state}",
        actor_id=event.actor_id,
        ref=event.thread,
        place=event.thread,
        audience=event.audience,
    )


@sentence_for("suggestion.received")
def _received(_notice: Notice, _name: str) -> str:
    return _("The suggestion waits again to be worked on")


@sentence_for("suggestion.started")
def _started(_notice: Notice, _name: str) -> str:
    return _("The suggestion is being worked on")


@sentence_for("suggestion.done")
def _done(_notice: Notice, _name: str) -> str:
    return _("The suggestion was taken up: see what changed")


@sentence_for("suggestion.declined")
def _declined(_notice: Notice, _name: str) -> str:
    return _("The suggestion was not taken up; the reason stands beside it")
