"""A party asks to join, and how that is decided: at once, by officers, by a vote, or by n sponsors.

Every end carries a message. While an alliance is forming its officers decide, and whoever they accept has signed. The
mode is that of the moment; an application that was put to the vote stays with the voters.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from alliances.actions.admitting import (
    admit,
    admits,
    end_application,
    end_invitation,
    must_accept_charter,
    open_application,
    open_invitation,
    party_name,
    party_of,
    refuse,
)
from alliances.actions.taking_back import end_vote
from alliances.actions.voting import put_to_vote
from alliances.effects import effect
from alliances.events import ApplicationMade
from alliances.here import Here, here_at
from alliances.joining import member_of, name_of_party
from alliances.log import note
from alliances.messages import said
from alliances.models import (
    Admission,
    Alliance,
    Application,
    AskState,
    CastBallot,
    Matter,
    Member,
    MemberState,
    Proposal,
    Sponsor,
    Standing,
    State,
)
from alliances.parties import Party, parties
from alliances.policy import AllianceRight
from alliances.proposal_titles import naming
from alliances.speakers import must_speak_for, speakers_for, speaks_for
from alliances.templates import templates
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

APPLICATION = "alliances.application"
LONGEST_ANSWER = 2_000
AGAINST = ("no", "objection")
INVITED_FOR = timedelta(days=30)


def apply(
    viewer: Viewer,
    *,
    slug: str,
    party: Party | None,
    standing: str = Standing.FULL,
    answers: Sequence[str] = (),
    message: str = "",
    accepted: str = "",
) -> Application:
    """Ask to join for a party, with the charter of this hash accepted. An open invitation makes this its acceptance."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.APPLY, here)
    alliance = here.alliance
    party = must_speak_for(viewer, party)
    if member_of(alliance.id, party) is not None:
        raise ConflictError(_("It is a member already."))
    invitation = open_invitation(alliance.id, party)
    if invitation is not None and alliance.state == State.FORMING:
        raise ConflictError(_("You are invited already: sign the charter."))
    is_invited = invitation is not None and admits(alliance, invitation)
    if not is_invited:
        _must_be_free_to_apply(alliance, party)
    must_accept_charter(alliance, accepted)
    standing = _standing(standing)
    joins_at_once = not is_invited and alliance.admission == Admission.OPEN
    if joins_at_once and not fits(alliance, party, standing):
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"standing": _("Whoever is of this kind joins as an associate or an observer here.")},
        )
    application = Application(
        alliance_id=alliance.id,
        party_kind=party.kind,
        party_id=party.id,
        standing=standing,
        message=said(message, needed=False),
        questions=list(alliance.questions),
        answers=_answers(alliance, answers) if not is_invited else [""] * len(alliance.questions),
        applied_by_id=viewer.me,
    )
    session().add(application)
    session().flush()
    note(alliance, "application-made", actor=viewer, audience=alliance.council, party=name_of_party(party))
    emit(ApplicationMade(application.id))
    if is_invited and invitation is not None:
        application.standing = invitation.standing
        end_invitation(invitation, AskState.ACCEPTED, by=viewer, answer=application.message)
        admit(alliance, application, actor=viewer, message="")
    elif joins_at_once:
        admit(alliance, application, actor=viewer, message="")
    elif alliance.admission == Admission.VOTE and alliance.state == State.ACTIVE:
        _ask_the_members(here, application)
    return application


def decide(
    viewer: Viewer, *, slug: str, application_id: int, accept: bool, message: str, standing: str = ""
) -> Application:
    """Accept an application, perhaps in another standing, or refuse it; the message goes to whoever applied."""
    here, application = _to_decide(viewer, slug, application_id)
    authorise(viewer, AllianceRight.ADMIT, here)
    _must_not_be_mine(viewer, application)
    if application.proposal_id is not None:
        raise ConflictError(_("The members are voting on this application."))
    message = said(message)
    if not accept:
        refuse(here.alliance, application, actor=viewer, message=message)
        return application
    if here.alliance.state == State.ACTIVE and here.alliance.admission == Admission.SPONSORS:
        raise ForbiddenError(_("Here full members accept an application by speaking for it."))
    if here.alliance.state == State.ACTIVE and here.alliance.admission == Admission.VOTE:
        raise ForbiddenError(_("Here the members decide by a vote; put the application to the vote."))
    application.standing = _standing(standing or application.standing)
    admit(here.alliance, application, actor=viewer, message=message)
    return application


