"""Proxies as they are shown to those who gave or hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from alliances.addresses import proposal_url
from alliances.here import Here
from alliances.models import Electorate, Member, MemberState, Proposal, ProposalState, Proxy, Standing
from alliances.parties import Party, PartyFacts, parties
from alliances.proposal_loading import visible_proposals
from alliances.proposal_titles import TITLE, title_of
from kernel.clock import now
from kernel.db import session

MOST_SHOWN = 200
MOST_HOLDERS = 500


@dataclass(frozen=True, slots=True)
class ProxyShown:
    """Who votes for whom, on what, and until when."""

    id: int
    giver: str
    holder: str
    is_given: bool  # by the viewer's member; else it is held
    title: str
    url: str
    starts_at: datetime | None
    ends_at: datetime | None
    instructions: str
    revoked_at: datetime | None
    is_live: bool


def my_proxies(here: Here) -> list[ProxyShown]:
    """What the viewer's members gave and hold, the newest first."""
    mine = [member.id for member in here.members]
    if not mine:
        return []
    query = (
        select(Proxy, Proposal)
        .outerjoin(Proposal, Proposal.id == Proxy.proposal_id)
        .where(or_(Proxy.from_member_id.in_(mine), Proxy.to_member_id.in_(mine)))
        .order_by(Proxy.id.desc())
        .limit(MOST_SHOWN)
    )
    rows = session().execute(query).all()
    names = member_names(here, {row.Proxy.from_member_id for row in rows} | {row.Proxy.to_member_id for row in rows})
    return [_shown(here, row.Proxy, row.Proposal, names, mine) for row in rows]


def open_to_proxies(here: Here) -> list[tuple[int, str]]:
    """Open votes on which somebody can be given a proxy: number and title."""
    query = select(Proposal.number, *TITLE).where(
        Proposal.alliance_id == here.alliance.id,
        Proposal.state == ProposalState.OPEN,
        Proposal.closes_at > now(),
        Proposal.electorate == Electorate.MEMBERS,
        Proposal.is_secret.is_(False),
        visible_proposals(here.viewer),
    )
    rows = session().execute(query.order_by(Proposal.closes_at, Proposal.id).limit(MOST_SHOWN))
    return [(row.number, title_of(row)) for row in rows]


def possible_holders(here: Here) -> dict[int, str]:
    """Full members that are not the viewer's own, by name; the first five hundred of a long list."""
    mine = [member.id for member in here.voices]
    query = select(Member).where(
        Member.alliance_id == here.alliance.id,
        Member.state == MemberState.ACTIVE,
        Member.standing == Standing.FULL,
        Member.id.not_in(mine),
    )
    found = session().scalars(query.order_by(Member.id).limit(MOST_HOLDERS)).all()
    names = _names(here, found)
    return dict(sorted(names.items(), key=lambda item: item[1]))


def member_named(here: Here, text: str) -> int | None:
    """The active member that somebody typed: its name in either language, or the last part of its address."""
    wanted = text.strip().removeprefix("@").casefold()
    if not wanted:
        return None
    query = select(Member).where(Member.alliance_id == here.alliance.id, Member.state == MemberState.ACTIVE)
    found = {member.id: Party(member.party_kind, member.party_id) for member in session().scalars(query)}
    facts = parties(found.values())
    return next((number for number, party in found.items() if party in facts and wanted in _called(facts[party])), None)


def member_names(here: Here, ids: set[int]) -> dict[int, str]:
    """What these members are called, in the viewer's language."""
    if not ids:
        return {}
    return _names(here, session().scalars(select(Member).where(Member.id.in_(sorted(ids)))).all())


def _names(here: Here, members: Sequence[Member]) -> dict[int, str]:
    facts = parties(Party(member.party_kind, member.party_id) for member in members)
    named = {member.id: facts.get(Party(member.party_kind, member.party_id)) for member in members}
    return {number: one.name_in(here.viewer.locale) for number, one in named.items() if one is not None}


def _called(facts: PartyFacts) -> set[str]:
    return {name.casefold() for name in (facts.name, facts.name_en, facts.url.rpartition("/")[2]) if name}


def _shown(
    here: Here, proxy: Proxy, proposal: Proposal | None, names: dict[int, str], mine: Sequence[int]
) -> ProxyShown:
    at = now()
    is_live = proxy.revoked_at is None and (
        proposal.state == ProposalState.OPEN if proposal else proxy.ends_at is not None and proxy.ends_at > at
    )
    return ProxyShown(
        id=proxy.id,
        giver=names.get(proxy.from_member_id, "…"),
        holder=names.get(proxy.to_member_id, "…"),
        is_given=proxy.from_member_id in mine,
        title=title_of(proposal) if proposal else "",
        url=proposal_url(here.alliance.slug, proposal.number) if proposal else "",
        starts_at=proxy.starts_at,
        ends_at=proxy.ends_at,
        instructions=proxy.instructions,
        revoked_at=proxy.revoked_at,
        is_live=is_live,
    )
