"""An alliance stops and goes on again, lapses when too few sign, is given up, or is replaced by another."""

from sqlalchemy import select

from activity.actions import record_act
from alliances.actions.admitting import end_application, end_invitation
from alliances.charters import charter_of
from alliances.events import AllianceChanged, StateChanged, SuccessorNamed
from alliances.here import here_at, hold_alliance, visible_alliances
from alliances.log import note
from alliances.messages import said
from alliances.models import (
    ENDED,
    Alliance,
    Application,
    AskState,
    CharterState,
    Invitation,
    LogLine,
    State,
)
from alliances.policy import AllianceRight
from alliances.powers import Power
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

ALLIANCE = "alliances.alliance"
LONGEST_REASON = 1_000


def freeze(viewer: Viewer, *, slug: str, reason: str) -> Alliance:
    """Everything stops and can be read. The reason is public; votes that run wait."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.FREEZE, here)
    alliance, reason = here.alliance, said(reason, field="reason", longest=LONGEST_REASON)
    if alliance.state == State.FROZEN:
        raise ConflictError(_("It is frozen already."))
    is_staff = not here.has(Power.CASES)
    alliance.frozen_at, alliance.frozen_reason = now(), reason
    note(alliance, "frozen", actor=viewer, reason=reason, by_staff=is_staff)
    _move(alliance, State.FROZEN, actor=viewer)
    if is_staff:
        _tell_log(viewer, alliance, act="alliance.freeze", reason=reason)
    return alliance


def thaw(viewer: Viewer, *, slug: str, reason: str = "") -> Alliance:
    """Go on; what the staff froze, only the staff let go on."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.FREEZE, here)
    alliance, reason = here.alliance, said(reason, field="reason", needed=False, longest=LONGEST_REASON)
    if alliance.state != State.FROZEN:
        raise ConflictError(_("It is not frozen."))
    if _was_frozen_by_staff(alliance) and not viewer.is_staff:
        raise ForbiddenError(_("The staff of the site froze it; only they let it go on."))
    alliance.frozen_at, alliance.frozen_reason = None, ""
    note(alliance, "thawed", actor=viewer, reason=reason)
    _move(alliance, State.ACTIVE, actor=viewer)
    if not here.has(Power.CASES):
        _tell_log(viewer, alliance, act="alliance.thaw", reason=reason)
    return alliance


def give_up(viewer: Viewer, *, slug: str, reason: str) -> Alliance:
    """End a draft, or an alliance that is still gathering signatures, before its time; everybody asked is told."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.EDIT, here)
    if here.alliance.state not in (State.DRAFT, State.FORMING):
        raise ConflictError(_("It was founded; an alliance that lives is dissolved by its members."))
    reason = said(reason, field="reason", needed=here.alliance.state == State.FORMING, longest=LONGEST_REASON)
    _lapse(here.alliance, actor=viewer, reason=reason)
    return here.alliance


def overdue_formings() -> list[int]:
    """Alliances whose time for signatures is over."""
    query = select(Alliance.id).where(Alliance.state == State.FORMING, Alliance.forming_until <= now())
    return list(session().scalars(query.order_by(Alliance.id)))


def lapse_overdue(alliance_id: int) -> bool:
    """End one of them, if it is still so; says whether it was."""
    hold_alliance(alliance_id)
    alliance = session().get_one(Alliance, alliance_id, populate_existing=True)
    if alliance.state != State.FORMING or alliance.forming_until is None or alliance.forming_until > now():
        return False
    _lapse(alliance, actor=None, reason="")
    return True


def name_successor(viewer: Viewer, *, slug: str, successor: str) -> Alliance:
    """Say which alliance goes on with the work of one that has ended; its chair has to accept."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.REPLACE, here)
    other = session().scalar(select(Alliance).where(Alliance.slug == successor.strip(), visible_alliances(viewer)))
    if other is None or other.id == here.alliance.id or other.state in ENDED or other.state == State.DRAFT:
        wrong = _("Give the address of an alliance that lives, as it stands after /alliances/.")
        raise InvalidError(_("Please look at the marked fields."), errors={"successor": wrong})
    here.alliance.replaced_by_id = other.id
    note(here.alliance, "successor-named", actor=viewer, successor=other.slug)
    session().flush()
    emit(SuccessorNamed(here.alliance.id, other.id, viewer.me))
    emit(AllianceChanged(here.alliance.id))
    return here.alliance


def accept_succession(viewer: Viewer, *, slug: str, predecessor: str, accept: bool) -> Alliance:
    """The chair of the successor takes the other's place, or declines to."""
    old = session().scalar(select(Alliance.id).where(Alliance.slug == predecessor))
    mine = session().scalar(select(Alliance.id).where(Alliance.slug == slug))
    for number in sorted(filter(None, (old, mine))):  # both are locked, always in the same order
        hold_alliance(number)
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.EDIT, here)
    if not here.has(Power.CASES):
        raise ForbiddenError(_("This needs an office of the alliance; its chair and secretary give them."))
    before = session().get(Alliance, old, populate_existing=True) if old else None
    if before is None or before.replaced_by_id != here.alliance.id or before.state == State.REPLACED:
        raise NotFoundError
    if not accept:
        before.replaced_by_id = None
        note(here.alliance, "succession-declined", actor=viewer, predecessor=before.slug)
    else:
        note(before, "replaced", actor=viewer, successor=here.alliance.slug)
        note(here.alliance, "succession-accepted", actor=viewer, predecessor=before.slug)
        _move(before, State.REPLACED, actor=viewer)
    session().flush()
    emit(AllianceChanged(before.id))
    emit(AllianceChanged(here.alliance.id))
    return before


def _lapse(alliance: Alliance, *, actor: Viewer | None, reason: str) -> None:
    at = now()
    if (charter := charter_of(alliance)) is not None and charter.state == CharterState.SIGNING:
        charter.state, charter.ended_at = CharterState.REJECTED.value, at
    alliance.ended_at, alliance.forming_until = at, None
    note(alliance, "lapsed", actor=actor, reason=reason)
    words = reason or _("The alliance was not founded: too few signed in time.")
    invited = select(Invitation).where(Invitation.alliance_id == alliance.id, Invitation.state == AskState.OPEN)
    for invitation in session().scalars(invited.order_by(Invitation.id)).all():
        end_invitation(invitation, AskState.LAPSED, by=None, answer=words)
    applied = select(Application).where(Application.alliance_id == alliance.id, Application.state == AskState.OPEN)
    for application in session().scalars(applied.order_by(Application.id)).all():
        end_application(alliance, application, AskState.LAPSED, actor=None, message=words)
    _move(alliance, State.LAPSED, actor=actor)


def _move(alliance: Alliance, after: State, *, actor: Viewer | None) -> None:
    before, alliance.state = alliance.state, after.value
    session().flush()
    emit(StateChanged(alliance.id, actor.user_id if actor else None, before, after.value))
    emit(AllianceChanged(alliance.id))


def _was_frozen_by_staff(alliance: Alliance) -> bool:
    last = select(LogLine.content).where(LogLine.alliance_id == alliance.id, LogLine.act == "frozen")
    content = session().scalar(last.order_by(LogLine.number.desc()).limit(1))
    return content is not None and '"by_staff":true' in content


def _tell_log(viewer: Viewer, alliance: Alliance, *, act: str, reason: str) -> None:
    ref = Ref(ALLIANCE, alliance.id)
    record_act(viewer, act=act, ref=ref, place=ref, audience=alliance.audience, reason=reason)
