"""How much, how fast and what alike somebody wrote lately: asked in one statement, whoever writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, bindparam, distinct, func, select

from accounts.models import User, UserSession
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer
from moderation.models import Fingerprint, Submission, SubmissionState, WatchedWord
from moderation.watching import Stamp

MINUTES, HOUR, DAY, MONTH = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=30)
NONE = "-"  # the hash of no text


@dataclass(frozen=True, slots=True)
class Pace:
    """What somebody has sent in: how much within the hour and the day, and in how many places within ten minutes.

    `is_again`: the same words were theirs within a month. `copies`: so many other newcomers sent them within a day.
    """

    within_hour: int
    within_day: int
    hour_begins: datetime | None
    day_begins: datetime | None
    places: int
    is_again: bool
    copies: int
    approved: int
    waiting: int
    ip: str
    words: Stamp


def pace_of(viewer: Viewer, *, words_hash: str) -> Pace:
    """The viewer's, before what they send now is counted."""
    moment = now()
    row = (
        session()
        .execute(
            _statement(),
            {
                "me": viewer.me,
                "session_id": viewer.session_id,
                "hash": words_hash or NONE,
                "minutes": moment - MINUTES,
                "hour": moment - HOUR,
                "day": moment - DAY,
                "month": moment - MONTH,
            },
        )
        .one()
    )
    return Pace(
        within_hour=row.within_hour,
        within_day=row.within_day,
        hour_begins=row.hour_begins,
        day_begins=row.day_begins,
        places=row.places,
        is_again=row.again > 0,
        copies=row.copies,
        approved=row.approved,
        waiting=row.waiting,
        ip=row.ip or "",
        words=(row.words, row.words_at),
    )


def alike(viewer: Viewer, *, host: str, net: str) -> list[int]:
    """The other newcomers who came from the same range of addresses within the hour, and link to the same site."""
    query = (
        select(Fingerprint.user_id)
        .distinct()
        .join(User, User.id == Fingerprint.user_id)
        .where(
            Fingerprint.net == net,
            Fingerprint.created_at > now() - HOUR,
            Fingerprint.host == host,
            Fingerprint.user_id != viewer.me,
            User.trust_level == 0,
        )
    )
    return sorted(session().scalars(query))


def net_of(ip: str) -> str:
    """The range that an address belongs to: what one household, firm or hoster gives out."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    return str(ip_network((address, 24 if isinstance(address, IPv4Address) else 48), strict=False))


@cache
def _statement() -> Select[Any]:
    me: BindParameter[int] = bindparam("me")
    newcomer = User.__table__.alias("newcomer")
    mine = Fingerprint.user_id == me
    same = Fingerprint.words_hash == bindparam("hash")
    copies = (
        select(func.count(distinct(Fingerprint.user_id)))
        .join(newcomer, newcomer.c.id == Fingerprint.user_id)
        .where(same, Fingerprint.created_at > _moment("day"), Fingerprint.user_id != me, newcomer.c.trust_level == 0)
        .scalar_subquery()
    )
    return select(
        _count(mine, Fingerprint.created_at > _moment("hour")).label("within_hour"),
        _count(mine, Fingerprint.created_at > _moment("day")).label("within_day"),
        _first(mine, Fingerprint.created_at > _moment("hour")).label("hour_begins"),
        _first(mine, Fingerprint.created_at > _moment("day")).label("day_begins"),
        select(func.count(distinct(Fingerprint.place)))
        .where(mine, Fingerprint.created_at > _moment("minutes"))
        .scalar_subquery()
        .label("places"),
        _count(mine, same, Fingerprint.created_at > _moment("month")).label("again"),
        copies.label("copies"),
        _submissions(me, SubmissionState.APPROVED).label("approved"),
        _submissions(me, SubmissionState.WAITING).label("waiting"),
        select(UserSession.ip).where(UserSession.id == bindparam("session_id")).scalar_subquery().label("ip"),
        select(func.count()).select_from(WatchedWord).scalar_subquery().label("words"),
        select(func.max(WatchedWord.created_at)).scalar_subquery().label("words_at"),
    )


def _moment(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=Fingerprint.__table__.c.created_at.type)


def _count(*which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(Fingerprint).where(*which).scalar_subquery()


def _first(*which: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.min(Fingerprint.created_at)).where(*which).scalar_subquery()


def _submissions(me: ColumnElement[Any], state: SubmissionState) -> ScalarSelect[int]:
    mine = (Submission.author_id == me, Submission.state == state.value)
    return select(func.count()).select_from(Submission).where(*mine).scalar_subquery()
