"""What must hold of documents, events and calls at any time."""

from sqlalchemy import and_, case, func, or_, select

from alliances.actions.attending import GOING, WAITING, fill_places
from alliances.models import Attendance, Bid, Call, Document, DocumentVersion, Event, EventState
from kernel.checks import check
from kernel.clock import now
from kernel.db import session


@check
def versions_of_documents(*, mend: bool) -> list[str]:
    """A document's newest version is its highest, and the one that it calls adopted was adopted."""
    last = (
        select(DocumentVersion.document_id, func.max(DocumentVersion.number).label("latest"))
        .group_by(DocumentVersion.document_id)
        .subquery()
    )
    adopted = (
        select(DocumentVersion.id)
        .where(
            DocumentVersion.document_id == Document.id,
            DocumentVersion.number == Document.adopted_number,
            DocumentVersion.adopted_at.is_not(None),
        )
        .correlate(Document)
        .exists()
    )
    wrong = or_(Document.latest_number != last.c.latest, and_(Document.adopted_number != 0, ~adopted))
    rows = session().execute(select(Document, last.c.latest).join(last, last.c.document_id == Document.id).where(wrong))
    faults = []
    for document, latest in rows.all():
        faults.append(f"document {document.id} says another newest or adopted version than it has")
        if mend:
            document.latest_number = latest
    return faults


@check
def places_at_events(*, mend: bool) -> list[str]:
    """Nobody waits for a place while one is free; that more come than there is room for, an officer may have wished."""
    going = func.sum(case((Attendance.state == GOING, 1), else_=0))
    waiting = func.sum(case((Attendance.state == WAITING, 1), else_=0))
    rows = session().scalars(
        select(Event)
        .join(Attendance, Attendance.event_id == Event.id)
        .where(Event.state == EventState.PLANNED, Event.ends_at > now())
        .group_by(Event.id)
        .having(and_(waiting > 0, or_(Event.capacity.is_(None), going < Event.capacity)))
    )
    faults = []
    for event in rows.all():
        faults.append(f"somebody waits for a place at event {event.id}, which has one")
        if mend:
            fill_places(event)
    return faults


@check
def awards_of_calls(*, mend: bool) -> list[str]:  # noqa: ARG001 - an award is a decision: nothing derives it anew
    """A call is given to a bid of its own."""
    rows = session().scalars(
        select(Call.id)
        .outerjoin(Bid, Bid.id == Call.awarded_id)
        .where(Call.awarded_id.is_not(None), or_(Bid.id.is_(None), Bid.call_id != Call.id, Bid.state != "awarded"))
    )
    return [f"call {number} is awarded to a bid that it does not have" for number in rows]
