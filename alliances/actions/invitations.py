"""An alliance asks a party to join, or to sign while it is forming; the party accepts, declines, or lets it lapse."""

from datetime import timedelta

from sqlalchemy import select

from alliances.actions.admission import apply, decide
from alliances.actions.admitting import (
    INVITED_FOR,
    admits,
    end_invitation,
    must_accept_charter,
    open_application,
    open_invitation,
    party_of,
    welcome,
)
from alliances.actions.signing import sign_charter
from alliances.events import InvitationSent
from alliances.here import Here, here_at
from alliances.joining import member_of, name_of_party
from alliances.log import note
from alliances.messages import said
from alliances.models import Alliance, Application, AskState, Invitation, PartyKind, Standing, State
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.speakers import party_named, speaks_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST = 180  # days that an invitation may stay open


def invite(
    viewer: Viewer,
    *,
    slug: str,
    kind: str,
    name: str,
    standing: str = Standing.FULL,
    message: str = "",
    days: int = INVITED_FOR.days,
) -> Invitation | Application:
    """Ask a party, named by its address or handle. One that has applied is accepted with that.

    In a draft the invitation is kept, and sent when the charter is opened for signatures.
    """
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.INVITE, here)
    party = party_named(viewer, kind, name)
    standing, message, days = _terms(standing, message, days)
    _must_be_outside(here, party)
    if (application := open_application(here.alliance.id, party)) is not None:
        return decide(
            viewer,
            slug=slug,
            application_id=application.id,
            accept=True,
            message=message or _("You are welcome."),
            standing=standing,
        )
    if open_invitation(here.alliance.id, party) is not None:
        raise ConflictError(_("It has been invited already."))
    invitation = Invitation(
        alliance_id=here.alliance.id,
        party_kind=party.kind,
        party_id=party.id,
        standing=standing,
        message=message,
        invited_by_id=viewer.me,
        expires_at=now() + timedelta(days=days),
    )
    session().add(invitation)
    session().flush()
    note(here.alliance, "invitation-made", actor=viewer, audience=here.alliance.council, party=name_of_party(party))
    if here.alliance.state != State.DRAFT:
        emit(InvitationSent(invitation.id))
    return invitation


def send_prepared(alliance: Alliance) -> None:
    """Send what was prepared while it was a draft; each has its whole time from now on. The alliance is held."""
    waiting = select(Invitation).where(Invitation.alliance_id == alliance.id, Invitation.state == AskState.OPEN)
    for invitation in session().scalars(waiting.order_by(Invitation.id)).all():
        invitation.expires_at = now() + (invitation.expires_at - invitation.created_at)
        session().flush()
        emit(InvitationSent(invitation.id))


def accept_invitation(
    viewer: Viewer, *, slug: str, invitation_id: int, message: str = "", accepted: str = ""
) -> Invitation:
    """Join, or sign while it is forming, with the charter of this hash.

    Where members decide who joins them, what is accepted becomes an application, and is decided by them.
    """
    here, invitation = _mine(viewer, slug, invitation_id)
    party, alliance = party_of(invitation), here.alliance
    message = said(message, needed=False)
    if alliance.state == State.FORMING:
        must_accept_charter(alliance, accepted)
        sign_charter(viewer, slug=slug, party=party, accepted=accepted, message=message)
    elif alliance.state != State.ACTIVE:
        raise ConflictError(_("This alliance admits nobody now."))
    elif not admits(alliance, invitation):
        must_accept_charter(alliance, accepted)
        answers = ["—"] * len(alliance.questions)
        end_invitation(invitation, AskState.ACCEPTED, by=viewer, answer=message)
        apply(
            viewer,
            slug=slug,
            party=party,
            standing=invitation.standing,
            answers=answers,
            message=message,
            accepted=accepted,
        )
    else:
        must_accept_charter(alliance, accepted)
        end_invitation(invitation, AskState.ACCEPTED, by=viewer, answer=message)
        welcome(alliance, party, standing=invitation.standing, by_id=viewer.me, actor=viewer)
    return invitation


def decline_invitation(viewer: Viewer, *, slug: str, invitation_id: int, message: str) -> Invitation:
    """Say no, and why."""
    here, invitation = _mine(viewer, slug, invitation_id)
    end_invitation(invitation, AskState.REFUSED, by=viewer, answer=said(message))
    name = name_of_party(party_of(invitation))
    note(here.alliance, "invitation-declined", actor=viewer, audience=here.alliance.council, party=name)
    return invitation


def withdraw_invitation(viewer: Viewer, *, slug: str, invitation_id: int, message: str) -> Invitation:
    """Take an invitation back, and say why; one that was not sent yet needs no words."""
    here = here_at(viewer, slug, hold=True)
    invitation = _invitation(here, invitation_id)
    if not here.is_inside:
        raise NotFoundError
    authorise(viewer, AllianceRight.INVITE, here)
    _must_wait(invitation)
    message = said(message, needed=here.alliance.state != State.DRAFT)
    end_invitation(invitation, AskState.WITHDRAWN, by=viewer, answer=message)
    name = name_of_party(party_of(invitation))
    note(here.alliance, "invitation-withdrawn", actor=viewer, audience=here.alliance.council, party=name)
    return invitation


def expire_invitations(alliance: Alliance) -> None:
    """End those that nobody answered in time. The alliance is held."""
    over = select(Invitation).where(
        Invitation.alliance_id == alliance.id, Invitation.state == AskState.OPEN, Invitation.expires_at <= now()
    )
    if alliance.state == State.DRAFT:
        return
    for invitation in session().scalars(over.order_by(Invitation.id)).all():
        end_invitation(invitation, AskState.LAPSED, by=None)


def _mine(viewer: Viewer, slug: str, invitation_id: int) -> tuple[Here, Invitation]:
    """An invitation of a party for which the viewer speaks, held and waiting."""
    authorise(viewer, AllianceRight.ANSWER_INVITATION)
    here = here_at(viewer, slug, hold=True)
    invitation = _invitation(here, invitation_id)
    if here.alliance.state == State.DRAFT or not speaks_for(viewer, party_of(invitation)):
        raise NotFoundError
    _must_wait(invitation)
    return here, invitation


def _invitation(here: Here, invitation_id: int) -> Invitation:
    invitation = session().get(Invitation, invitation_id, populate_existing=True)
    if invitation is None or invitation.alliance_id != here.alliance.id:
        raise NotFoundError
    return invitation


def _must_wait(invitation: Invitation) -> None:
    if invitation.state != AskState.OPEN:
        raise ConflictError(_("This invitation has been answered already. Reload the page to see how."))
    if invitation.expires_at <= now():
        raise ConflictError(_("The time to answer this invitation is over; ask for another."))


def _must_be_outside(here: Here, party: Party) -> None:
    if member_of(here.alliance.id, party) is not None:
        raise ConflictError(_("It is a member already."))
    if party == Party(PartyKind.ALLIANCE, here.alliance.id):
        raise InvalidError(
            _("Please look at the marked fields."), errors={"name": _("An alliance is no member of itself.")}
        )


def _terms(standing: str, message: str, days: int) -> tuple[str, str, int]:
    if standing not in set(Standing):
        raise InvalidError(
            _("Please look at the marked fields."), errors={"standing": _("This choice is not known here.")}
        )
    if not 1 <= days <= LONGEST:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"days": _("A number from %(least)s to %(most)s.", least=1, most=LONGEST)},
        )
    return Standing(standing).value, said(message, needed=False), days
