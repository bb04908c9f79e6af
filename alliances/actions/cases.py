"""Expelling a member: grounds, its right of reply, and then the members vote without it. Or the case is dropped."""

from datetime import timedelta

from sqlalchemy import select

from alliances.actions.steering import keep_steered
from alliances.actions.taking_back import end_vote
from alliances.actions.voting import put_to_vote
from alliances.effects import effect
from alliances.events import CaseAnswered, CaseEnded, CaseOpened
from alliances.here import Here, here_at
from alliances.joining import end_membership, name_of_party
from alliances.log import note
from alliances.messages import said
from alliances.models import (
    Alliance,
    CaseState,
    ExpulsionCase,
    Matter,
    Member,
    MemberState,
    Proposal,
    Role,
    State,
)
from alliances.parties import Party, parties
from alliances.policy import AllianceRight
from alliances.proposal_titles import naming
from alliances.rules import NUMBERS, number_for
from alliances.sight import visible_cases
from alliances.speakers import speaks_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

CASE = "alliances.case"
PENDING = (CaseState.OPEN, CaseState.VOTING)


def open_case(viewer: Viewer, *, slug: str, member_id: int, grounds: str, days: int | None = None) -> ExpulsionCase:
    """Tell a member why it should go; it may reply until a day, and before that nobody votes."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.BRING_CASE, here)
    if here.alliance.state != State.ACTIVE:
        raise ConflictError(_("Only an active alliance expels a member."))
    member = session().get(Member, member_id, populate_existing=True)
    if member is None or member.alliance_id != here.alliance.id or member.state != MemberState.ACTIVE:
        raise NotFoundError
    _must_not_be_mine(here, member)
    if case_of(member.id) is not None:
        raise ConflictError(_("There is a case about this member already."))
    days = number_for(here.alliance, "reply_days") if days is None else days
    _usual, least, most = NUMBERS["reply_days"]
    if not least <= days <= most:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"days": _("A number from %(least)s to %(most)s.", least=least, most=most)},
        )
    case = ExpulsionCase(
        alliance_id=here.alliance.id,
        member_id=member.id,
        grounds=said(grounds, field="grounds"),
        opened_by_id=viewer.me,
        reply_until=now() + timedelta(days=days),
    )
    session().add(case)
    session().flush()
    note(here.alliance, "case-opened", actor=viewer, audience=here.alliance.council, member=_name(member))
    emit(CaseOpened(case.id))
    return case


def reply_to_case(viewer: Viewer, *, slug: str, case_id: int, reply: str) -> ExpulsionCase:
    """What the member says to the grounds; it may say it anew until the vote begins."""
    here, case, member = _case(viewer, slug, case_id)
    represents = any(one.member.id == member.id and one.role == Role.REPRESENTATIVE for one in here.acting)
    if not represents and not speaks_for(viewer, Party(member.party_kind, member.party_id)):
        raise ForbiddenError(_("The member replies by its representative, or by who speaks for it."))
    if case.state != CaseState.OPEN:
        raise ConflictError(_("The time to reply is over."))
    case.reply, case.replied_at, case.replied_by_id = said(reply, field="reply"), now(), viewer.me
    note(here.alliance, "case-answered", actor=viewer, audience=here.alliance.council, member=_name(member))
    session().flush()
    emit(CaseAnswered(case.id))
    return case


def vote_on_case(viewer: Viewer, *, slug: str, case_id: int) -> ExpulsionCase:
    """Let the members decide, once the member has replied or its time to do so is over. It has no vote on itself."""
    here, case, member = _case(viewer, slug, case_id)
    authorise(viewer, AllianceRight.BRING_CASE, here)
    _must_not_be_mine(here, member)
    if case.state != CaseState.OPEN:
        raise ConflictError(_("This case has moved on in the meantime."))
    if not case.replied_at and case.reply_until > now():
        raise ConflictError(_("The member may still reply; the vote begins afterwards."))
    texts = [case.grounds, f"---\n\n{case.reply}" if case.reply else ""]
    party = Party(member.party_kind, member.party_id)
    proposal = put_to_vote(
        here,
        matter=Matter.EXPULSION,
        about=naming(parties([party]).get(party)),
        body="\n\n".join(text for text in texts if text),
        subject=Ref(CASE, case.id),
        without=[member.id],
    )
    case.state, case.proposal_id = CaseState.VOTING.value, proposal.id
    session().flush()
    return case


def drop_case(viewer: Viewer, *, slug: str, case_id: int, message: str) -> ExpulsionCase:
    """Let it be, and say why."""
    here, case, member = _case(viewer, slug, case_id)
    authorise(viewer, AllianceRight.BRING_CASE, here)
    _must_not_be_mine(here, member)
    if case.state != CaseState.OPEN:
        raise ConflictError(_("This case has moved on in the meantime."))
    _end(here.alliance, case, CaseState.DROPPED, reason=said(message), actor=viewer)
    return case


def drop_case_of(alliance: Alliance, member: Member, *, actor: Viewer | None) -> None:
    """The member goes by itself, and with it the case about it; a vote that runs is taken back."""
    if (case := case_of(member.id)) is not None:
        let_be(alliance, case, actor=actor)


def let_be(alliance: Alliance, case: ExpulsionCase, *, actor: Viewer | None) -> None:
    """End a case without a decision; the alliance is held."""
    end_vote(alliance, case.proposal_id, actor=actor)
    _end(alliance, case, CaseState.DROPPED, reason="", actor=actor)


def case_of(member_id: int) -> ExpulsionCase | None:
    """The case about a member that has not ended."""
    return session().scalar(
        select(ExpulsionCase)
        .where(ExpulsionCase.member_id == member_id, ExpulsionCase.state.in_(PENDING))
        .execution_options(populate_existing=True)
    )


@effect(Matter.EXPULSION)
def _voted(alliance: Alliance, proposal: Proposal) -> None:
    """Passed: it goes at once. Anything else, a missed quorum too: it stays, and this case is over."""
    case = session().get(ExpulsionCase, proposal.subject_id or 0, populate_existing=True)
    if case is None or case.state != CaseState.VOTING:
        return
    member = session().get_one(Member, case.member_id, populate_existing=True)
    is_expelled = proposal.outcome == "passed" and member.state == MemberState.ACTIVE
    _end(alliance, case, CaseState.EXPELLED if is_expelled else CaseState.KEPT, reason="", actor=None)
    if is_expelled:
        end_membership(alliance, member, state=MemberState.EXPELLED, reason=case.grounds, actor=None)
        keep_steered(alliance)


def _end(alliance: Alliance, case: ExpulsionCase, state: CaseState, *, reason: str, actor: Viewer | None) -> None:
    case.state, case.ended_at, case.ended_reason = state.value, now(), reason
    name = _name(session().get_one(Member, case.member_id))
    note(alliance, f"case-{state}", actor=actor, audience=alliance.council, member=name)
    session().flush()
    emit(CaseEnded(case.id))


def _case(viewer: Viewer, slug: str, case_id: int) -> tuple[Here, ExpulsionCase, Member]:
    """For the member and the council, who read it; which of them may do what, each deed looks."""
    here = here_at(viewer, slug, hold=True)
    query = select(ExpulsionCase).where(
        ExpulsionCase.id == case_id, ExpulsionCase.alliance_id == here.alliance.id, visible_cases(viewer)
    )
    case = session().scalar(query.execution_options(populate_existing=True))
    if case is None:
        raise NotFoundError
    return here, case, session().get_one(Member, case.member_id, populate_existing=True)


def _must_not_be_mine(here: Here, member: Member) -> None:
    if member in here.members:
        raise ForbiddenError(_("Nobody decides in a case about the member for which they act."))


def _name(member: Member) -> str:
    return name_of_party(Party(member.party_kind, member.party_id))
