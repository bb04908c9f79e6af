"""A member lets another vote for it, and takes that back. Nobody passes it on: a proxy is used by its holder alone."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from alliances.events import ProxyGiven
from alliances.here import Here, here_at
from alliances.joining import name_of_party
from alliances.log import note
from alliances.models import Electorate, Member, MemberState, Proposal, ProposalState, Proxy, Standing, Voter
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.proposal_loading import PROXY, proposal_at
from alliances.rules import most_proxies
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_PERIOD = timedelta(days=366)
LONGEST_INSTRUCTIONS = 2000


def give_proxy(
    viewer: Viewer,
    *,
    slug: str,
    to_member_id: int,
    from_member_id: int | None = None,
    number: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    instructions: str = "",
) -> Proxy:
    """Let another full member vote for one's own: on the proposal of this number, or for a period."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.GIVE_PROXY, here)
    giver = _own(here, from_member_id)
    holder = _holder(here, to_member_id, giver)
    words = instructions.strip()
    if len(words) > LONGEST_INSTRUCTIONS:
        raise _wrong("instructions", _("At most %(number)s characters.", number=LONGEST_INSTRUCTIONS))
    proposal = None if number is None else _votable(here, number, giver, holder)
    starts_at, ends_at = (None, None) if proposal else _period(starts_at, ends_at)
    proxy = Proxy(
        alliance_id=here.alliance.id,
        from_member_id=giver.id,
        to_member_id=holder.id,
        proposal_id=proposal.id if proposal else None,
        starts_at=starts_at,
        ends_at=ends_at,
        instructions=words,
        given_by_id=viewer.me,
    )
    _once(proxy, proposal)
    _within_limit(here, proxy, proposal)
    session().add(proxy)
    note(
        here.alliance,
        "proxy-given",
        actor=viewer,
        member=_name(giver),
        holder=_name(holder),
        number=proposal.number if proposal else None,
        until=ends_at.isoformat() if ends_at else None,
    )
    session().flush()
    emit(ProxyGiven(proxy.id))
    return proxy


def revoke_proxy(viewer: Viewer, *, slug: str, proxy_id: int) -> Proxy:
    """Take it back, or hand it back. A vote that was cast by it stands until the member votes itself."""
    here = here_at(viewer, slug, hold=True)
    proxy = session().get(Proxy, proxy_id, populate_existing=True)
    mine = {member.id for member in here.members}
    if proxy is None or proxy.alliance_id != here.alliance.id or not mine & {proxy.from_member_id, proxy.to_member_id}:
        raise NotFoundError
    authorise(viewer, AllianceRight.GIVE_PROXY, here)
    if not {member.id for member in here.voices} & {proxy.from_member_id, proxy.to_member_id}:
        raise ForbiddenError(_("This is for representatives and alternates of the member."))
    if proxy.revoked_at is not None:
        return proxy
    proxy.revoked_at = now()
    giver, holder = session().get_one(Member, proxy.from_member_id), session().get_one(Member, proxy.to_member_id)
    note(here.alliance, "proxy-revoked", actor=viewer, member=_name(giver), holder=_name(holder))
    return proxy


def _own(here: Here, member_id: int | None) -> Member:
    found = [member for member in here.voices if member_id in (None, member.id)]
    if len(found) != 1:
        raise _wrong("from_member", _("Choose for which member."))
    return found[0]


def _holder(here: Here, member_id: int, giver: Member) -> Member:
    holder = session().get(Member, member_id)
    if (
        holder is None
        or holder.alliance_id != here.alliance.id
        or holder.state != MemberState.ACTIVE
        or holder.standing != Standing.FULL
        or holder.id == giver.id
    ):
        raise _wrong("to_member", _("Choose another full member of this alliance."))
    return holder


def _votable(here: Here, number: int, giver: Member, holder: Member) -> Proposal:
    """A proposal on whose roll both are, and on which the giver has not voted yet."""
    proposal = proposal_at(here, number, hold=True)
    if proposal.state != ProposalState.OPEN:
        raise ConflictError(_("No vote is open on this."))
    if proposal.is_secret:
        raise ConflictError(_("A secret ballot is cast by the member itself: a proxy would know how it voted."))
    if proposal.electorate != Electorate.MEMBERS:
        raise ConflictError(_("Here people vote, in person."))
    query = select(Voter).where(Voter.proposal_id == proposal.id, Voter.member_id.in_((giver.id, holder.id)))
    voters = {voter.member_id: voter for voter in session().scalars(query)}
    if len(voters) < len((giver, holder)):
        raise ConflictError(_("Both members have to be on the roll of this proposal."))
    if voters[giver.id].has_voted and voters[giver.id].voted_as != PROXY:
        raise ConflictError(_("Your member has voted already."))
    return proposal


def _period(starts_at: datetime | None, ends_at: datetime | None) -> tuple[datetime, datetime]:
    begins = starts_at or now()
    if ends_at is None or ends_at <= max(begins, now()):
        raise _wrong("ends_at", _("Say until when; a day to come."))
    if ends_at - begins > LONGEST_PERIOD:
        raise _wrong("ends_at", _("A proxy holds for a year at most."))
    return begins, ends_at


def _once(proxy: Proxy, proposal: Proposal | None) -> None:
    """One at a time: whoever wants another holder takes the proxy back first."""
    same = Proxy.proposal_id == proposal.id if proposal else _overlaps(proxy)
    query = select(Proxy.id).where(Proxy.from_member_id == proxy.from_member_id, Proxy.revoked_at.is_(None), same)
    if session().scalar(query) is not None:
        raise ConflictError(_("Your member has given its vote to somebody already; take that proxy back first."))


def _within_limit(here: Here, proxy: Proxy, proposal: Proposal | None) -> None:
    """How many others may have given their vote to the same holder, for the same proposal or at the same time."""
    open_now = select(Proposal.id).where(Proposal.alliance_id == here.alliance.id, Proposal.state == ProposalState.OPEN)
    at_once = (
        or_(Proxy.proposal_id == proposal.id, _lasts_into(proposal))
        if proposal
        else or_(_overlaps(proxy), Proxy.proposal_id.in_(open_now))
    )
    others = select(Proxy.from_member_id).where(
        Proxy.to_member_id == proxy.to_member_id,
        Proxy.from_member_id != proxy.from_member_id,
        Proxy.revoked_at.is_(None),
        at_once,
    )
    most = most_proxies(here.alliance)
    if len(session().scalars(others.distinct()).all()) >= most:
        raise ConflictError(_("This member holds as many proxies as the charter allows: %(number)s.", number=most))


def _overlaps(proxy: Proxy) -> ColumnElement[bool]:
    return and_(Proxy.proposal_id.is_(None), Proxy.starts_at < proxy.ends_at, Proxy.ends_at > proxy.starts_at)


def _lasts_into(proposal: Proposal) -> ColumnElement[bool]:
    return and_(Proxy.proposal_id.is_(None), Proxy.starts_at < proposal.closes_at, Proxy.ends_at > now())


def _name(member: Member) -> str:
    return name_of_party(Party(member.party_kind, member.party_id))


def _wrong(field: str, sentence: str) -> InvalidError:
    return InvalidError(_("Please look at the marked fields."), errors={field: sentence})
