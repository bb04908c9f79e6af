"""Who is told of votes: those on the roll when one opens, those who have not voted before it ends, who took part after.

Only the short ones are written with the deed; whatever may go to thousands is a job.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select

from activity.actions import notify, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from alliances.events import ObjectionRaised, ProposalClosed, ProposalOpened, ProposalWithdrawn, ProxyGiven
from alliances.here import VOICES
from alliances.kinds.alliances import ALLIANCE
from alliances.kinds.decisions import PROPOSAL, PROXY, RESOLUTION
from alliances.models import (
    Electorate,
    Member,
    MemberState,
    Office,
    Option,
    Proposal,
    Proxy,
    Resolution,
    Seat,
    Term,
    Voter,
)
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue
from kernel.refs import Ref
from kernel.words import gettext as _

OPENED, REMINDED, CLOSED, WITHDRAWN = "vote.opened", "vote.reminded", "vote.closed", "vote.withdrawn"
OBJECTED, CANDIDATE, PROXY_GIVEN, REVIEW = "vote.objected", "vote.candidate", "vote.proxy", "resolution.review"


@subscribe(ProposalOpened)
def opened(event: ProposalOpened) -> None:
    """Everybody on the roll, and the candidates, by the worker."""
    enqueue("alliances.tell_voters", proposal_id=event.proposal_id, event=OPENED)


@subscribe(ProposalClosed)
def closed(event: ProposalClosed) -> None:
    """Those who took part, and the author, by the worker."""
    enqueue("alliances.tell_voters", proposal_id=event.proposal_id, event=CLOSED)


@subscribe(ProposalWithdrawn)
def withdrawn(event: ProposalWithdrawn) -> None:
    """What was said of its opening is not true any more; those who had voted hear that it was withdrawn."""
    ref = Ref(PROPOSAL, event.proposal_id)
    for name in (OPENED, REMINDED, CANDIDATE):
        take_back_notices(ref, event=name)
    enqueue("alliances.tell_voters", proposal_id=event.proposal_id, event=WITHDRAWN)


@subscribe(ObjectionRaised)
def objected(event: ObjectionRaised) -> None:
    """The author, once, however often the objection is written anew."""
    proposal = session().get_one(Proposal, event.proposal_id)
    _tell(proposal, {proposal.author_id: "my-proposal"}, event=OBJECTED, actor_id=event.actor_id)


@subscribe(ProxyGiven)
def proxy_given(event: ProxyGiven) -> None:
    """Those who vote for the holder."""
    proxy = session().get_one(Proxy, event.proxy_id)
    notify(
        dict.fromkeys(_voices([proxy.to_member_id]), "my-alliance"),
        event=PROXY_GIVEN,
        actor_id=proxy.given_by_id,
        ref=Ref(PROXY, proxy.id),
        place=Ref(ALLIANCE, proxy.alliance_id),
        audience=f"alliance:{proxy.alliance_id}",
    )


def tell_voters(proposal: Proposal, event: str) -> None:
    """Those of the roll whom this concerns: all at the opening, the late ones before the end, who voted after it."""
    wanted: dict[str, ColumnElement[bool]] = {
        REMINDED: Voter.has_voted.is_(False),
        CLOSED: Voter.has_voted.is_(True),
        WITHDRAWN: Voter.has_voted.is_(True),
    }
    reasons = dict.fromkeys(_on_roll(proposal, wanted.get(event)), "on-roll")
    if event in (CLOSED, WITHDRAWN):
        reasons[proposal.author_id] = "my-proposal"
    actor_id = proposal.author_id if event == OPENED else None
    _tell(proposal, reasons, event=event, actor_id=actor_id)
    if event == OPENED:
        named = session().scalars(
            select(Option.user_id).where(Option.proposal_id == proposal.id, Option.user_id.is_not(None))
        )
        candidates = {user_id: "candidate" for user_id in named if user_id is not None}
        _tell(proposal, candidates, event=CANDIDATE, actor_id=actor_id)


def tell_review(resolution: Resolution) -> None:
    """Its author, and the secretary: the day has come to look at it again."""
    proposal = session().get_one(Proposal, resolution.proposal_id)
    secretaries = session().scalars(
        select(Term.user_id).where(
            Term.alliance_id == resolution.alliance_id, Term.office == Office.SECRETARY, Term.ended_at.is_(None)
        )
    )
    reasons = {**dict.fromkeys(secretaries, "my-office"), proposal.author_id: "my-proposal"}
    ref = Ref(RESOLUTION, resolution.id)
    take_back_notices(ref, event=REVIEW)
    notify(
        reasons,
        event=REVIEW,
        actor_id=None,
        ref=ref,
        place=Ref(ALLIANCE, resolution.alliance_id),
        audience=resolution.audience,
    )


def due_for_reminder(after: datetime, before: datetime) -> ColumnElement[bool]:
    """Open votes that end between these two, of which nobody was reminded yet."""
    return (Proposal.closes_at > after) & (Proposal.closes_at <= before) & Proposal.reminded_at.is_(None)


def _tell(proposal: Proposal, reasons: dict[int, str], *, event: str, actor_id: int | None) -> None:
    notify(
        reasons,
        event=event,
        actor_id=actor_id,
        ref=Ref(PROPOSAL, proposal.id),
        place=Ref(ALLIANCE, proposal.alliance_id),
        audience=proposal.audience,
    )


def _on_roll(proposal: Proposal, which: ColumnElement[bool] | None) -> Iterable[int]:
    """The people who vote for those on the roll."""
    if proposal.electorate != Electorate.MEMBERS:
        query = select(Voter.user_id).where(Voter.proposal_id == proposal.id, Voter.user_id.is_not(None))
    else:
        query = (
            select(Seat.user_id)
            .join(Voter, Voter.member_id == Seat.member_id)
            .join(Member, Member.id == Seat.member_id)
            .where(
                Voter.proposal_id == proposal.id,
                Member.state == MemberState.ACTIVE,
                Seat.until.is_(None),
                Seat.role.in_(VOICES),
            )
        )
    found = session().scalars(query if which is None else query.where(which))
    return [user_id for user_id in found if user_id is not None]


def _voices(member_ids: list[int]) -> list[int]:
    query = select(Seat.user_id).where(Seat.member_id.in_(member_ids), Seat.until.is_(None), Seat.role.in_(VOICES))
    return list(session().scalars(query))


@sentence_for(OPENED)
def _opened(_notice: Notice, _name: str) -> str:
    return _("A vote is open; your vote counts")


@sentence_for(REMINDED)
def _reminded(_notice: Notice, _name: str) -> str:
    return _("A vote ends within two days, and yours is missing")


@sentence_for(CLOSED)
def _closed(_notice: Notice, _name: str) -> str:
    return _("The vote has ended; see the result")


@sentence_for(WITHDRAWN)
def _withdrawn(_notice: Notice, _name: str) -> str:
    return _("The proposal was withdrawn")


@sentence_for(OBJECTED)
def _objected(_notice: Notice, name: str) -> str:
    return _("%(name)s objects to your proposal", name=name)


@sentence_for(CANDIDATE)
def _candidate(_notice: Notice, name: str) -> str:
    return _("%(name)s named you as a candidate; you may step down until the first vote", name=name)


@sentence_for(PROXY_GIVEN)
def _proxy(_notice: Notice, name: str) -> str:
    return _("%(name)s lets your member vote for theirs", name=name)


@sentence_for(REVIEW)
def _review(_notice: Notice, _name: str) -> str:
    return _("The day has come to look at this resolution again")
