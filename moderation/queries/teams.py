from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accounts.models import Grant
from accounts.queries import PersonFacts, persons
from activity.models import LogEntry
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from moderation.actions.teams import APPOINT, COMMUNITY, DISMISS

PAGE = 20


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who looks after a community; `by` appointed them."""

    person: PersonFacts
    since: datetime
    by: PersonFacts | None


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody was appointed, or dismissed."""

    is_appointed: bool
    person: PersonFacts | None
    by: PersonFacts | None
    at: datetime


def team_of(community_id: int) -> list[Keeper]:
    """Its moderators, those longest in office first."""
    grants = session().scalars(
        select(Grant).where(Grant.token == f"moderator:{community_id}").order_by(Grant.created_at, Grant.user_id)
    )
    held = list(grants)
    people = persons({grant.user_id for grant in held} | {g.granted_by_id for g in held if g.granted_by_id})
    return [
        Keeper(people[grant.user_id], grant.created_at, people.get(grant.granted_by_id or 0))
        for grant in held
        if grant.user_id in people
    ]


def changes_of(viewer: Viewer, community_id: int, *, cursor: str | None = None) -> Page[Change]:
    """Who came and went, for its moderators and the staff; the latest first."""
    if not viewer.moderates(community_id):
        return Page([], None)
    query = select(LogEntry).where(
        LogEntry.place_kind == COMMUNITY, LogEntry.place_id == community_id, LogEntry.act.in_([APPOINT, DISMISS])
    )
    page = keyset_page(query, keys=[LogEntry.id], limit=PAGE, cursor=cursor).map(lambda row: row[0])
    ids = {number for entry in page.items for number in (entry.ref_id, entry.actor_id) if number is not None}
    people = persons(ids)
    return page.map(
        lambda entry: Change(
            entry.act == APPOINT, people.get(entry.ref_id), people.get(entry.actor_id or 0), entry.created_at
        )
    )
