"""Events are planned, moved and cancelled; a poll becomes their time; minutes and decisions hang on them."""

from collections.abc import Collection
from uuid import uuid4

from sqlalchemy import select

from alliances.actions.attending import fill_places
from alliances.actions.voting import OptionDraft, put_to_vote
from alliances.actions.withdrawing import take_back
from alliances.counting import Outcome
from alliances.effects import effect
from alliances.event_loading import event_to_hold
from alliances.event_text import EventFacts, Span, check_facts, fixed_time, slots_of
from alliances.events import EventChanged
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import (
    Alliance,
    Attendance,
    Electorate,
    Event,
    EventAlly,
    EventLink,
    EventState,
    Matter,
    Option,
    Proposal,
    ProposalState,
)
from alliances.policy import AllianceRight
from alliances.readers import Readers, group_here, readers_of, token_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.words import gettext as _

EVENT = "alliances.event"
LINKED = ("alliances.resolution", "alliances.proposal", "alliances.document")
LONGEST_MINUTES = 100_000
MOST_LINKS = 50


def plan_event(
    viewer: Viewer, *, slug: str, facts: EventFacts, group_id: int | None = None, poll_days: int | None = None
) -> Event:
    """Plan an event at a fixed time, or with several times among which those who read it choose."""
    here = here_at(viewer, slug, hold=True)
    group_here(here, group_id, only_open=True)
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, group_id))
    columns = check_facts(facts)
    span = fixed_time(facts)
    slots = [] if span else slots_of(facts)
    event = Event(
        alliance_id=here.alliance.id,
        group_id=group_id,
        uid=uuid4().hex,
        audience=token_for(here, facts.audience, group_id=group_id),
        state=(EventState.PLANNED if span else EventState.POLLING).value,
        starts_at=span[0] if span else None,
        ends_at=span[1] if span else None,
        created_by_id=viewer.me,
        **columns,
    )
    session().add(event)
    session().flush()
    if slots:
        event.proposal_id = _poll(here, event, slots, days=poll_days).id
    _note(here.alliance, event, "event-planned", actor=viewer)
    session().flush()
    emit(EventChanged(event.id, viewer.user_id, "planned" if span else "polling"))
    return event


def change_event(viewer: Viewer, *, slug: str, event_id: int, facts: EventFacts) -> Event:
    """Change what is said of an event, or move it; a time that is set here ends the search for one."""
    here, event = event_to_hold(viewer, slug, event_id)
    _must_stand(event)
    columns = check_facts(facts)
    span = fixed_time(facts)
    audience = token_for(here, facts.audience, group_id=event.group_id)
    if audience != event.audience and _is_joint(event):
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"audience": _("Another alliance is part of this event: who sees it stays as it is.")},
        )
    if span is None and event.starts_at is not None:
        raise InvalidError(_("Please look at the marked fields."), errors={"starts": _("This is needed.")})
    before = (event.starts_at, event.ends_at, event.place, event.link)
    for name, value in columns.items():
        setattr(event, name, value)
    event.audience = audience
    if span is not None:
        _end_poll(here.alliance, event, actor=viewer)
        event.starts_at, event.ends_at = span
        event.state, event.reminded_at = EventState.PLANNED.value, None
    _touch(event)
    fill_places(event)
    is_moved = before != (event.starts_at, event.ends_at, event.place, event.link)
    _note(here.alliance, event, "event-moved" if is_moved else "event-changed", actor=viewer)
    session().flush()
    emit(EventChanged(event.id, viewer.user_id, "moved" if is_moved else "changed"))
    return event


def cancel_event(viewer: Viewer, *, slug: str, event_id: int, reason: str) -> Event:
    """It does not take place; calendars are told. Twice is once."""
    here, event = event_to_hold(viewer, slug, event_id)
    if event.state == EventState.CANCELLED:
        return event
    _must_stand(event)
    call_off(here.alliance, event, reason=said(reason, field="reason"), actor=viewer)
    return event


def call_off(alliance: Alliance, event: Event, *, reason: str, actor: Viewer) -> None:
    """Cancel it for whoever has decided that; the alliance is held."""
    _end_poll(alliance, event, actor=actor)
    event.state, event.cancelled_reason = EventState.CANCELLED.value, reason
    _touch(event)
    _note(alliance, event, "event-cancelled", actor=actor)
    session().flush()
    emit(EventChanged(event.id, actor.user_id, "cancelled"))


def write_minutes(viewer: Viewer, *, slug: str, event_id: int, text: str) -> Event:
    """What was said and agreed, for everybody who sees the event; once it has begun."""
    here, event = event_to_hold(viewer, slug, event_id)
    _must_have_begun(event)
    event.minutes = said(text, field="minutes", longest=LONGEST_MINUTES)
    event.minutes_html, event.minutes_at = cook(event.minutes).html, now()
    event.state = EventState.HELD.value
    _touch(event)
    _note(here.alliance, event, "event-minutes", actor=viewer)
    session().flush()
    emit(EventChanged(event.id, viewer.user_id, "minutes"))
    return event


