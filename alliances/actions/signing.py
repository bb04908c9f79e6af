"""Signatures: under the first charter until enough have signed, and under each later one by every member."""

from sqlalchemy import or_, select

from alliances.charters import charter_of, record_acceptance
from alliances.events import AllianceChanged, CharterInForce, InvitationEnded, StateChanged
from alliances.here import VOICES, Here, here_at
from alliances.joining import change_standing, end_membership, join, member_of
from alliances.log import note
from alliances.models import (
    Acceptance,
    Admission,
    Alliance,
    AskState,
    CharterState,
    CharterVersion,
    Invitation,
    Member,
    MemberState,
    Office,
    Standing,
    State,
    Term,
)
from alliances.parties import Party, spoken_for
from alliances.policy import AllianceRight
from alliances.quorum import progress_of
from alliances.templates import templates
from alliances.terms import begin_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.texts import clean_body
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_WORDS = 2000


def sign_charter(viewer: Viewer, *, slug: str, party: Party, accepted: str, message: str = "") -> Member:
    """Sign for `party` the charter whose hash is `accepted`: as a founder, on an invitation, or again as a member.

    The signature that makes them enough brings the alliance to life. Signing twice changes nothing.
    """
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.SIGN, here)
    alliance, charter = here.alliance, charter_of(here.alliance)
    if charter is None or charter.state not in (CharterState.SIGNING, CharterState.IN_FORCE):
        raise ConflictError(_("There is nothing to sign now."))
    if accepted != charter.hash:
        raise ConflictError(_("The charter has changed since you opened it. Read it again before you sign."))
    member = member_of(alliance.id, party)
    if member is not None:
        return _accept(here, member)
    if party not in spoken_for(viewer):
        raise ForbiddenError(_("Only its administrators sign for an organisation, and its chair for an alliance."))
    _must_be_in_time(alliance)
    invitation = _invitation(alliance, party)
    is_founding = alliance.state == State.FORMING
    if invitation is None and not (is_founding and _is_open_to(alliance, party)):
        raise ForbiddenError(_("Only those who were invited sign. Apply to join instead."))
    standing = Standing(invitation.standing) if invitation else Standing.FULL
    if invitation is not None and invitation.state == AskState.OPEN:
        invitation.state, invitation.answer = AskState.ACCEPTED.value, clean_body(message)[:LONGEST_WORDS]
        invitation.decided_by_id, invitation.decided_at = viewer.me, now()
        session().flush()
        emit(InvitationEnded(invitation.id))
    if is_founding:
        return add_signature(alliance, party, signer=viewer, standing=standing)
    joined = join(alliance, party, standing=standing, representative_id=viewer.me, actor=viewer)
    record_acceptance(alliance, joined, user_id=viewer.me, actor=viewer)
    return joined


def add_signature(
    alliance: Alliance, party: Party, *, signer: Viewer, standing: Standing = Standing.FULL, actor: Viewer | None = None
) -> Member:
    """Make `party` a founding member that has signed; the caller has authorised it and holds the alliance.

    `actor` is who let it in, where that is somebody else than the signer.
    """
    member = join(
        alliance, party, standing=standing, representative_id=signer.me, is_founder=True, actor=actor or signer
    )
    record_acceptance(alliance, member, user_id=signer.me, actor=signer)
    activate_if_enough(alliance, actor=signer)
    return member


def activate_if_enough(alliance: Alliance, *, actor: Viewer | None) -> bool:
    """Bring a forming alliance to life once the signatures are enough: its charter holds from this moment."""
    if alliance.state != State.FORMING or not progress_of([alliance])[alliance.id].is_enough:
        return False
    charter = charter_of(alliance)
    if charter is None:
        return False
    at = now()
    charter.state, charter.in_force_at = CharterState.IN_FORCE.value, at
    alliance.state, alliance.activated_at, alliance.forming_until = State.ACTIVE.value, at, None
    note(alliance, "activated", actor=actor, charter=charter.number, hash=charter.hash)
    _name_secretary(alliance, charter)
    session().flush()
    emit(StateChanged(alliance.id, actor.user_id if actor else None, State.FORMING.value, State.ACTIVE.value))
    emit(CharterInForce(charter.id))
    emit(AllianceChanged(alliance.id))
    return True


