"""What follows when an application or an invitation is answered; the caller holds the alliance and has authorised."""

from datetime import timedelta

from sqlalchemy import select

from accounts.viewers import viewer_for
from alliances.actions.signing import add_signature
from alliances.charters import charter_of, record_acceptance
from alliances.events import ApplicationEnded, InvitationEnded, MemberJoined
from alliances.joining import join, name_of_party
from alliances.log import note
from alliances.models import Admission, Alliance, Application, AskState, Invitation, Member, Standing, State
from alliances.parties import Party
from alliances.speakers import speakers_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit, subscribe
from kernel.viewer import Viewer
from kernel.words import gettext as _

INVITED_FOR = timedelta(days=30)


def admit(alliance: Alliance, application: Application, *, actor: Viewer | None, message: str) -> None:
    """The application is accepted: the party is a member, and while the alliance is forming, one that has signed."""
    end_application(alliance, application, AskState.ACCEPTED, actor=actor, message=message)
    welcome(
        alliance, party_of(application), standing=application.standing, by_id=application.applied_by_id, actor=actor
    )


def welcome(alliance: Alliance, party: Party, *, standing: str, by_id: int, actor: Viewer | None) -> Member:
    """Make a party a member; whoever accepted the charter for it represents it, if they still speak for it."""
    if alliance.state not in (State.FORMING, State.ACTIVE):
        raise ConflictError(_("This alliance admits nobody now."))
    if alliance.open_seats == 0:
        raise ConflictError(_("There is no open seat."))
    speakers = speakers_for([party])[party]
    if not speakers:
        raise ConflictError(_("Nobody speaks for this party any more."))
    by_id = by_id if by_id in speakers else speakers[0]
    if alliance.state == State.FORMING:
        return add_signature(alliance, party, signer=viewer_for(by_id), standing=Standing(standing), actor=actor)
    member = join(alliance, party, standing=Standing(standing), representative_id=by_id, actor=actor)
    record_acceptance(alliance, member, user_id=by_id, actor=actor)
    return member


def refuse(alliance: Alliance, application: Application, *, actor: Viewer | None, message: str) -> None:
    """It is not accepted; from a day on, the party may apply again."""
    application.again_at = now() + timedelta(days=alliance.reapply_days)
    end_application(alliance, application, AskState.REFUSED, actor=actor, message=message)


def end_application(
    alliance: Alliance, application: Application, state: AskState, *, actor: Viewer | None, message: str
) -> None:
    """Into its last state, with the words that go to whoever applied."""
    application.state, application.answer, application.decided_at = state.value, message, now()
    application.decided_by_id = actor.me if actor else None
    note(alliance, f"application-{state}", actor=actor, audience=alliance.council, party=party_name(application))
    session().flush()
    emit(ApplicationEnded(application.id))


def open_invitation(alliance_id: int, party: Party) -> Invitation | None:
    """What the alliance, which is held, asks this party; an invitation whose time is over ends here."""
    invitation = session().scalar(
        select(Invitation).where(
            Invitation.alliance_id == alliance_id,
            Invitation.party_kind == party.kind,
            Invitation.party_id == party.id,
            Invitation.state == AskState.OPEN,
        )
    )
    if invitation is not None and invitation.expires_at <= now():
        end_invitation(invitation, AskState.LAPSED, by=None)
        return None
    return invitation


def open_application(alliance_id: int, party: Party) -> Application | None:
    """What this party asks of the alliance, if it waits for an answer."""
    return session().scalar(
        select(Application).where(
            Application.alliance_id == alliance_id,
            Application.party_kind == party.kind,
            Application.party_id == party.id,
            Application.state == AskState.OPEN,
        )
    )


def admits(alliance: Alliance, invitation: Invitation) -> bool:
    """Whether accepting is joining. Where members decide who joins them, officers do not do so by inviting."""
    if alliance.activated_at is not None and invitation.created_at <= alliance.activated_at:
        return True  # asked to sign as a founder, and only late
    is_for_members = alliance.admission in (Admission.VOTE, Admission.SPONSORS) and alliance.state == State.ACTIVE
    return not (is_for_members and invitation.standing == Standing.FULL)


def end_invitation(invitation: Invitation, state: AskState, *, by: Viewer | None, answer: str = "") -> None:
    """It was answered, taken back, or lapsed."""
    invitation.state, invitation.answer, invitation.decided_at = state.value, answer, now()
    invitation.decided_by_id = by.me if by else None
    session().flush()
    emit(InvitationEnded(invitation.id))


@subscribe(MemberJoined)
def answer_what_waits(event: MemberJoined) -> None:
    """However a party came in, by signing or by joining: what it was asked and what it asked is answered with that."""
    member = session().get_one(Member, event.member_id)
    alliance = session().get_one(Alliance, event.alliance_id)
    party = Party(member.party_kind, member.party_id)
    invitation, application = open_invitation(alliance.id, party), open_application(alliance.id, party)
    if invitation is not None:
        end_invitation(invitation, AskState.ACCEPTED, by=None)
    if application is not None:
        end_application(alliance, application, AskState.ACCEPTED, actor=None, message="")


def party_of(asked: Application | Invitation) -> Party:
    """Who asks, or is asked."""
    return Party(asked.party_kind, asked.party_id)


def must_accept_charter(alliance: Alliance, accepted: str) -> None:
    """Whoever joins accepts the charter by its hash: the one they read is the one that holds."""
    charter = charter_of(alliance)
    if charter is None:
        return
    if not accepted:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"accepted": _("Whoever joins accepts the charter.")}
        )
    if accepted != charter.hash:
        raise ConflictError(_("The charter has changed since you read it. Read the version that is in force now."))


def party_name(application: Application) -> str:
    """What the log calls whoever applies."""
    return name_of_party(party_of(application))