def mark_present(viewer: Viewer, *, slug: str, event_id: int, user_ids: Collection[int]) -> Event:
    """Who of those who had a place was there; everybody else was not."""
    _here, event = event_to_hold(viewer, slug, event_id)
    _must_have_begun(event)
    going = select(Attendance).where(Attendance.event_id == event.id, Attendance.state == "going")
    for row in session().scalars(going):
        row.was_there = row.user_id in user_ids
    session().flush()
    return event


def link_to_event(viewer: Viewer, *, slug: str, event_id: int, ref: Ref) -> None:
    """Hang a resolution, a proposal or a document of the host on the event. Twice is once."""
    here, event = event_to_hold(viewer, slug, event_id)
    card = cards(viewer, [ref]).get(ref) if ref.kind in LINKED else None
    if card is None or not card.url.startswith(f"{here.alliance.url}/"):
        raise NotFoundError
    known = session().scalars(select(EventLink).where(EventLink.event_id == event.id)).all()
    if any((link.kind, link.ref_id) == (ref.kind, ref.id) for link in known):
        return
    if len(known) >= MOST_LINKS:
        raise ConflictError(_("At most %(count)s things hang on an event.", count=MOST_LINKS))
    session().add(EventLink(event_id=event.id, kind=ref.kind, ref_id=ref.id, added_by_id=viewer.me))
    session().flush()


def unlink_from_event(viewer: Viewer, *, slug: str, event_id: int, ref: Ref) -> None:
    """Take it off again."""
    _here, event = event_to_hold(viewer, slug, event_id)
    link = session().get(EventLink, (event.id, ref.kind, ref.id))
    if link is not None:
        session().delete(link)
        session().flush()


@effect(Matter.TIME)
def settle_time(alliance: Alliance, proposal: Proposal) -> None:
    """The time that was chosen is the event's; where none was, its officers look on."""
    event = session().get(Event, proposal.subject_id)
    if event is None or event.state != EventState.POLLING or event.proposal_id != proposal.id:
        return
    winners = (proposal.tally or {}).get("winners") or []
    option = session().get(Option, winners[0]) if proposal.outcome == Outcome.CHOSEN and winners else None
    if option is None or option.starts_at is None or option.ends_at is None:
        emit(EventChanged(event.id, None, "undecided"))
        return
    event.starts_at, event.ends_at, event.state = option.starts_at, option.ends_at, EventState.PLANNED.value
    _touch(event)
    _note(alliance, event, "event-planned", actor=None)
    session().flush()
    emit(EventChanged(event.id, None, "planned"))


def _poll(here: Here, event: Event, slots: list[Span], *, days: int | None) -> Proposal:
    """Those who see the event choose its time: its group, the council, or all members."""
    electorate = {Readers.COUNCIL: Electorate.COUNCIL, Readers.GROUP: Electorate.GROUP}.get(
        readers_of(here.alliance, event.audience), Electorate.MEMBERS
    )
    return put_to_vote(
        here,
        matter=Matter.TIME,
        about={"title": event.title, "event": event.id},
        body=event.body,
        subject=Ref(EVENT, event.id),
        options=[OptionDraft(label="", starts_at=start, ends_at=end) for start, end in slots],
        electorate=electorate,
        group_id=event.group_id if electorate is Electorate.GROUP else None,
        days=days,
    )


def _end_poll(alliance: Alliance, event: Event, *, actor: Viewer) -> None:
    """Whoever sets the time or cancels needs no poll any more."""
    if event.proposal_id is None or event.state != EventState.POLLING:
        return
    proposal = session().get_one(Proposal, event.proposal_id, with_for_update=True, populate_existing=True)
    if proposal.state == ProposalState.OPEN:
        take_back(alliance, proposal, actor=actor, message=_("The time was settled otherwise."))


def _is_joint(event: Event) -> bool:
    asked = select(EventAlly.alliance_id).where(EventAlly.event_id == event.id, EventAlly.refused_at.is_(None))
    return session().scalar(asked.limit(1)) is not None


def _must_stand(event: Event) -> None:
    if event.state == EventState.CANCELLED:
        raise ConflictError(_("This event was cancelled."))
    if event.state == EventState.HELD:
        raise ConflictError(_("This event was held; its minutes can be added to."))


def _must_have_begun(event: Event) -> None:
    if event.state == EventState.CANCELLED:
        raise ConflictError(_("This event was cancelled."))
    if event.starts_at is None or event.starts_at > now():
        raise ConflictError(_("This comes once the event has begun."))


def _touch(event: Event) -> None:
    event.sequence += 1
    event.changed_at = now()


def _note(alliance: Alliance, event: Event, act: str, *, actor: Viewer | None) -> None:
    is_public = readers_of(alliance, event.audience) is Readers.PUBLIC
    note(
        alliance,
        act,
        actor=actor,
        audience=alliance.everybody if is_public else event.audience,
        event=event.id,
        title=event.title,
        starts=event.starts_at.isoformat() if event.starts_at else None,
    )
