"""The charter changes: written in the draft, then only by a vote, after which every member is asked to accept it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update

from alliances.actions.voting import put_to_vote
from alliances.charter_facts import LONGEST_NOTE, CharterFacts, read_charter
from alliances.charters import ACCEPT_WITHIN, apply_settings, charter_hash, charter_of, version_of
from alliances.effects import effect
from alliances.events import AllianceChanged, CharterInForce, ProposalWithdrawn
from alliances.here import here_at, hold_alliance
from alliances.joining import change_standing
from alliances.log import note
from alliances.models import (
    Alliance,
    CharterState,
    CharterVersion,
    Matter,
    Member,
    MemberState,
    Proposal,
    ProposalState,
    Standing,
    State,
)
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit, subscribe
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_body
from kernel.viewer import Viewer
from kernel.words import gettext as _

CHARTER = "alliances.charter"
PASSED = "passed"


def write_draft(viewer: Viewer, facts: CharterFacts, *, slug: str) -> CharterVersion:
    """Change the first version while the alliance is a draft; sections may still be empty."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.AMEND, here)
    alliance, charter = here.alliance, version_of(here.alliance, 1)
    if alliance.state != State.DRAFT or charter is None:
        raise ConflictError(_("The charter is fixed now; it changes by a vote of the members."))
    sections, settings = read_charter(facts, is_complete=False)
    charter.sections, charter.settings = sections, settings
    apply_settings(alliance, settings)
    note(alliance, "charter-written", actor=viewer)
    session().flush()
    emit(AllianceChanged(alliance.id))
    return charter


def propose_charter(viewer: Viewer, facts: CharterFacts, *, slug: str, base: int, why: str) -> Proposal:
    """Put another version to the vote of the members. `base` is the version that it was written from."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.AMEND, here)
    alliance, before = here.alliance, charter_of(here.alliance)
    if before is None or before.state != CharterState.IN_FORCE:
        raise ConflictError(_("There is no charter in force that could be changed."))
    if base != before.number:
        raise ConflictError(_("Another version came into force while you were writing. Compare yours with it first."))
    if running := open_change(alliance):
        said = _("Proposal %(number)s on the charter is still open; it has to be decided first.", number=running.number)
        raise ConflictError(said)
    sections, settings = read_charter(facts, is_complete=True)
    why = clean_body(why).strip()
    if not why or len(why) > LONGEST_NOTE:
        said = _("Say why the charter should change, in at most %(count)s characters.", count=LONGEST_NOTE)
        raise InvalidError(_("Please look at the marked fields."), errors={"note": said})
    if sections == before.sections and settings == before.settings:
        said = _("Change something first.")
        raise InvalidError(_("Nothing is different from the charter in force."), errors={"note": said})
    number = 1 + (session().scalar(select(func.max(CharterVersion.number)).where(_of(alliance))) or 0)
    charter = CharterVersion(
        alliance_id=alliance.id,
        number=number,
        state=CharterState.PROPOSED.value,
        sections=sections,
        settings=settings,
        note=why,
        written_by_id=viewer.me,
    )
    charter.hash = charter_hash(alliance, charter)
    session().add(charter)
    session().flush()
    note(alliance, "charter-proposed", actor=viewer, charter=number, hash=charter.hash)
    proposal = put_to_vote(
        here,
        matter=Matter.CHARTER,
        about={"number": number, "before": alliance.charter_number},
        body=why,
        subject=Ref(CHARTER, charter.id),
    )
    charter.proposal_id = proposal.id
    return proposal


def open_change(alliance: Alliance) -> Proposal | None:
    """The vote on the charter that is open or being prepared: there is one at a time."""
    return session().scalar(
        select(Proposal).where(
            Proposal.alliance_id == alliance.id,
            Proposal.matter == Matter.CHARTER,
            Proposal.state == ProposalState.OPEN,
        )
    )


@effect(Matter.CHARTER)
def charter_decided(alliance: Alliance, proposal: Proposal) -> None:
    """The version comes into force, or is rejected; one that another has overtaken never comes into force."""
    charter = session().get(CharterVersion, proposal.subject_id or 0)
    if charter is None or charter.alliance_id != alliance.id:
        return
    is_waiting = charter.state in (CharterState.PROPOSED, CharterState.REJECTED)
    is_next = charter.number > alliance.charter_number and alliance.state in (State.ACTIVE, State.DISSOLVING)
    charter.proposal_id = proposal.id
    if is_waiting and is_next and proposal.outcome == PASSED:
        _bring_into_force(alliance, charter, proposal)
    elif charter.state == CharterState.PROPOSED:
        _reject(alliance, charter, how=proposal.outcome)


@subscribe(ProposalWithdrawn)
def charter_withdrawn(event: ProposalWithdrawn) -> None:
    """With its vote, a version is withdrawn."""
    proposal = session().get_one(Proposal, event.proposal_id)
    if proposal.matter != Matter.CHARTER:
        return
    charter = session().get(CharterVersion, proposal.subject_id or 0)
    if charter is not None and charter.state == CharterState.PROPOSED:
        _reject(session().get_one(Alliance, charter.alliance_id), charter, how="withdrawn")


def _bring_into_force(alliance: Alliance, charter: CharterVersion, proposal: Proposal) -> None:
    at = now()
    before = charter_of(alliance)
    if before is not None:
        before.state, before.ended_at = CharterState.SUPERSEDED.value, at
    charter.state, charter.in_force_at, charter.ended_at = CharterState.IN_FORCE.value, at, None
    alliance.charter_number = charter.number
    apply_settings(alliance, charter.settings)
    until = at + ACCEPT_WITHIN
    session().execute(
        update(Member)
        .where(Member.alliance_id == alliance.id, Member.state == MemberState.ACTIVE)
        .values(asked_until=until)
        .execution_options(synchronize_session="fetch")
    )
    note(
        alliance,
        "charter-in-force",
        actor=None,
        charter=charter.number,
        hash=charter.hash,
        proposal=proposal.number,
        accept_until=until.isoformat(),
    )
    session().flush()
    emit(CharterInForce(charter.id))
    emit(AllianceChanged(alliance.id))


def _reject(alliance: Alliance, charter: CharterVersion, *, how: str) -> None:
    charter.state, charter.ended_at = CharterState.REJECTED.value, now()
    note(alliance, "charter-rejected", actor=None, charter=charter.number, how=how)
    session().flush()
    emit(AllianceChanged(alliance.id))


def overdue_alliances() -> Sequence[int]:
    """Alliances in which a full member let the time pass in which it was asked to accept the charter."""
    query = select(Member.alliance_id).where(*_is_overdue()).distinct().order_by(Member.alliance_id)
    return session().scalars(query).all()


def observe_overdue(alliance_id: int) -> int:
    """Full members of one alliance that did not accept in time become observers; accepting makes them full again."""
    hold_alliance(alliance_id)
    alliance = session().get_one(Alliance, alliance_id, populate_existing=True)
    if alliance.state not in (State.ACTIVE, State.DISSOLVING):
        return 0
    late = session().scalars(select(Member).where(Member.alliance_id == alliance_id, *_is_overdue())).all()
    for member in late:
        member.was_full = True
        change_standing(alliance, member, Standing.OBSERVER, actor=None)
    return len(late)


def _is_overdue() -> tuple[ColumnElement[bool], ...]:
    return Member.state == MemberState.ACTIVE, Member.standing == Standing.FULL, Member.asked_until <= now()


def _of(alliance: Alliance) -> ColumnElement[bool]:
    return CharterVersion.alliance_id == alliance.id