def withdraw_signature(viewer: Viewer, *, slug: str, party: Party, message: str = "") -> None:
    """Take a signature back while the alliance is forming. Whoever calls for it gives it up instead."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.SIGN, here)
    alliance, member = here.alliance, member_of(here.alliance.id, party)
    if alliance.state != State.FORMING:
        raise ConflictError(_("The alliance was founded. A member leaves it with notice."))
    if member is None or party not in spoken_for(viewer):
        raise NotFoundError
    if _is_of_the_chair(alliance, member):
        raise ConflictError(_("You called for this alliance: give it up instead, so that everybody is told."))
    end_membership(alliance, member, state=MemberState.LEFT, reason=clean_body(message)[:LONGEST_WORDS], actor=viewer)
    emit(AllianceChanged(alliance.id))


def _accept(here: Here, member: Member) -> Member:
    """A member accepts the charter as it stands, by its representative or alternate or who may name them."""
    viewer, alliance = here.viewer, here.alliance
    is_voice = any(acting.member.id == member.id and acting.role in VOICES for acting in here.acting)
    if not is_voice and Party(member.party_kind, member.party_id) not in spoken_for(viewer):
        raise ForbiddenError(_("This is for representatives and alternates of the member."))
    if member.accepted_number == alliance.charter_number and member.asked_until is None:
        return member
    record_acceptance(alliance, member, user_id=viewer.me, actor=viewer)
    if member.was_full:
        member.was_full = False
        change_standing(alliance, member, Standing.FULL, actor=viewer)
    return member


def _must_be_in_time(alliance: Alliance) -> None:
    if alliance.forming_until is not None and alliance.forming_until <= now():
        raise ConflictError(_("The time for signing is over; not enough have signed."))


def _invitation(alliance: Alliance, party: Party) -> Invitation | None:
    """The newest that lets it sign: one that is open, or was accepted before; of a living alliance, if it is older.

    Who was asked to sign and is late by a moment becomes a member all the same.
    """
    is_open = (Invitation.state == AskState.OPEN) & (Invitation.expires_at > now())
    query = select(Invitation).where(
        Invitation.alliance_id == alliance.id,
        Invitation.party_kind == party.kind,
        Invitation.party_id == party.id,
    )
    if alliance.activated_at is None:
        query = query.where(or_(is_open, Invitation.state == AskState.ACCEPTED))
    else:
        query = query.where(is_open, Invitation.created_at <= alliance.activated_at)
    return session().scalar(query.order_by(Invitation.id.desc()).limit(1))


def _is_open_to(alliance: Alliance, party: Party) -> bool:
    """Whether a party of this kind may sign without having been asked."""
    return alliance.admission == Admission.OPEN and party.kind in templates()[alliance.template].parties


def _name_secretary(alliance: Alliance, charter: CharterVersion) -> None:
    """The first to sign beside the chair keeps the secretariat until an election: two people may give offices."""
    chairs = select(Term.user_id).where(
        Term.alliance_id == alliance.id, Term.office == Office.CHAIR, Term.ended_at.is_(None)
    )
    signed = (
        select(Acceptance.user_id, Acceptance.member_id)
        .join(Member, Member.id == Acceptance.member_id)
        .where(
            Acceptance.charter_id == charter.id,
            Member.state == MemberState.ACTIVE,
            Acceptance.user_id.not_in(chairs),
        )
        .order_by(Acceptance.at, Acceptance.member_id)
        .limit(1)
    )
    if (first := session().execute(signed).first()) is not None:
        begin_term(alliance, Office.SECRETARY, user_id=first.user_id, member_id=first.member_id, actor=None)


def _is_of_the_chair(alliance: Alliance, member: Member) -> bool:
    held = select(Term.id).where(
        Term.alliance_id == alliance.id,
        Term.member_id == member.id,
        Term.office == Office.CHAIR,
        Term.ended_at.is_(None),
    )
    return session().scalar(held) is not None


def may_sign(alliance: Alliance, party: Party) -> bool:
    """Whether this party is asked to sign, or to accept again; by whom, `sign_charter` looks."""
    member = member_of(alliance.id, party)
    if member is not None:
        return member.accepted_number != alliance.charter_number or member.asked_until is not None
    if _invitation(alliance, party) is not None:
        return alliance.forming_until is None or alliance.forming_until > now()
    return alliance.state == State.FORMING and _is_open_to(alliance, party)
