"""Applications and invitations as they are shown, to who decides and to who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, false, func, or_, select

from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.models import Alliance, Application, AskState, Invitation, Member, Proposal, Sponsor
from alliances.parties import Party, PartyFacts, parties, spoken_for
from alliances.sight import in_council, visible_applications, visible_invitations
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

Asks = Select[Any, Any, Any]  # number, the application or invitation, its alliance

LIST = 30
REMIND_AFTER = timedelta(days=7)
SLOW_AFTER = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class SponsorRow:
    """Which member speaks for an application, by whom, in which words."""

    party: PartyFacts
    person: PersonFacts
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote to the party that they invited."""

    message: str
    inviter: PersonFacts
    url: str


@dataclass(frozen=True, slots=True)
class AskRow:
    """An application or an invitation, with who is who."""

    asked: Application | Invitation
    alliance: Alliance
    party: PartyFacts | None
    by: PersonFacts | None
    decided_by: PersonFacts | None
    sponsors: tuple[SponsorRow, ...] = ()

    @property
    def url(self) -> str:
        """Its page."""
        kind = "applications" if isinstance(self.asked, Application) else "invitations"
        return f"{self.alliance.url}/{kind}/{self.asked.id}"

    @property
    def is_slow(self) -> bool:
        """Whether it has waited for three weeks."""
        return self.asked.state == AskState.OPEN and self.asked.created_at < now() - SLOW_AFTER


def application_page(
    viewer: Viewer, here: Here, *, state: str = "", cursor: str | None = None, limit: int = LIST
) -> Page[AskRow]:
    """The applications to an alliance that the viewer may see, what waits first, then the newest."""
    query = _applications(viewer).where(Application.alliance_id == here.alliance.id)
    return _page(query, Application, state, cursor, limit)


def invitation_page(
    viewer: Viewer, here: Here, *, state: str = "", cursor: str | None = None, limit: int = LIST
) -> Page[AskRow]:
    """The same of invitations."""
    query = _invitations(viewer).where(Invitation.alliance_id == here.alliance.id)
    return _page(query, Invitation, state, cursor, limit)


def application_at(viewer: Viewer, here: Here, application_id: int) -> AskRow:
    """One, or `NotFoundError`."""
    query = _applications(viewer).where(Application.id == application_id, Application.alliance_id == here.alliance.id)
    return _one(query)


def invitation_at(viewer: Viewer, here: Here, invitation_id: int) -> AskRow:
    """One, or `NotFoundError`."""
    query = _invitations(viewer).where(Invitation.id == invitation_id, Invitation.alliance_id == here.alliance.id)
    return _one(query)


def my_asks(viewer: Viewer, here: Here) -> list[AskRow]:
    """What the parties for which the viewer speaks asked this alliance, and were asked, the newest first."""
    mine = set(spoken_for(viewer))
    if not mine:
        return []
    found = [
        *_shown(session().execute(_applications(viewer).where(Application.alliance_id == here.alliance.id)).all()),
        *_shown(session().execute(_invitations(viewer).where(Invitation.alliance_id == here.alliance.id)).all()),
    ]
    rows = [row for row in found if Party(row.asked.party_kind, row.asked.party_id) in mine]
    return sorted(rows, key=lambda row: row.asked.created_at, reverse=True)


def asks_waiting(viewer: Viewer, *, limit: int = 10) -> list[AskRow]:
    """What waits for the viewer in all alliances: invitations to their parties, applications to their alliances."""
    if not viewer.is_member:
        return []
    mine = set(spoken_for(viewer))
    invited = _invitations(viewer).where(Invitation.state == AskState.OPEN, Invitation.expires_at > now())
    applied = _applications(viewer).where(
        Application.state == AskState.OPEN, Application.alliance_id.in_(in_council(viewer))
    )
    rows = _shown(session().execute(invited.order_by(Invitation.id.desc()).limit(limit * 3)).all())
    found = [row for row in rows if Party(row.asked.party_kind, row.asked.party_id) in mine]
    found += _shown(session().execute(applied.order_by(Application.id).limit(limit)).all())
    return found[:limit]


def is_slow_to_answer(alliance_id: int) -> bool:
    """Whether somebody has waited three weeks for an answer to an application: everybody may know."""
    query = select(Application.id).where(
        Application.alliance_id == alliance_id,
        Application.state == AskState.OPEN,
        Application.created_at < now() - SLOW_AFTER,
        Application.proposal_id.is_(None),
    )
    return session().scalar(query.limit(1)) is not None


