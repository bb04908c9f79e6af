"""An alliance ends: why, by which vote, a checklist, and then it is an archive that can only be read.

Nothing is deleted and no token is taken: whoever was a member at the end reads everything as before. While the
checklist is worked through, the alliance still decides and meets.
"""

from typing import TypeVar

from sqlalchemy import Select, select

from alliances.actions.admitting import end_application, end_invitation
from alliances.actions.calls import drop_call
from alliances.actions.cases import PENDING, let_be
from alliances.actions.events import call_off
from alliances.actions.groups import shut
from alliances.actions.taking_back import end_vote
from alliances.actions.voting import put_to_vote
from alliances.effects import effect
from alliances.events import AllianceChanged, StateChanged
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import (
    Alliance,
    Application,
    AskState,
    Call,
    CallState,
    Dissolution,
    Event,
    EventState,
    ExpulsionCase,
    Group,
    Invitation,
    Matter,
    Proposal,
    ProposalState,
    State,
)
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

ALLIANCE = "alliances.alliance"
CHECKLIST = ("dues", "means", "ip", "documents", "members", "open")
OPEN_CALLS = (CallState.DRAFT, CallState.OPEN, CallState.EVALUATING, CallState.AWARDED, CallState.RUNNING)
OPEN = "open"  # ticked by closing what is open

Part = TypeVar("Part", Call, Group, Event, ExpulsionCase, Application, Invitation)


