"""What the worker does for events and calls: tells many, reminds, and opens bids when the deadline has passed."""

from datetime import timedelta

from sqlalchemy import select

from accounts.models import Grant
from activity.actions import notify
from alliances.actions.calls import evaluate_due
from alliances.kinds.rooms import CALL
from alliances.models import Call, CallState, Event, EventAlly, EventState
from alliances.notices.rooms import signed_up, tell_event
from kernel.clock import now
from kernel.db import session
from kernel.jobs import job
from kernel.refs import Ref
from kernel.viewer import PUBLIC

DAY_BEFORE = timedelta(hours=26)
AT_ONCE = 100


@job("alliances.tell_of_event")
def tell_of_event(event_id: int, actor_id: int | None, what: str) -> None:
    """Everybody in the alliances that hold it, as far as they see it."""
    event = session().get(Event, event_id)
    if event is None or event.state == EventState.CANCELLED:
        return
    allies = session().scalars(
        select(EventAlly.alliance_id).where(EventAlly.event_id == event_id, EventAlly.accepted_at.is_not(None))
    )
    own = f"alliance:{event.alliance_id}" if event.audience == PUBLIC else event.audience
    tokens = [own, *(f"alliance:{number}" for number in allies)]
    tell_event(event, _holders(tokens), what=what, actor_id=actor_id)


@job("alliances.tell_of_call")
def tell_of_call(call_id: int, actor_id: int | None) -> None:
    """All members, when a call is opened."""
    call = session().get(Call, call_id)
    if call is None or call.state != CallState.OPEN:
        return
    ref = Ref(CALL, call.id)
    people = _holders([f"alliance:{call.alliance_id}"])
    notify(people, event="call.opened", actor_id=actor_id, ref=ref, place=ref, audience=call.audience)


@job("alliances.remind_of_events", every=timedelta(minutes=30))
def remind_of_events() -> None:
    """A day before, those who signed up."""
    soon = select(Event).where(
        Event.state == EventState.PLANNED,
        Event.starts_at.between(now(), now() + DAY_BEFORE),
        Event.reminded_at.is_(None),
    )
    for event in session().scalars(soon.order_by(Event.id).limit(AT_ONCE).with_for_update(skip_locked=True)):
        event.reminded_at = now()
        tell_event(event, signed_up(event.id), what="reminder", actor_id=None)


@job("alliances.open_bids", every=timedelta(minutes=5))
def open_bids() -> None:
    """Calls whose deadline has passed are evaluated from now on."""
    due = (
        select(Call.id).where(Call.state == CallState.OPEN, Call.deadline <= now()).order_by(Call.alliance_id, Call.id)
    )
    for call_id in session().scalars(due.limit(AT_ONCE)).all():
        evaluate_due(call_id)


def _holders(tokens: list[str]) -> dict[int, str]:
    return dict.fromkeys(session().scalars(select(Grant.user_id).where(Grant.token.in_(tokens))), "my-alliance")
