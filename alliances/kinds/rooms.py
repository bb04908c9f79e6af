"""Cards of documents and their versions, events, calls and bids, for who may see them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from alliances.actions.calls import BID
from alliances.actions.documents import VERSION
from alliances.actions.events import EVENT
from alliances.call_sight import bids_seen, visible_calls
from alliances.document_sight import visible_documents
from alliances.event_sight import visible_events
from alliances.models import Alliance, Bid, Call, Document, DocumentVersion, Event, EventAlly
from alliances.sight import inside
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _

DOCUMENT, CALL = "alliances.document", "alliances.call"


def _documents(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Document.id, Document.title, Alliance.slug)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .where(Document.id.in_(sorted(set(ids))), visible_documents(viewer))
    )
    return {row.id: Card(Ref(DOCUMENT, row.id), row.title, f"/alliances/{row.slug}/documents/{row.id}") for row in rows}


def _versions(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(DocumentVersion.id, DocumentVersion.number, Document.id.label("document"), Document.title, Alliance.slug)
        .join(Document, Document.id == DocumentVersion.document_id)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .where(DocumentVersion.id.in_(sorted(set(ids))), visible_documents(viewer))
    )
    return {
        row.id: Card(
            Ref(VERSION, row.id),
            _("%(title)s, version %(number)s", title=row.title, number=row.number),
            f"/alliances/{row.slug}/documents/{row.document}?version={row.number}",
        )
        for row in rows
    }


def _events(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """Under the host's address; whoever sees an event only through another alliance, under that one's."""
    wanted = sorted(set(ids))
    rows = session().execute(
        select(Event.id, Event.title, Event.audience, Alliance.slug)
        .join(Alliance, Alliance.id == Event.alliance_id)
        .where(Event.id.in_(wanted), visible_events(viewer))
    )
    cards: dict[int, Card] = {}
    elsewhere: dict[int, str] = {}
    for row in rows:
        cards[row.id] = Card(Ref(EVENT, row.id), row.title, f"/alliances/{row.slug}/events/{row.id}")
        if row.audience not in viewer.audience:
            elsewhere[row.id] = row.title
    if elsewhere:
        allies = session().execute(
            select(EventAlly.event_id, Alliance.slug)
            .join(Alliance, Alliance.id == EventAlly.alliance_id)
            .where(
                EventAlly.event_id.in_(sorted(elsewhere)),
                EventAlly.accepted_at.is_not(None),
                EventAlly.alliance_id.in_(inside(viewer)),
            )
        )
        for number, slug in allies:
            url = f"/alliances/{slug}/events/{number}"
            cards[number] = Card(Ref(EVENT, number), elsewhere[number], url)
    return cards


def _calls(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Call.id, Call.title, Alliance.slug)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Call.id.in_(sorted(set(ids))), visible_calls(viewer))
    )
    return {row.id: Card(Ref(CALL, row.id), row.title, f"/alliances/{row.slug}/calls/{row.id}") for row in rows}


def _bids(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Bid, Call, Alliance.slug)
        .join(Call, Call.id == Bid.call_id)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Bid.id.in_(sorted(set(ids))), visible_calls(viewer))
    )
    return {
        bid.id: Card(Ref(BID, bid.id), f"{call.title}: {bid.team}", f"/alliances/{slug}/calls/{call.id}#bid-{bid.id}")
        for bid, call, slug in rows
        if bid in bids_seen(viewer, call)
    }


for _name, _cards in (
    (DOCUMENT, _documents),
    (VERSION, _versions),
    (EVENT, _events),
    (CALL, _calls),
    (BID, _bids),
):
    register_kind(Kind(_name, _cards))
