"""Documents, events and calls as findable things: each filed under the token that opens it."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import or_, select

from alliances.actions.events import EVENT
from alliances.call_sight import visible_calls
from alliances.document_sight import visible_documents
from alliances.event_sight import visible_events
from alliances.events import CallChanged, DocumentChanged, EventChanged
from alliances.here import working_in
from alliances.kinds.rooms import CALL, DOCUMENT
from alliances.models import Alliance, Call, CallState, Document, DocumentVersion, Event, EventAlly, EventState
from alliances.search.sources import numbers_of, token_of
from alliances.words import name_of
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import plain_text
from kernel.refs import Ref, cards
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from search_index import feed
from search_index.documents import Document as Findable
from search_index.documents import Shown, Source, register_source
from search_index.facets import ONE, name_values

LONGEST = 20_000
JOINT = "event:"  # an event of several alliances is filed under a token of its own


def documents(ids: Sequence[int]) -> Iterable[Findable]:
    """Those that are not put away, at their newest version."""
    rows = session().execute(
        select(Document, DocumentVersion, Alliance)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .join(
            DocumentVersion,
            (DocumentVersion.document_id == Document.id) & (DocumentVersion.number == Document.latest_number),
        )
        .where(Document.id.in_(ids), Document.archived_at.is_(None))
    )
    return [
        Findable(
            key=f"{DOCUMENT}:{document.id}",
            kind="alliance-document",
            title=document.title,
            body=_text_of(version),
            audience=token_of(document, alliance),
            at=document.changed_at,
            sectors=tuple(alliance.sectors),
        )
        for document, version, alliance in rows
    ]


def show_documents(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = session().execute(
        select(Document, DocumentVersion, Alliance)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .join(
            DocumentVersion,
            (DocumentVersion.document_id == Document.id) & (DocumentVersion.number == Document.latest_number),
        )
        .where(Document.id.in_(wanted), Document.archived_at.is_(None), visible_documents(viewer))
    )
    return {
        document.id: Shown(
            ref=Ref(DOCUMENT, document.id),
            title=document.title,
            url=f"{alliance.url}/documents/{document.id}",
            text=_text_of(version),
            at=document.changed_at,
            kind="alliance-document",
            facts=(alliance.name_in(viewer.locale),),
        )
        for document, version, alliance in rows
    }


def _text_of(version: DocumentVersion) -> str:
    return " ".join(filter(None, [plain_text(version.body_html)[:LONGEST], version.file_name, version.note]))


def events(ids: Sequence[int]) -> Iterable[Findable]:
    """Those that were not cancelled; what several alliances hold, under a token that all their members are given."""
    rows = (
        session()
        .execute(
            select(Event, Alliance)
            .join(Alliance, Alliance.id == Event.alliance_id)
            .where(Event.id.in_(ids), Event.state != EventState.CANCELLED)
        )
        .all()
    )
    joint = set(
        session().scalars(
            select(EventAlly.event_id).where(EventAlly.event_id.in_(ids), EventAlly.accepted_at.is_not(None))
        )
    )
    return [
        Findable(
            key=f"{EVENT}:{event.id}",
            kind="event",
            title=event.title,
            body=_event_text(event),
            audience=f"{JOINT}{event.id}" if event.id in joint and token != PUBLIC else token,
            at=event.starts_at or event.created_at,
            sectors=tuple(alliance.sectors),
        )
        for event, alliance in rows
        for token in (token_of(event, alliance),)
    ]


def show_events(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = (
        session()
        .execute(
            select(Event, Alliance)
            .join(Alliance, Alliance.id == Event.alliance_id)
            .where(Event.id.in_(wanted), Event.state != EventState.CANCELLED, visible_events(viewer))
        )
        .all()
    )
    addresses = cards(viewer, [Ref(EVENT, event.id) for event, _alliance in rows])
    return {
        event.id: Shown(
            ref=Ref(EVENT, event.id),
            title=event.title,
            url=addresses[Ref(EVENT, event.id)].url,
            text=_event_text(event),
            at=event.starts_at or event.created_at,
            kind="event",
            facts=tuple(filter(None, (alliance.name_in(viewer.locale), event.place))),
        )
        for event, alliance in rows
        if Ref(EVENT, event.id) in addresses
    }


def event_tokens(viewer: Viewer) -> Iterable[str]:
    """What alliances hold together, not before everybody, as far as the viewer is in one of them."""
    if not working_in(viewer):
        return
    joint = (
        select(EventAlly.event_id)
        .join(Event, Event.id == EventAlly.event_id)
        .join(Alliance, Alliance.id == Event.alliance_id)
        .where(EventAlly.accepted_at.is_not(None), or_(Event.audience != PUBLIC, Alliance.audience != PUBLIC))
    )
    seen = joint.where(visible_events(viewer))
    yield from (f"{JOINT}{number}" for number in session().scalars(seen.distinct()))


def _event_text(event: Event) -> str:
    words = [plain_text(event.body_html), event.place, plain_text(event.minutes_html)]
    return "\n".join(filter(None, words))[:LONGEST]


def calls(ids: Sequence[int]) -> Iterable[Findable]:
    """Those that were opened. Bids are never found."""
    rows = session().execute(
        select(Call, Alliance)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Call.id.in_(ids), Call.opened_at.is_not(None))
    )
    return [
        Findable(
            key=f"{CALL}:{call.id}",
            kind="call",
            title=call.title,
            body=_call_text(call),
            audience=token_of(call, alliance),
            at=call.opened_at or call.created_at,
            sectors=tuple(alliance.sectors),
            facets={"call_state": (call.state,)},
        )
        for call, alliance in rows
    ]


def show_calls(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = session().execute(
        select(Call, Alliance)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Call.id.in_(wanted), Call.opened_at.is_not(None), visible_calls(viewer))
    )
    return {
        call.id: Shown(
            ref=Ref(CALL, call.id),
            title=call.title,
            url=f"{alliance.url}/calls/{call.id}",
            text=_call_text(call),
            at=call.opened_at or call.created_at,
            kind="call",
            facts=tuple(
                filter(
                    None,
                    (alliance.name_in(viewer.locale), name_of("call_state", call.state, viewer.locale), call.budget),
                )
            ),
        )
        for call, alliance in rows
    }


def _call_text(call: Call) -> str:
    result = call.ended_reason if call.state == CallState.CLOSED else ""
    return "\n".join(filter(None, [plain_text(call.body_html), call.budget, result]))[:LONGEST]


@subscribe(DocumentChanged)
def reindex_document(event: DocumentChanged) -> None:
    """Its document reads otherwise now; when fewer people see it, nobody finds it until that is applied."""
    feed.changed(Ref(DOCUMENT, event.document_id), hides=event.hides)


@subscribe(EventChanged)
def reindex_event(event: EventChanged) -> None:
    """The same for an event; one that others left is seen by fewer."""
    feed.changed(Ref(EVENT, event.event_id), hides=event.what in ("cancelled", "left", "moved", "changed"))


@subscribe(CallChanged)
def reindex_call(event: CallChanged) -> None:
    """The same for a call."""
    feed.changed(Ref(CALL, event.call_id))


document_ids = numbers_of(DOCUMENT, Document, Document.archived_at.is_(None))
register_source(Source(kind=DOCUMENT, documents=documents, ids=document_ids, show=show_documents))
event_ids = numbers_of(EVENT, Event, Event.state != EventState.CANCELLED)
register_source(Source(kind=EVENT, documents=events, ids=event_ids, show=show_events, tokens=event_tokens))
call_ids = numbers_of(CALL, Call, Call.opened_at.is_not(None))
register_source(Source(kind=CALL, documents=calls, ids=call_ids, show=show_calls))
name_values(
    "kind", lambda _viewer, _values: {"alliance-document": _("Documents"), "event": _("Events"), "call": _("Calls")}
)
name_values(ONE, lambda _viewer, _values: {"alliance-document": _("Document"), "event": _("Event"), "call": _("Call")})
name_values("call_state", lambda viewer, codes: {code: name_of("call_state", code, viewer.locale) for code in codes})
