"""Who is told of documents, events and calls, and how it reads."""

from sqlalchemy import select

from activity.actions import notify, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from alliances.actions.attending import GOING, WAITING
from alliances.actions.calls import BID
from alliances.actions.events import EVENT
from alliances.events import (
    AllyAsked,
    BidChanged,
    CallChanged,
    DocumentAdopted,
    DocumentChanged,
    EventChanged,
    PlaceFreed,
)
from alliances.kinds.rooms import CALL, DOCUMENT
from alliances.models import (
    Attendance,
    Bid,
    Call,
    CallState,
    Document,
    DocumentVersion,
    Event,
    EventAlly,
    Term,
)
from alliances.powers import POWERS, Power
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue
from kernel.refs import Ref
from kernel.words import gettext as _

HOLDERS = tuple(office for office, powers in POWERS.items() if Power.EVENTS in powers)
EVERYBODY_HEARS = ("planned", "polling", "joined")


@subscribe(DocumentChanged)
def tell_of_version(event: DocumentChanged) -> None:
    """Those who watch a document hear of each new version; whoever writes one follows what comes of it."""
    document = session().get_one(Document, event.document_id)
    newest = session().scalar(
        select(DocumentVersion).where(
            DocumentVersion.document_id == document.id, DocumentVersion.number == document.latest_number
        )
    )
    if newest is None or event.actor_id is None or document.archived_at is not None:
        return
    place = Ref(DOCUMENT, document.id)
    notify(
        {document.created_by_id: "my-document"},
        event="document.version",
        actor_id=event.actor_id,
        ref=Ref("alliances.document-version", newest.id),
        place=place,
        audience=document.audience,
        watched=[place],
    )


@subscribe(DocumentAdopted)
def tell_of_adoption(event: DocumentAdopted) -> None:
    """Whoever wrote the version, and those who watch the document."""
    version = session().get_one(DocumentVersion, event.version_id)
    document = session().get_one(Document, version.document_id)
    place = Ref(DOCUMENT, document.id)
    notify(
        {version.created_by_id: "my-document", document.created_by_id: "my-document"},
        event="document.adopted",
        actor_id=None,
        ref=Ref("alliances.document-version", version.id),
        place=place,
        audience=document.audience,
        watched=[place],
    )


@subscribe(EventChanged)
def tell_of_event(event: EventChanged) -> None:
    """What is planned, everybody hears who sees it, by the worker; what is moved, those who signed up."""
    if event.what in EVERYBODY_HEARS:
        enqueue("alliances.tell_of_event", event_id=event.event_id, actor_id=event.actor_id, what=event.what)
        return
    found = session().get_one(Event, event.event_id)
    if event.what == "undecided":
        tell_event(found, {found.created_by_id: "my-event"}, what="undecided", actor_id=None)
    elif event.what in ("moved", "cancelled", "minutes"):
        tell_event(found, signed_up(found.id), what=event.what, actor_id=event.actor_id)


@subscribe(PlaceFreed)
def tell_of_place(event: PlaceFreed) -> None:
    """Whoever waited has a place."""
    found = session().get_one(Event, event.event_id)
    tell_event(found, {event.user_id: "my-event"}, what="place", actor_id=None)


@subscribe(AllyAsked)
def tell_of_asking(event: AllyAsked) -> None:
    """The officers of the alliance that was asked; or whoever asked, once it is answered."""
    asked = session().get_one(EventAlly, (event.event_id, event.alliance_id))
    found = session().get_one(Event, event.event_id)
    if asked.answered_by_id is not None:
        what = "ally-accepted" if asked.accepted_at else "ally-refused"
        tell_event(found, {asked.asked_by_id: "my-event"}, what=what, actor_id=event.actor_id)
        return
    place = Ref("alliances.alliance", event.alliance_id)
    take_back_notices(place, event="event.asked")
    officers = select(Term.user_id).where(
        Term.alliance_id == event.alliance_id,
        Term.ended_at.is_(None),
        Term.group_id.is_(None),
        Term.office.in_(HOLDERS),
    )
    notify(
        dict.fromkeys(session().scalars(officers), "my-office"),
        event="event.asked",
        actor_id=event.actor_id,
        ref=place,
        place=place,
        audience=f"alliance:{event.alliance_id}",
    )