def count_waiting(here: Here) -> int:
    """How many applications wait."""
    query = select(func.count()).where(Application.alliance_id == here.alliance.id, Application.state == AskState.OPEN)
    return session().scalar(query) or 0


def _applications(viewer: Viewer) -> Asks:
    query: Asks = (
        select(Application.id, Application, Alliance)
        .join(Alliance, Alliance.id == Application.alliance_id)
        .where(visible_applications(viewer))
    )
    return query


def _invitations(viewer: Viewer) -> Asks:
    query: Asks = (
        select(Invitation.id, Invitation, Alliance)
        .join(Alliance, Alliance.id == Invitation.alliance_id)
        .where(visible_invitations(viewer))
    )
    return query


def _page(
    query: Asks, model: type[Application | Invitation], state: str, cursor: str | None, limit: int
) -> Page[AskRow]:
    if state in set(AskState):
        query = query.where(model.state == state)
    is_open = case((model.state == AskState.OPEN, 1), else_=0)
    page = keyset_page(query, keys=[is_open, model.id], limit=limit, cursor=cursor)
    return Page(_shown(page.items), page.next)


def _one(query: Asks) -> AskRow:
    found = _shown(session().execute(query).all())
    if not found:
        raise NotFoundError
    return found[0]


def _shown(rows: Sequence[Any]) -> list[AskRow]:
    """With names: a query a kind of party, one for people, one for sponsors."""
    asks = [(row[1], row[2]) for row in rows]
    if not asks:
        return []
    spoken = _sponsors([asked.id for asked, _alliance in asks if isinstance(asked, Application)])
    wanted = {Party(asked.party_kind, asked.party_id) for asked, _alliance in asks}
    wanted |= {party for found in spoken.values() for party, *_rest in found}
    facts = parties(wanted)
    people = persons(
        {_asker(asked) for asked, _alliance in asks}
        | {asked.decided_by_id for asked, _alliance in asks if asked.decided_by_id}
        | {sponsor.user_id for found in spoken.values() for _party, sponsor in found}
    )
    return [
        AskRow(
            asked=asked,
            alliance=alliance,
            party=facts.get(Party(asked.party_kind, asked.party_id)),
            by=people.get(_asker(asked)),
            decided_by=people.get(asked.decided_by_id or 0),
            sponsors=tuple(
                SponsorRow(facts[party], people[sponsor.user_id], sponsor.message, sponsor.created_at)
                for party, sponsor in spoken.get(asked.id, [])
                if isinstance(asked, Application) and party in facts
            ),
        )
        for asked, alliance in asks
    ]


def _asker(asked: Application | Invitation) -> int:
    return asked.applied_by_id if isinstance(asked, Application) else asked.invited_by_id


def _sponsors(ids: Sequence[int]) -> dict[int, list[tuple[Party, Sponsor]]]:
    found: dict[int, list[tuple[Party, Sponsor]]] = {}
    if ids:
        rows = session().execute(
            select(Sponsor, Member.party_kind, Member.party_id)
            .join(Member, Member.id == Sponsor.member_id)
            .where(Sponsor.application_id.in_(ids))
            .order_by(Sponsor.created_at)
        )
        for row in rows:
            found.setdefault(row.Sponsor.application_id, []).append((Party(row.party_kind, row.party_id), row.Sponsor))
    return found


def proposal_number(proposal_id: int | None) -> int | None:
    """Under which number the vote on it stands, if there is one."""
    return session().scalar(select(Proposal.number).where(Proposal.id == proposal_id)) if proposal_id else None


def words_to(here: Here) -> list[Words]:
    """What was written with the invitations that wait for the viewer's answer, the newest first."""
    mine = [and_(Invitation.party_kind == one.kind, Invitation.party_id == one.id) for one in spoken_for(here.viewer)]
    query = select(Invitation).where(
        Invitation.alliance_id == here.alliance.id,
        Invitation.state == AskState.OPEN,
        Invitation.expires_at > now(),
        Invitation.message != "",
        or_(false(), *mine),
    )
    found = session().scalars(query.order_by(Invitation.id.desc())).all()
    people = persons({one.invited_by_id for one in found})
    url = f"{here.alliance.url}/invitations"
    return [Words(one.message, people[one.invited_by_id], f"{url}/{one.id}") for one in found]
