"""What the staff's desk shows: what needs somebody today, how the place grows, and who is here."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Date, Select, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from accounts.models import Grant, User, UserSession
from accounts.personal.keeping import waits_for_staff
from alliances.models import Alliance
from forum.models import BoardDay, Community
from forum.queries.communities import communities
from forum.queries.rows import CommunityRow
from ip_registry.models import Record
from ip_registry.queries.health import ledger_health
from kernel.backups import backup_health
from kernel.clock import now
from kernel.db import session
from kernel.jobs import Job, jobs_by_name
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.words import ngettext
from moderation.models import Visit
from moderation.queries.queue import oldest_open, open_count
from portal import mails
from search_index.indexing.health import health

WEEKS = 12
LONGEST_LAG = timedelta(minutes=10)
LEAST_ROOM = 2_000_000_000  # bytes
PAGE = 30
MODERATOR = "moderator:"


@dataclass(frozen=True, slots=True)
class Concern:
    """One line of the desk; `is_urgent` when somebody should look at it today."""

    icon: str
    title: str
    text: str
    url: str
    is_urgent: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """How many of something there were in each of the last weeks, the current one last."""

    title: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """Over all these weeks."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class StaffPerson:
    """Somebody in the list of people, with what the staff need to know of them at a glance."""

    id: int
    handle: str
    name: str
    email: str
    trust: int
    is_confirmed: bool
    is_suspended: bool
    is_silenced: bool
    created_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffCommunity:
    """A community with those who look after it."""

    row: CommunityRow
    moderators: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up."""

    id: int
    name: str
    attempts: int
    error: str
    created_at: datetime


def concerns(viewer: Viewer) -> list[Concern]:
    """Everything that may need somebody, what is urgent first."""
    found = [*_queue(viewer), *_brought(), *_work(), *_index(), *_registry(), *_backups(), *_disk()]
    return sorted(found, key=lambda one: not one.is_urgent)


def growth() -> list[Growth]:
    """By weeks: who came, who was here, what was written, founded and registered."""
    first = now().date() - timedelta(days=7 * WEEKS - 1)
    posts = select(BoardDay.day, func.sum(BoardDay.posts)).where(BoardDay.day >= first).group_by(BoardDay.day)
    return [
        Growth(_("New people"), _weeks(_by_day(User.created_at, first), first)),
        Growth(_("Days that people were here"), _weeks(_visits(first), first)),
        Growth(_("Posts"), _weeks(posts, first)),
        Growth(_("New alliances"), _weeks(_by_day(Alliance.created_at, first), first)),
        Growth(_("New records"), _weeks(_by_day(Record.created_at, first), first)),
    ]


def week_names() -> list[date]:
    """The first day of each of these weeks."""
    first = now().date() - timedelta(days=7 * WEEKS - 1)
    return [first + timedelta(days=7 * number) for number in range(WEEKS)]


def people_page(
    _viewer: Viewer, *, words: str = "", which: str = "", cursor: str | None = None, limit: int = PAGE
) -> Page[StaffPerson]:
    """People, the newest first: all, or those whose handle, name or address begins with or holds the words."""
    seen = (
        select(func.max(UserSession.last_seen_at)).where(UserSession.user_id == User.id).correlate(User)
    ).scalar_subquery()
    columns: list[Any] = [User, seen.label("seen")]
    query = select(*columns).where(*_which(which))
    if words := words.strip().lower():
        query = query.where(
            or_(
                User.handle.startswith(words, autoescape=True),
                User.email.startswith(words, autoescape=True),
                func.lower(User.display_name).contains(words, autoescape=True),
            )
        )
    page = keyset_page(query, keys=[User.id], limit=limit, cursor=cursor)
    return page.map(
        lambda row: StaffPerson(
            id=row.User.id,
            handle=row.User.handle,
            name=row.User.display_name,
            email=row.User.email,
            trust=row.User.trust_level,
            is_confirmed=row.User.email_confirmed_at is not None,
            is_suspended=row.User.suspended_at is not None,
            is_silenced=row.User.silenced_until is not None and row.User.silenced_until > now(),
            created_at=row.User.created_at,
            seen_at=row.seen,
        )
    )


def communities_with_moderators(viewer: Viewer) -> list[StaffCommunity]:
    """All of them, with who looks after each: one query more than their list."""
    tokens = [f"{MODERATOR}{key}" for key in session().scalars(select(Community.id))]
    held = session().execute(
        select(Grant.token, User.handle, User.display_name)
        .join(User, User.id == Grant.user_id)
        .where(Grant.token.in_(tokens))
        .order_by(User.display_name)
    )
    by_community: dict[str, list[tuple[str, str]]] = {}
    for token, handle, name in held:
        by_community.setdefault(token, []).append((handle, name))
    return [
        StaffCommunity(row, tuple(by_community.get(f"{MODERATOR}{row.place.id}", ()))) for row in communities(viewer)
    ]


def dead_jobs(*, cursor: str | None = None, limit: int = PAGE) -> Page[DeadJob]:
    """Those that were given up, the latest first."""
    query = select(Job).where(Job.state == "dead")
    return keyset_page(query, keys=[Job.id], limit=limit, cursor=cursor).map(
        lambda row: DeadJob(row[0].id, row[0].name, row[0].attempts, row[0].last_error or "", row[0].created_at)
    )


def waiting_jobs() -> list[tuple[str, int]]:
    """How many of each kind wait, the most first."""
    counted = Counter({name: number for name, state, number in jobs_by_name() if state == "waiting"})
    return counted.most_common()


def _queue(viewer: Viewer) -> Iterator[Concern]:
    waiting, since = open_count(viewer), oldest_open(viewer)
    text = (
        ngettext("%(num)s thing waits for a decision", "%(num)s things wait for a decision", waiting)
        if waiting
        else _("Nothing waits for a decision.")
    )
    yield Concern("gavel", _("Moderation"), text, "/moderation", bool(waiting), since)


def _brought() -> Iterator[Concern]:
    """What people bring from elsewhere waits for the staff, in no queue."""
    waiting, since = waits_for_staff()
    if waiting:
        text = ngettext("%(num)s waits for a look", "%(num)s wait for a look", waiting)
        yield Concern("upload", _("Archives that people brought"), text, "/staff/archives", is_urgent=True, at=since)


def _work() -> Iterator[Concern]:
    dead = sum(number for _name, state, number in jobs_by_name() if state == "dead")
    oldest = session().scalar(select(func.min(Job.run_at)).where(Job.state == "waiting", Job.run_at <= now()))
    is_late = oldest is not None and now() - oldest > LONGEST_LAG
    if dead:
        text = ngettext("%(num)s job was given up", "%(num)s jobs were given up", dead)
    elif is_late:
        text = _("Jobs have waited for long: does a worker run?")
    else:
        text = _("They are done as they come.")
    yield Concern("list-checks", _("Jobs"), text, "/staff/jobs", bool(dead) or is_late, oldest if is_late else None)
    given_up = mails.unsettled().get("dead", 0)
    text = (
        ngettext("%(num)s mail was given up", "%(num)s mails were given up", given_up)
        if given_up
        else _("Mail that was written, sent, or waits for a mail server.")
    )
    yield Concern("mail", _("Outbox"), text, "/staff/outbox", bool(given_up))


def _index() -> Iterator[Concern]:
    index = health()
    sentences = {
        "ok": _("It answers, and follows what changes."),
        "building": _("It is being built; until then nothing is found."),
        "behind": _("It answers, but nobody keeps it up to date: is a worker running?"),
        "disk full": _("The disk is full: it cannot follow what changes until there is room."),
    }
    text = sentences.get(index.state, _("It is damaged, and another one is being built."))
    yield Concern("database", _("The search index"), text, "#search-index", index.state not in ("ok", "building"))


def _registry() -> Iterator[Concern]:
    state = str(ledger_health()["state"])
    sentences = {
        "ok": _("Signed, and nothing waits."),
        "empty": _("Nothing was registered yet."),
        "behind": _("Registrations wait to be placed: does a worker run?"),
        "frozen": _("Frozen: new entries go to another log."),
        "stale": _(
            "It knows less than this machine has signed, and signs nothing: see “The registry's log” in the manual."
        ),
    }
    is_urgent = state in ("behind", "stale")
    yield Concern("stamp", _("The registry's log"), sentences.get(state, state), "/registry/log", is_urgent)


def _backups() -> Iterator[Concern]:
    known = backup_health()
    sentences = {
        "off": _("None are made: GUILDHALL_BACKUP_TO says where they would go."),
        "none": _("The first one has not been made yet."),
        "ok": _("Made as they should be."),
        "late": _("The last good one is too old."),
        "failing": _("The last one failed."),
    }
    is_urgent = known.state in ("off", "late", "failing")
    yield Concern("package", _("Backups"), sentences[known.state], "/staff/backups", is_urgent, known.last_good)
    if known.state == "off":
        return
    rehearsed = {
        "none": _("Restoring has not been rehearsed yet."),
        "ok": _("Restoring was rehearsed, and everything was there."),
        "late": _("Restoring has not been rehearsed for long."),
        "failing": _("The last rehearsal of restoring failed."),
    }
    if known.rehearsal in rehearsed:
        is_urgent = known.rehearsal in ("late", "failing")
        at = known.last_rehearsal
        yield Concern("rotate-ccw", _("Rehearsals"), rehearsed[known.rehearsal], "/staff/backups", is_urgent, at)


def _disk() -> Iterator[Concern]:
    free = shutil.disk_usage(current_app.config["DATA"]).free
    text = _("%(size)s GB are free where the data lie.", size=f"{free / 1e9:,.1f}")
    yield Concern("monitor", _("Disk"), text, "", free < LEAST_ROOM)


def _which(which: str) -> Sequence[ColumnElement[bool]]:
    if which == "unconfirmed":
        return (User.email_confirmed_at.is_(None),)
    if which == "suspended":
        return (User.suspended_at.is_not(None),)
    if which == "silenced":
        return (User.silenced_until > now(),)
    if which == "new":
        return (User.trust_level == 0,)
    return ()


def _by_day(column: InstrumentedAttribute[datetime], first: date) -> Select[date, int]:
    day = type_coerce(func.date(column), Date)
    since = datetime(first.year, first.month, first.day, tzinfo=now().tzinfo)
    return select(day, func.count()).where(column >= since).group_by(day)


def _visits(first: date) -> Select[date, int]:
    return select(Visit.day, func.count()).where(Visit.day >= first).group_by(Visit.day)


def _weeks(query: Select[date, int], first: date) -> tuple[int, ...]:
    values = [0] * WEEKS
    for day, count in session().execute(query):
        number = (day - first).days // 7
        if 0 <= number < WEEKS:
            values[number] += int(count)
    return tuple(values)