def signed_up(event_id: int) -> dict[int, str]:
    """Whoever comes or waits for a place."""
    rows = session().scalars(
        select(Attendance.user_id).where(Attendance.event_id == event_id, Attendance.state.in_((GOING, WAITING)))
    )
    return dict.fromkeys(rows, "my-event")


def tell_event(found: Event, people: dict[int, str], *, what: str, actor_id: int | None) -> int:
    """Tell these people what became of an event, as far as they still see it; again, when it comes again."""
    ref = Ref(EVENT, found.id)
    take_back_notices(ref, event=f"event.{what}")
    allies = session().scalars(
        select(EventAlly.alliance_id).where(EventAlly.event_id == found.id, EventAlly.accepted_at.is_not(None))
    )
    return sum(
        notify(people, event=f"event.{what}", actor_id=actor_id, ref=ref, place=ref, audience=token)
        for token in (found.audience, *(f"alliance:{number}" for number in allies))
    )


@subscribe(CallChanged)
def tell_of_call(event: CallChanged) -> None:
    """What is opened, the members hear by the worker; how it goes on, those who bid hear one by one."""
    if event.before == CallState.DRAFT and event.after == CallState.OPEN:
        enqueue("alliances.tell_of_call", call_id=event.call_id, actor_id=event.actor_id)


@subscribe(BidChanged)
def tell_of_bid(event: BidChanged) -> None:
    """The team hears what became of its bid; whoever was written into a team hears of that."""
    bid = session().get_one(Bid, event.bid_id)
    call = session().get_one(Call, bid.call_id)
    if event.state == "withdrawn":
        return
    people = dict.fromkeys(bid.people, "my-bid")
    notify(
        people,
        event=f"bid.{event.state}",
        actor_id=event.actor_id,
        ref=Ref(BID, bid.id),
        place=Ref(CALL, call.id),
        audience=call.audience,
    )


@sentence_for("document.version")
def _version(_notice: Notice, name: str) -> str:
    return _("%(name)s wrote a new version of a document", name=name)


@sentence_for("document.adopted")
def _adopted(_notice: Notice, _name: str) -> str:
    return _("A version of the document was adopted")


@sentence_for("event.planned")
def _planned(_notice: Notice, _name: str) -> str:
    return _("An event is planned")


@sentence_for("event.polling")
def _polling(_notice: Notice, name: str) -> str:
    return _("%(name)s looks for a time for an event", name=name)


@sentence_for("event.joined")
def _joined(_notice: Notice, _name: str) -> str:
    return _("An event is held together with another alliance")


@sentence_for("event.moved")
def _moved(_notice: Notice, _name: str) -> str:
    return _("An event has moved: look at its time and place")


@sentence_for("event.cancelled")
def _cancelled(_notice: Notice, _name: str) -> str:
    return _("An event was cancelled")


@sentence_for("event.minutes")
def _minutes(_notice: Notice, _name: str) -> str:
    return _("The minutes of the event are there")


@sentence_for("event.undecided")
def _undecided(_notice: Notice, _name: str) -> str:
    return _("No time was chosen for your event: set one yourself")


@sentence_for("event.place")
def _place(_notice: Notice, _name: str) -> str:
    return _("A place has become free: you have it")


@sentence_for("event.reminder")
def _reminder(_notice: Notice, _name: str) -> str:
    return _("Tomorrow: an event for which you signed up")


@sentence_for("event.asked")
def _asked(_notice: Notice, name: str) -> str:
    return _("%(name)s asks your alliance to hold an event together", name=name)


@sentence_for("event.ally-accepted")
def _ally_accepted(_notice: Notice, name: str) -> str:
    return _("%(name)s accepted to hold the event together", name=name)


@sentence_for("event.ally-refused")
def _ally_refused(_notice: Notice, name: str) -> str:
    return _("%(name)s refused to hold the event together", name=name)


@sentence_for("call.opened")
def _call_opened(_notice: Notice, _name: str) -> str:
    return _("A call is open for bids")


@sentence_for("bid.submitted")
def _bid_submitted(_notice: Notice, name: str) -> str:
    return _("%(name)s wrote you into a team that bids", name=name)


@sentence_for("bid.awarded")
def _bid_awarded(_notice: Notice, _name: str) -> str:
    return _("Your team has the call")


@sentence_for("bid.refused")
def _bid_refused(_notice: Notice, _name: str) -> str:
    return _("Another bid was chosen, or the call was cancelled; the reason stands with your bid")