def put_application_to_vote(viewer: Viewer, *, slug: str, application_id: int) -> Application:
    """Let the members decide, where they do so and the vote was not opened with the application."""
    here, application = _to_decide(viewer, slug, application_id)
    authorise(viewer, AllianceRight.ADMIT, here)
    if here.alliance.admission != Admission.VOTE or here.alliance.state != State.ACTIVE:
        raise ForbiddenError(_("Applications are not decided by a vote here."))
    if application.proposal_id is not None:
        raise ConflictError(_("The members are voting on this application."))
    _ask_the_members(here, application)
    return application


def sponsor(
    viewer: Viewer, *, slug: str, application_id: int, member_id: int | None = None, message: str
) -> Application:
    """Speak for an application as a full member; the last sponsor that it needs makes the party a member."""
    here, application = _to_decide(viewer, slug, application_id)
    authorise(viewer, AllianceRight.SPONSOR, here)
    if here.alliance.admission != Admission.SPONSORS:
        raise ForbiddenError(_("Applications need no sponsors here."))
    _must_not_be_mine(viewer, application)
    member = next((one for one in here.voices if member_id in (None, one.id)), None)
    if member is None:
        raise InvalidError(
            _("Choose for whom you act."), errors={"member": _("You do not act for this member; choose another.")}
        )
    if session().get(Sponsor, (application.id, member.id)) is not None:
        raise ConflictError(_("This member speaks for the application already."))
    message = said(message)
    session().add(Sponsor(application_id=application.id, member_id=member.id, user_id=viewer.me, message=message))
    session().flush()
    name = name_of_party(Party(member.party_kind, member.party_id))
    note(here.alliance, "application-sponsored", actor=viewer, party=party_name(application), sponsor=name)
    count = session().scalar(select(func.count()).where(Sponsor.application_id == application.id)) or 0
    if count >= here.alliance.sponsors_needed:
        admit(here.alliance, application, actor=viewer, message=message)
    return application


def withdraw_application(viewer: Viewer, *, slug: str, application_id: int, message: str = "") -> Application:
    """Take one's own application back."""
    authorise(viewer, AllianceRight.ANSWER_INVITATION)
    alliance = here_at(viewer, slug, hold=True).alliance
    application = session().get(Application, application_id, populate_existing=True)
    if application is None or application.alliance_id != alliance.id or not speaks_for(viewer, party_of(application)):
        raise NotFoundError
    _must_be_open(application)
    end_vote(alliance, application.proposal_id, actor=viewer)
    end_application(alliance, application, AskState.WITHDRAWN, actor=viewer, message=said(message, needed=False))
    return application


def fits(alliance: Alliance, party: Party, standing: str) -> bool:
    """Who may become a full member without anybody's decision: parties of the kinds for which its template is."""
    return standing != Standing.FULL or party.kind in templates()[alliance.template].parties


def _must_be_free_to_apply(alliance: Alliance, party: Party) -> None:
    if alliance.admission == Admission.INVITE:
        raise ForbiddenError(_("Only those who are invited join this alliance."))
    if open_application(alliance.id, party) is not None:
        raise ConflictError(_("Your application is waiting for its answer."))
    again = again_from(alliance, party)
    if again is not None and again > now():
        raise ConflictError(_("You may apply again from %(date)s on.", date=again.date().isoformat()))
    if alliance.open_seats == 0:
        raise ConflictError(_("There is no open seat."))