def propose_dissolution(viewer: Viewer, *, slug: str, reason: str) -> Dissolution:
    """Ask the members to end the alliance."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.DISSOLVE, here)
    if here.alliance.state != State.ACTIVE:
        raise ConflictError(_("Only an active alliance is dissolved."))
    if session().get(Dissolution, here.alliance.id, populate_existing=True) is not None:
        raise ConflictError(_("The members are voting on the dissolution."))
    dissolution = Dissolution(
        alliance_id=here.alliance.id, reason=said(reason, field="reason"), started_by_id=viewer.me
    )
    session().add(dissolution)
    session().flush()
    proposal = put_to_vote(
        here,
        matter=Matter.DISSOLUTION,
        about={"name": here.alliance.name, "name_en": here.alliance.name_en},
        body=dissolution.reason,
        subject=Ref(ALLIANCE, here.alliance.id),
    )
    dissolution.proposal_id = proposal.id
    note(here.alliance, "dissolution-proposed", actor=viewer, reason=dissolution.reason, number=proposal.number)
    session().flush()
    return dissolution


def drop_dissolution(viewer: Viewer, *, slug: str, message: str) -> None:
    """Take the question back before it is decided."""
    here, dissolution = _dissolution(viewer, slug)
    if here.alliance.state != State.ACTIVE:
        raise ConflictError(_("The members have decided on the dissolution."))
    message = said(message)
    end_vote(here.alliance, dissolution.proposal_id, actor=viewer, message=message)
    note(here.alliance, "dissolution-dropped", actor=viewer, message=message)
    session().delete(dissolution)
    session().flush()


def tick(viewer: Viewer, *, slug: str, item: str, words: str = "") -> Dissolution:
    """Say that a point of the checklist is settled, and how. Closing what is open settles that point."""
    here, dissolution = _dissolution(viewer, slug)
    if here.alliance.state != State.DISSOLVING:
        raise ConflictError(_("The checklist comes after the vote on the dissolution."))
    if item not in CHECKLIST:
        raise NotFoundError
    words = said(words, field="note", needed=item != OPEN, longest=1000)
    if item == OPEN:
        close_what_is_open(here, actor=viewer)
    done = {"done_at": now().isoformat(timespec="seconds"), "by": viewer.handle, "note": words}
    dissolution.items = {**dissolution.items, item: done}
    note(here.alliance, "dissolution-settled", actor=viewer, item=item, note=words)
    session().flush()
    return dissolution


def finish_dissolution(viewer: Viewer, *, slug: str) -> Alliance:
    """The last act: from now on it is an archive. What was opened since the checklist is closed with it."""
    here, dissolution = _dissolution(viewer, slug)
    alliance = here.alliance
    if alliance.state != State.DISSOLVING:
        raise ConflictError(_("The checklist comes after the vote on the dissolution."))
    if missing(dissolution):
        raise ConflictError(_("Some points of the checklist are still open."))
    close_what_is_open(here, actor=viewer)
    dissolution.finished_at = alliance.ended_at = now()
    note(alliance, "dissolved", actor=viewer)
    _move(alliance, State.DISSOLVED, actor=viewer)
    return alliance


def missing(dissolution: Dissolution) -> list[str]:
    """Which points of the checklist are not settled."""
    return [item for item in CHECKLIST if item not in dissolution.items]


def close_what_is_open(here: Here, *, actor: Viewer) -> None:
    """End votes, calls, groups, events that are to come, cases, applications and invitations, each with its word."""
    alliance = here.alliance
    words = _("The alliance is being dissolved.")
    votes = select(Proposal.id).where(Proposal.alliance_id == alliance.id, Proposal.state == ProposalState.OPEN)
    for proposal_id in session().scalars(votes.order_by(Proposal.id)).all():
        end_vote(alliance, proposal_id, actor=actor, message=words)
    for call in session().scalars(_of(Call, alliance).where(Call.state.in_(OPEN_CALLS))).all():
        drop_call(alliance, call, reason=words, actor=actor)
    for group in session().scalars(_of(Group, alliance).where(Group.closed_at.is_(None))).all():
        shut(alliance, group, actor=actor)
    ahead = _of(Event, alliance).where(Event.state.in_((EventState.POLLING, EventState.PLANNED)))
    for event in session().scalars(ahead.where((Event.starts_at > now()) | Event.starts_at.is_(None))).all():
        call_off(alliance, event, reason=words, actor=actor)
    for case in session().scalars(_of(ExpulsionCase, alliance).where(ExpulsionCase.state.in_(PENDING))).all():
        let_be(alliance, case, actor=actor)
    for application in session().scalars(_of(Application, alliance).where(Application.state == AskState.OPEN)).all():
        end_application(alliance, application, AskState.LAPSED, actor=actor, message=words)
    for invitation in session().scalars(_of(Invitation, alliance).where(Invitation.state == AskState.OPEN)).all():
        end_invitation(invitation, AskState.LAPSED, by=actor, answer=words)


@effect(Matter.DISSOLUTION)
def _voted(alliance: Alliance, proposal: Proposal) -> None:
    """Passed: the checklist begins. Anything else, and it lives on; it may be asked again."""
    dissolution = session().get(Dissolution, alliance.id, populate_existing=True)
    if dissolution is None or dissolution.proposal_id != proposal.id or alliance.state != State.ACTIVE:
        return
    if proposal.outcome == "passed":
        note(alliance, "dissolving", actor=None, number=proposal.number)
        _move(alliance, State.DISSOLVING, actor=None)
    else:
        session().delete(dissolution)
        session().flush()


def _of(model: type[Part], alliance: Alliance) -> Select[Part]:
    return select(model).where(model.alliance_id == alliance.id).order_by(model.id)


def _dissolution(viewer: Viewer, slug: str) -> tuple[Here, Dissolution]:
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.DISSOLVE, here)
    dissolution = session().get(Dissolution, here.alliance.id, populate_existing=True)
    if dissolution is None:
        raise ConflictError(_("Nobody has asked for the dissolution."))
    return here, dissolution


def _move(alliance: Alliance, after: State, *, actor: Viewer | None) -> None:
    before, alliance.state = alliance.state, after.value
    session().flush()
    emit(StateChanged(alliance.id, actor.user_id if actor else None, before, after.value))
    emit(AllianceChanged(alliance.id))
