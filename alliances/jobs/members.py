"""What the worker does for members; and what follows at once when people or parties go."""

from datetime import timedelta

from accounts.events import OrganisationChanged, SeatMoved
from alliances.actions.departures import end_party, unseat
from alliances.events import StateChanged, TermEnded
from alliances.jobs.upkeep import due_alliances, keep_up
from alliances.models import ENDED, PartyKind, Term
from alliances.notices.members import ask_for_sponsors
from alliances.parties import Party
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue, job


@job("alliances.keep_members", every=timedelta(minutes=20))
def keep_members() -> None:
    """Each alliance in a transaction of its own, so that one never keeps another waiting."""
    for alliance_id in due_alliances():
        enqueue("alliances.keep_members_of", alliance_id=alliance_id)


@job("alliances.keep_members_of")
def keep_members_of(alliance_id: int) -> None:
    """Lapsed invitations, notices that ran out, reminders."""
    keep_up(alliance_id)


@job("alliances.ask_for_sponsors")
def ask_members(application_id: int) -> None:
    """Members are asked to speak for an application."""
    ask_for_sponsors(application_id)


@job("alliances.unseat")
def unseat_later(kind: str, party_id: int, user_id: int) -> None:
    """Somebody may have stopped working for a party."""
    unseat(Party(kind, party_id), user_id)


@job("alliances.end_party")
def end_party_later(kind: str, party_id: int) -> None:
    """A party has ended."""
    end_party(Party(kind, party_id))


@subscribe(SeatMoved)
def follow_seat(event: SeatMoved) -> None:
    """Whoever leaves an organisation acts for it nowhere, from this moment on."""
    unseat(Party(PartyKind.ORGANISATION, event.organisation_id), event.user_id)


@subscribe(OrganisationChanged)
def follow_organisation(event: OrganisationChanged) -> None:
    """A closed organisation is no member any more."""
    if event.is_closed:
        end_party(Party(PartyKind.ORGANISATION, event.organisation_id))


@subscribe(TermEnded)
def follow_term(event: TermEnded) -> None:
    """Officers act for their alliance in others. By the worker: those others are locked on their own."""
    term = session().get_one(Term, event.term_id)
    enqueue("alliances.unseat", kind=PartyKind.ALLIANCE.value, party_id=term.alliance_id, user_id=term.user_id)


@subscribe(StateChanged)
def follow_alliance(event: StateChanged) -> None:
    """An alliance that has ended is no member of others any more."""
    if event.after in ENDED:
        enqueue("alliances.end_party", kind=PartyKind.ALLIANCE.value, party_id=event.alliance_id)
