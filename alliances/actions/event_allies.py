"""Events of several alliances: the host asks, an officer of the other one answers with a message."""

from sqlalchemy import select

from alliances.event_loading import event_to_hold
from alliances.events import AllyAsked, EventChanged
from alliances.here import here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import Alliance, Event, EventAlly, EventState, State
from alliances.policy import AllianceRight
from alliances.readers import Readers, readers_of
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


def ask_ally(viewer: Viewer, *, slug: str, event_id: int, ally: str, message: str) -> EventAlly:
    """Ask another alliance to hold the event together; what it refused can be asked again."""
    here, event = event_to_hold(viewer, slug, event_id)
    if event.state not in (EventState.PLANNED, EventState.POLLING):
        raise ConflictError(_("This event is over."))
    if readers_of(here.alliance, event.audience) not in (Readers.PUBLIC, Readers.MEMBERS):
        raise ConflictError(_("Only what all members see is held together with another alliance."))
    name = ally.strip().removeprefix("/alliances/").strip("/").lower()
    other = session().scalar(select(Alliance).where(Alliance.slug == name, Alliance.state == State.ACTIVE))
    if other is None or other.id == here.alliance.id:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"ally": _("No other active alliance has this address.")}
        )
    text = said(message)
    asked = session().get(EventAlly, (event.id, other.id), populate_existing=True)
    if asked is None:
        asked = EventAlly(event_id=event.id, alliance_id=other.id)
        session().add(asked)
    elif asked.refused_at is None:
        raise ConflictError(_("This alliance was asked already."))
    asked.asked_by_id, asked.asked_at, asked.message = viewer.me, now(), text
    asked.refused_at, asked.answer, asked.answered_by_id = None, "", None
    note(here.alliance, "ally-asked", actor=viewer, event=event.id, title=event.title, ally=other.name)
    session().flush()
    emit(AllyAsked(event.id, other.id, viewer.me))
    return asked


def answer_ally(viewer: Viewer, *, slug: str, event_id: int, accept: bool, message: str) -> EventAlly:
    """Accept or refuse for the alliance that was asked; from then on it stands in its calendar, too."""
    here = here_at(viewer, slug, hold=True)
    asked = session().get(EventAlly, (event_id, here.alliance.id), with_for_update=True, populate_existing=True)
    if asked is None:
        raise NotFoundError
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, None))
    if asked.accepted_at is not None or asked.refused_at is not None:
        raise ConflictError(_("This was answered already."))
    asked.answer, asked.answered_by_id = said(message), viewer.me
    if accept:
        asked.accepted_at = now()
    else:
        asked.refused_at = now()
    event = session().get_one(Event, event_id)
    note(
        here.alliance,
        "ally-accepted" if accept else "ally-refused",
        actor=viewer,
        event=event.id,
        title=event.title,
        host=session().get_one(Alliance, event.alliance_id).name,
    )
    session().flush()
    emit(AllyAsked(event.id, here.alliance.id, viewer.me))
    if accept:
        emit(EventChanged(event.id, viewer.user_id, "joined"))
    return asked


def leave_event(viewer: Viewer, *, slug: str, event_id: int) -> None:
    """The other alliance is not part of the event any more; its host may end that, and so may it itself."""
    here = here_at(viewer, slug, hold=True)
    asked = session().get(EventAlly, (event_id, here.alliance.id), with_for_update=True, populate_existing=True)
    if asked is None or asked.accepted_at is None:
        raise NotFoundError
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, None))
    session().delete(asked)
    note(here.alliance, "ally-left", actor=viewer, event=event_id)
    session().flush()
    emit(EventChanged(event_id, viewer.user_id, "left"))


def part_with_ally(viewer: Viewer, *, slug: str, event_id: int, ally_id: int) -> None:
    """The same by the host, also for what was asked and not answered."""
    here, event = event_to_hold(viewer, slug, event_id)
    asked = session().get(EventAlly, (event.id, ally_id), with_for_update=True, populate_existing=True)
    if asked is None:
        raise NotFoundError
    session().delete(asked)
    note(here.alliance, "ally-parted", actor=viewer, event=event.id, title=event.title)
    session().flush()
    emit(EventChanged(event.id, viewer.user_id, "left"))
