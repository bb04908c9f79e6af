"""A member leaves: with notice, after handing over what would be orphaned otherwise.

Licences that were granted stay in force: leaving ends sight and votes, never what was agreed before. A roll that was
frozen before the end keeps the member, and its ballot counts.
"""

from datetime import timedelta

from sqlalchemy import select

from alliances.actions.cases import drop_case_of
from alliances.actions.steering import keep_steered
from alliances.events import NoticeGiven
from alliances.handover import hand_over
from alliances.here import Here, here_at
from alliances.joining import end_membership, name_of_party
from alliances.log import note
from alliances.messages import said
from alliances.models import ENDED, Alliance, Member, MemberState, Role, Standing, State
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.rules import number_for
from alliances.speakers import speaks_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


def leave(viewer: Viewer, *, slug: str, member_id: int, reason: str = "") -> Member:
    """Give notice, or go at once where nothing binds: observers, and where the charter asks for no notice."""
    here, member = _mine(viewer, slug, member_id)
    alliance = here.alliance
    if alliance.state == State.FORMING:
        raise ConflictError(_("While it is forming, you withdraw your signature instead."))
    if member.leaving_at is not None:
        raise ConflictError(_("Notice has been given already."))
    if not hand_over(alliance, member).is_settled:
        raise ConflictError(_("Something has to be handed over first; this page lists it."))
    reason = said(reason, field="reason", needed=False)
    days = notice_days(alliance, member)
    if not days:
        _go(alliance, member, reason=reason, actor=viewer)
        return member
    member.leaving_at, member.leaving_reason = now() + timedelta(days=days), reason
    name = name_of_party(Party(member.party_kind, member.party_id))
    note(alliance, "notice-given", actor=viewer, member=name, leaves=member.leaving_at.isoformat(), reason=reason)
    session().flush()
    emit(NoticeGiven(member.id, viewer.me))
    return member


def stay(viewer: Viewer, *, slug: str, member_id: int) -> Member:
    """Take the notice back before it has run out."""
    here, member = _mine(viewer, slug, member_id)
    if member.leaving_at is None:
        raise ConflictError(_("No notice has been given."))
    member.leaving_at, member.leaving_reason = None, ""
    name = name_of_party(Party(member.party_kind, member.party_id))
    note(here.alliance, "notice-withdrawn", actor=viewer, member=name)
    session().flush()
    return member


def end_notices(alliance: Alliance) -> None:
    """Let those go whose notice has run out. The alliance is held."""
    over = select(Member).where(
        Member.alliance_id == alliance.id, Member.state == MemberState.ACTIVE, Member.leaving_at <= now()
    )
    for member in session().scalars(over.order_by(Member.id)).all():
        _go(alliance, member, reason=member.leaving_reason, actor=None)


def notice_days(alliance: Alliance, member: Member) -> int:
    """How long a member is bound after it gave notice."""
    return 0 if member.standing == Standing.OBSERVER else number_for(alliance, "notice_days")


def _go(alliance: Alliance, member: Member, *, reason: str, actor: Viewer | None) -> None:
    drop_case_of(alliance, member, actor=actor)
    end_membership(alliance, member, state=MemberState.LEFT, reason=reason, actor=actor)
    keep_steered(alliance)


def _mine(viewer: Viewer, slug: str, member_id: int) -> tuple[Here, Member]:
    """A member for which the viewer may decide that: its representative, or who speaks for the party."""
    here = here_at(viewer, slug, hold=True)
    member = session().get(Member, member_id, populate_existing=True)
    if member is None or member.alliance_id != here.alliance.id or member.state != MemberState.ACTIVE:
        raise NotFoundError
    represents = any(one.member.id == member.id and one.role == Role.REPRESENTATIVE for one in here.acting)
    if not represents and not speaks_for(viewer, Party(member.party_kind, member.party_id)):
        authorise(viewer, AllianceRight.LEAVE, here)
        raise ForbiddenError(_("This is for the member's representative and the admins of the organisation."))
    if here.alliance.state in ENDED:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    return here, member