def again_from(alliance: Alliance, party: Party) -> datetime | None:
    """When a party that was refused, or expelled, may apply again."""
    refused = select(func.max(Application.again_at)).where(
        Application.alliance_id == alliance.id,
        Application.party_kind == party.kind,
        Application.party_id == party.id,
        Application.state == AskState.REFUSED,
    )
    expelled = select(func.max(Member.ended_at)).where(
        Member.alliance_id == alliance.id,
        Member.party_kind == party.kind,
        Member.party_id == party.id,
        Member.state == MemberState.EXPELLED,
    )
    moments = [session().scalar(refused)]
    if (ended := session().scalar(expelled)) is not None:
        moments.append(ended + timedelta(days=alliance.reapply_days))
    return max((moment for moment in moments if moment is not None), default=None)


def _answers(alliance: Alliance, answers: Sequence[str]) -> list[str]:
    found, errors = [], {}
    for place in range(len(alliance.questions)):
        try:
            found.append(said(answers[place] if place < len(answers) else "", longest=LONGEST_ANSWER))
        except InvalidError as error:
            errors[f"answer-{place}"] = error.errors["message"]
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return found


def _standing(standing: str) -> str:
    if standing not in set(Standing):
        raise InvalidError(
            _("Please look at the marked fields."), errors={"standing": _("This choice is not known here.")}
        )
    return Standing(standing).value


def _to_decide(viewer: Viewer, slug: str, application_id: int) -> tuple[Here, Application]:
    """For those inside; whoever is outside learns nothing of applications."""
    here = here_at(viewer, slug, hold=True)
    application = session().get(Application, application_id, populate_existing=True)
    if application is None or application.alliance_id != here.alliance.id or not here.is_inside:
        raise NotFoundError
    _must_be_open(application)
    return here, application


def _must_be_open(application: Application) -> None:
    if application.state != AskState.OPEN:
        raise ConflictError(_("This application has been answered already. Reload the page to see how."))


def _must_not_be_mine(viewer: Viewer, application: Application) -> None:
    if application.applied_by_id == viewer.me or speaks_for(viewer, party_of(application)):
        raise ForbiddenError(_("Nobody decides on their own application."))


def _ask_the_members(here: Here, application: Application) -> None:
    questions = zip(application.questions, application.answers, strict=True)
    texts = [application.message, *(f"**{question}**\n\n{answer}" for question, answer in questions)]
    party = party_of(application)
    proposal = put_to_vote(
        here,
        matter=Matter.ADMISSION,
        about=naming(parties([party]).get(party)),
        body="\n\n".join(text for text in texts if text),
        subject=Ref(APPLICATION, application.id),
    )
    application.proposal_id = proposal.id
    session().flush()


@effect(Matter.ADMISSION)
def _voted(alliance: Alliance, proposal: Proposal) -> None:
    """Passed: it is a member. Without a quorum nobody was refused, and it may apply again at once."""
    application = session().get(Application, proposal.subject_id or 0, populate_existing=True)
    if application is None or application.state != AskState.OPEN:
        return
    is_free = member_of(alliance.id, party_of(application)) is None and bool(
        speakers_for([party_of(application)])[party_of(application)]
    )
    if proposal.outcome == "passed" and is_free and alliance.state == State.ACTIVE and alliance.open_seats != 0:
        admit(alliance, application, actor=None, message="")
    elif proposal.outcome in ("no-quorum", "tie", "passed"):
        end_application(alliance, application, AskState.LAPSED, actor=None, message="")
    else:
        refuse(alliance, application, actor=None, message=_against(proposal))


def _against(proposal: Proposal) -> str:
    """What members wrote who voted against: the applicant reads it, without their names."""
    written = select(CastBallot.choice, CastBallot.reason).where(
        CastBallot.proposal_id == proposal.id, CastBallot.reason != ""
    )
    reasons = [
        row.reason for row in session().execute(written.order_by(CastBallot.id)) if row.choice.get("stance") in AGAINST
    ]
    return "\n\n".join(dict.fromkeys(reasons))
