"""Who is told of joining, seats, offices, groups, leaving and cases, and how it reads."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from activity.actions import notify
from alliances.events import (
    ApplicationEnded,
    ApplicationMade,
    CaseAnswered,
    CaseEnded,
    CaseOpened,
    InvitationEnded,
    InvitationSent,
    MemberEnded,
    MemberJoined,
    NoticeGiven,
    PlaceGiven,
    SeatEnded,
    SeatGiven,
    StandingChanged,
    TermBegan,
    TermEnded,
)
from alliances.kinds.alliances import ALLIANCE
from alliances.kinds.members import APPLICATION, CASE, GROUP, INVITATION, MEMBER, TERM
from alliances.models import (
    Admission,
    Alliance,
    Application,
    AskState,
    ExpulsionCase,
    Group,
    Invitation,
    Member,
    Office,
    Role,
    Seat,
    Term,
)
from alliances.parties import Party
from alliances.powers import POWERS, Power
from alliances.speakers import speakers_for
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue
from kernel.refs import Ref

MEMBERS_ASKED = "application.sponsors"


KINDS: dict[type, str] = {
    Application: APPLICATION,
    Invitation: INVITATION,
    Member: MEMBER,
    Term: TERM,
    Group: GROUP,
    ExpulsionCase: CASE,
}

Subject = Application | Invitation | Member | Term | Group | ExpulsionCase


def tell(people: Iterable[int], event: str, about: Subject, *, reason: str, by: int | None = None) -> None:
    """Tell each of some people what is for them alone."""
    ref, place = Ref(KINDS[type(about)], about.id), Ref(ALLIANCE, about.alliance_id)
    for user_id in sorted(set(people)):
        notify({user_id: reason}, event=event, actor_id=by, ref=ref, place=place, audience=f"user:{user_id}")


def officers_with(alliance_id: int, power: Power) -> list[int]:
    """Who holds an office that gives this power in the whole alliance."""
    offices = [office for office in Office if power in POWERS[office] and office != Office.LEAD]
    held = select(Term.user_id).where(
        Term.alliance_id == alliance_id, Term.ended_at.is_(None), Term.office.in_(offices)
    )
    return list(session().scalars(held))


@subscribe(ApplicationMade)
def ask_for_decision(event: ApplicationMade) -> None:
    """Who admits; where sponsors do, everybody who may be one, by the worker. A vote tells of itself."""
    asked = session().get_one(Application, event.application_id)
    people = officers_with(asked.alliance_id, Power.ADMIT)
    tell(people, "application.made", asked, reason="my-office", by=asked.applied_by_id)
    if session().get_one(Alliance, asked.alliance_id).admission == Admission.SPONSORS:
        enqueue("alliances.ask_for_sponsors", application_id=asked.id)


def ask_for_sponsors(application_id: int) -> None:
    """Tell the representatives of members that somebody asks for them to speak."""
    asked = session().get(Application, application_id)
    if asked is None or asked.state != AskState.OPEN:
        return
    seats = (
        select(Seat.user_id)
        .join(Member, Member.id == Seat.member_id)
        .where(Member.alliance_id == asked.alliance_id, Seat.role == Role.REPRESENTATIVE, Seat.until.is_(None))
    )
    notify(
        dict.fromkeys(session().scalars(seats), "my-alliance"),
        event=MEMBERS_ASKED,
        actor_id=asked.applied_by_id,
        ref=Ref(APPLICATION, asked.id),
        place=Ref(ALLIANCE, asked.alliance_id),
        audience=f"alliance:{asked.alliance_id}",
    )


@subscribe(ApplicationEnded)
def tell_applicant(event: ApplicationEnded) -> None:
    """Whoever applied hears how it ended; who admits, when it was taken back."""
    asked = session().get_one(Application, event.application_id)
    if asked.state == AskState.WITHDRAWN:
        people, reason = officers_with(asked.alliance_id, Power.ADMIT), "my-office"
    else:
        people, reason = [asked.applied_by_id, *_speakers(asked)], "my-application"
    tell(people, f"application.{asked.state}", asked, reason=reason, by=asked.decided_by_id)


@subscribe(InvitationSent)
def tell_invited(event: InvitationSent) -> None:
    """Whoever speaks for the party that is asked."""
    asked = session().get_one(Invitation, event.invitation_id)
    tell(_speakers(asked), "invitation.sent", asked, reason="invited", by=asked.invited_by_id)


@subscribe(InvitationEnded)
def tell_of_invitation(event: InvitationEnded) -> None:
    """Whoever invited hears the answer; those who were asked, that it was taken back or lapsed."""
    asked = session().get_one(Invitation, event.invitation_id)
    if asked.state in (AskState.ACCEPTED, AskState.REFUSED):
        people, reason = [asked.invited_by_id], "my-invitation"
    else:
        people, reason = [asked.invited_by_id, *_speakers(asked)], "invited"
    tell(people, f"invitation.{asked.state}", asked, reason=reason, by=asked.decided_by_id)


@subscribe(MemberJoined)
def tell_officers(event: MemberJoined) -> None:
    """The secretariat hears of new members; whoever invited one hears it once, as the answer."""
    member = session().get_one(Member, event.member_id)
    answered = select(Invitation.invited_by_id).where(
        Invitation.alliance_id == member.alliance_id,
        Invitation.party_kind == member.party_kind,
        Invitation.party_id == member.party_id,
        Invitation.state.in_((AskState.OPEN, AskState.ACCEPTED)),
    )
    inviter = session().scalar(answered.order_by(Invitation.id.desc()).limit(1))
    people = [officer for officer in officers_with(event.alliance_id, Power.ADMIT) if officer != inviter]
    tell(people, "member.joined", member, reason="my-office", by=event.actor_id)


@subscribe(MemberEnded)
def tell_former(event: MemberEnded) -> None:
    """Those who acted for the member, and the secretariat."""
    member = session().get_one(Member, event.member_id)
    acted = session().scalars(select(Seat.user_id).where(Seat.member_id == member.id, Seat.until == member.ended_at))
    tell(acted, f"member.{event.state}", member, reason="my-alliance", by=event.actor_id)
    people = officers_with(event.alliance_id, Power.ADMIT)
    tell(people, f"member.{event.state}", member, reason="my-office", by=event.actor_id)


@subscribe(StandingChanged)
def tell_of_standing(event: StandingChanged) -> None:
    """Those who act for the member."""
    member = session().get_one(Member, event.member_id)
    tell(_seated(member), f"standing.{event.after}", member, reason="my-alliance")


@subscribe(SeatGiven)
def tell_seated(event: SeatGiven) -> None:
    """Whoever acts for a member from now on."""
    member = session().get_one(Member, event.member_id)
    tell([event.user_id], f"seat.{event.role}", member, reason="my-alliance", by=event.actor_id)


@subscribe(SeatEnded)
def tell_unseated(event: SeatEnded) -> None:
    """Whoever acts for it no more; and where it has no representative now, who can name one."""
    member = session().get_one(Member, event.member_id)
    tell([event.user_id], "seat.ended", member, reason="my-alliance", by=event.actor_id)
    if event.role == Role.REPRESENTATIVE:
        tell(_speakers(member), "seat.vacant", member, reason="my-alliance", by=event.actor_id)


@subscribe(TermBegan, TermEnded)
def tell_holder(event: TermBegan | TermEnded) -> None:
    """Whoever holds an office from now on, or no more."""
    term = session().get_one(Term, event.term_id)
    what = "term.began" if isinstance(event, TermBegan) else "term.ended"
    tell([term.user_id], what, term, reason="my-office", by=event.actor_id)


@subscribe(PlaceGiven)
def tell_of_place(event: PlaceGiven) -> None:
    """Whoever was added to a group."""
    group = session().get_one(Group, event.group_id)
    tell([event.user_id], "group.added", group, reason="my-group", by=event.actor_id)


@subscribe(NoticeGiven)
def tell_of_notice(event: NoticeGiven) -> None:
    """The secretariat hears that a member will leave."""
    member = session().get_one(Member, event.member_id)
    people = officers_with(member.alliance_id, Power.ADMIT)
    tell(people, "member.leaving", member, reason="my-office", by=event.actor_id)


@subscribe(CaseOpened)
def tell_accused(event: CaseOpened) -> None:
    """The member, by all who act or speak for it."""
    case = session().get_one(ExpulsionCase, event.case_id)
    tell(_accused(case), "case.opened", case, reason="my-case", by=case.opened_by_id)


@subscribe(CaseAnswered)
def tell_of_reply(event: CaseAnswered) -> None:
    """Whoever brought the case."""
    case = session().get_one(ExpulsionCase, event.case_id)
    tell([case.opened_by_id], "case.answered", case, reason="my-case", by=case.replied_by_id)


@subscribe(CaseEnded)
def tell_of_end(event: CaseEnded) -> None:
    """Both sides."""
    case = session().get_one(ExpulsionCase, event.case_id)
    tell([case.opened_by_id, *_accused(case)], f"case.{case.state}", case, reason="my-case")


def _accused(case: ExpulsionCase) -> list[int]:
    member = session().get_one(Member, case.member_id)
    return [*_seated(member), *_speakers(member)]


def _seated(member: Member) -> list[int]:
    """Who acts for a member now."""
    return list(session().scalars(select(Seat.user_id).where(Seat.member_id == member.id, Seat.until.is_(None))))


def _speakers(of: Application | Invitation | Member) -> Sequence[int]:
    """Who speaks for a party."""
    party = Party(of.party_kind, of.party_id)
    return speakers_for([party])[party]
