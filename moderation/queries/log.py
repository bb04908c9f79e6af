"""The log for the staff: by who acted, what was done, whom it concerned, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_

from accounts.models import User
from accounts.queries import PersonFacts, persons
from activity.models import LogEntry
from activity.queries import LogRow
from kernel.db import session
from kernel.i18n import zone
from kernel.paging import Page, keyset_page
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from moderation.actions.appeals import APPEAL
from moderation.actions.sanctions import SANCTION
from moderation.models import Appeal, Review, Sanction

PAGE = 50
PORTION = 500


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines; handles of people, days in the viewer's zone, both included."""

    who: str = ""
    act: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class FullRow:
    """A line of the log with whom it concerned."""

    row: LogRow
    concerned: PersonFacts | None


def full_log(viewer: Viewer, wanted: LogFilter, *, cursor: str | None = None, limit: int = PAGE) -> Page[FullRow]:
    """The latest first; what happens in rooms that the staff do not see stays there."""
    page = keyset_page(_query(viewer, wanted), keys=[LogEntry.id], limit=limit, cursor=cursor)
    entries = [row[0] for row in page.items]
    found = cards(viewer, [Ref(entry.kind, entry.ref_id) for entry in entries])
    concerned = _concerned(entries)
    people = persons({entry.actor_id for entry in entries if entry.actor_id} | set(concerned.values()))
    rows = [
        FullRow(
            LogRow(entry, found.get(Ref(entry.kind, entry.ref_id)), people.get(entry.actor_id or 0)),
            people.get(concerned.get(entry.id, 0)),
        )
        for entry in entries
    ]
    return Page(rows, page.next)


def whole_log(viewer: Viewer, wanted: LogFilter) -> Iterator[list[FullRow]]:
    """All of it, in portions, for a file."""
    cursor: str | None = None
    while True:
        page = full_log(viewer, wanted, cursor=cursor, limit=PORTION)
        yield page.items
        if page.next is None:
            return
        cursor = page.next


def acts_in_log() -> list[str]:
    """Every sort of act that was ever done."""
    return sorted(session().scalars(select(LogEntry.act).distinct()))


def _query(viewer: Viewer, wanted: LogFilter) -> Select[LogEntry]:
    query = select(LogEntry).where(LogEntry.audience.in_(sorted(viewer.audience)))
    if wanted.who:
        query = query.where(LogEntry.actor_id.in_(_person(wanted.who)))
    if wanted.act:
        query = query.where(LogEntry.act == wanted.act)
    if wanted.person:
        query = query.where(_concerns(wanted.person))
    if wanted.since is not None:
        query = query.where(LogEntry.created_at >= _midnight(wanted.since, viewer))
    if wanted.until is not None:
        query = query.where(LogEntry.created_at < _midnight(wanted.until + timedelta(days=1), viewer))
    return query


def _person(handle: str) -> Select[int]:
    return select(User.id).where(User.handle == handle.strip().removeprefix("@").lower())


def _concerns(handle: str) -> ColumnElement[bool]:
    """They themselves, a sanction or an appeal of theirs, or something that they wrote and that was reviewed."""
    person = _person(handle)
    own = {
        "accounts.user": person,
        SANCTION: select(Sanction.id).where(Sanction.user_id.in_(person)),
        APPEAL: select(Appeal.id).where(Appeal.user_id.in_(person)),
    }
    reviewed = select(Review.kind, Review.ref_id).where(Review.author_id.in_(person))
    return or_(
        *(and_(LogEntry.kind == kind, LogEntry.ref_id.in_(ids)) for kind, ids in own.items()),
        tuple_(LogEntry.kind, LogEntry.ref_id).in_(reviewed),
    )


def _midnight(day: date, viewer: Viewer) -> datetime:
    return datetime.combine(day, time(), zone(viewer.timezone)).astimezone(UTC)


def _concerned(entries: Sequence[LogEntry]) -> dict[int, int]:
    """Whom each line concerned, as far as it is known."""
    found = {entry.id: entry.ref_id for entry in entries if entry.kind == "accounts.user"}
    for kind, model in ((SANCTION, Sanction), (APPEAL, Appeal)):
        ids = {entry.ref_id for entry in entries if entry.kind == kind}
        if ids:
            owners = dict(session().execute(select(model.id, model.user_id).where(model.id.in_(ids))).all())
            found.update({e.id: owners[e.ref_id] for e in entries if e.kind == kind and e.ref_id in owners})
    reviews = {entry.details["review"] for entry in entries if entry.details.get("review")}
    if reviews:
        authors = dict(session().execute(select(Review.id, Review.author_id).where(Review.id.in_(reviews))).all())
        for entry in entries:
            author_id = authors.get(entry.details.get("review", 0))
            if author_id is not None:
                found.setdefault(entry.id, author_id)
    return found
