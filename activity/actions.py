from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accounts.audience import holds
from accounts.models import User
from activity.events import Followed
from activity.models import Bookmark, Follow, Level, LogEntry, Notice
from activity.policy import ActivityRight
from kernel.clock import now
from kernel.db import Model, db, session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref, cards
from kernel.viewer import Viewer

AT_ONCE = 1000
LONGEST_NOTE = 300


def follow(viewer: Viewer, *, ref: Ref, level: Level) -> Level:
    """Hear more or less of something one can see; returns the level that was."""
    authorise(viewer, ActivityRight.FOLLOW)
    _must_see(viewer, ref)
    old = _level(viewer.me, ref)
    if old is level:
        return old
    if level is Level.NORMAL:
        session().execute(delete(Follow).where(*_is_follow(viewer.me, ref)))
    else:
        insert = _insert(Follow).values(
            user_id=viewer.me, kind=ref.kind, ref_id=ref.id, level=level.value, created_at=now()
        )
        session().execute(
            insert.on_conflict_do_update(
                index_elements=["user_id", "kind", "ref_id"], set_={"level": insert.excluded.level}
            )
        )
    emit(Followed(user_id=viewer.me, ref=ref, old=old, new=level))
    return old


def follow_quietly(user_id: int, ref: Ref, level: Level) -> None:
    """Follow what one has just taken part in, unless one has said before how much one wants to hear of it."""
    added = session().execute(
        _insert(Follow)
        .values(user_id=user_id, kind=ref.kind, ref_id=ref.id, level=level.value, created_at=now())
        .on_conflict_do_nothing()
        .returning(Follow.user_id)
    )
    if added.first() is not None:
        emit(Followed(user_id=user_id, ref=ref, old=Level.NORMAL, new=level))


def bookmark(viewer: Viewer, *, ref: Ref, note: str = "") -> bool:
    """Put a thing aside, or take it back; says whether it is put aside now."""
    if take_back(viewer, ref=ref):
        return False
    put_aside(viewer, ref=ref, note=note)
    return True


def put_aside(viewer: Viewer, *, ref: Ref, note: str = "") -> None:
    """Put a thing aside, with a note for oneself; the note of one that is put aside already is changed."""
    authorise(viewer, ActivityRight.BOOKMARK)
    _must_see(viewer, ref)
    insert = _insert(Bookmark).values(
        user_id=viewer.me, kind=ref.kind, ref_id=ref.id, note=note[:LONGEST_NOTE], created_at=now()
    )
    session().execute(
        insert.on_conflict_do_update(index_elements=["user_id", "kind", "ref_id"], set_={"note": insert.excluded.note})
    )


def take_back(viewer: Viewer, *, ref: Ref) -> bool:
    """A thing is not put aside any more; says whether it was."""
    authorise(viewer, ActivityRight.BOOKMARK)
    mine = (Bookmark.user_id == viewer.me, Bookmark.kind == ref.kind, Bookmark.ref_id == ref.id)
    return bool(session().execute(delete(Bookmark).where(*mine)).rowcount)  # type: ignore[attr-defined]


def notify(reasons: Mapping[int, str], *, event: str, actor_id: int | None, ref: Ref, place: Ref, audience: str) -> int:
    """Tell each of these people, for the reason given, of what happened to `ref` in `place`.

    Never the one who did it, nobody who may not see it, nobody who muted the place or the actor, and nobody twice
    for the same event of the same thing. Returns how many were told.
    """
    told = 0
    people = sorted(set(reasons) - {actor_id})
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        muted = select(Follow.user_id).where(
            Follow.user_id == User.id, Follow.level == Level.MUTED, _is_one_of(place, actor_id)
        )
        listeners = session().scalars(
            select(User.id).where(
                User.id.in_(some), User.suspended_at.is_(None), holds(literal(audience)), ~muted.exists()
            )
        )
        rows = [
            {
                "user_id": user_id,
                "event": event,
                "reason": reasons[user_id],
                "actor_id": actor_id,
                "kind": ref.kind,
                "ref_id": ref.id,
                "place_kind": place.kind,
                "place_id": place.id,
                "audience": audience,
                "created_at": now(),
            }
            for user_id in listeners
        ]
        if rows:
            session().execute(_insert(Notice).values(rows).on_conflict_do_nothing())
        told += len(rows)
    return told


def take_back_notices(ref: Ref, *, event: str) -> None:
    """The occasion has passed, or comes again: nobody need hear of it any more."""
    which = (Notice.kind == ref.kind, Notice.ref_id == ref.id, Notice.event == event)
    session().execute(delete(Notice).where(*which).execution_options(synchronize_session=False))


def mark_read(viewer: Viewer, *, place: Ref | None = None) -> None:
    """The viewer has seen the notices of `place`, or all of them."""
    authorise(viewer, ActivityRight.READ_NOTICES)
    change = update(Notice).where(Notice.user_id == viewer.me, Notice.read_at.is_(None)).values(read_at=now())
    if place is not None:
        change = change.where(Notice.place_kind == place.kind, Notice.place_id == place.id)
    session().execute(change.execution_options(synchronize_session=False))


def record_act(
    actor: Viewer,
    *,
    act: str,
    ref: Ref,
    place: Ref,
    audience: str,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> LogEntry:
    """Write into the log what somebody did by a right over others' things, and why."""
    entry = LogEntry(
        actor_id=actor.user_id,
        act=act,
        kind=ref.kind,
        ref_id=ref.id,
        place_kind=place.kind,
        place_id=place.id,
        audience=audience,
        reason=reason,
        details=dict(details or {}),
    )
    session().add(entry)
    return entry


def level_named(name: str) -> Level:
    """The level that a form names."""
    try:
        return Level(name)
    except ValueError:
        raise InvalidError(_("There is no such level of following."), errors={"level": name}) from None


def _level(user_id: int, ref: Ref) -> Level:
    return Level(session().scalar(select(Follow.level).where(*_is_follow(user_id, ref))) or Level.NORMAL)


def _is_follow(user_id: int, ref: Ref) -> tuple[ColumnElement[bool], ...]:
    return Follow.user_id == user_id, Follow.kind == ref.kind, Follow.ref_id == ref.id


def _must_see(viewer: Viewer, ref: Ref) -> None:
    if ref not in cards(viewer, [ref]):
        raise NotFoundError


def _is_one_of(place: Ref, actor_id: int | None) -> ColumnElement[bool]:
    is_place = (Follow.kind == place.kind) & (Follow.ref_id == place.id)
    if actor_id is None:
        return is_place
    return or_(is_place, (Follow.kind == "accounts.user") & (Follow.ref_id == actor_id))


def _insert(model: type[Model]) -> Any:
    """An insert that knows conflicts, in the dialect at hand."""
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(model)
