"""Hearing more or less of something, and by mail more or less often."""

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select, update

from activity.events import Followed
from activity.models import Follow, Level
from activity.policy import ActivityRight
from activity.sight import must_see
from activity.topics import Cadence
from activity.upsert import insert_into
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer


def follow(viewer: Viewer, *, ref: Ref, level: Level) -> Level:
    """Hear more or less of something one can see; returns the level that was. Any thing can be let go unseen."""
    authorise(viewer, ActivityRight.FOLLOW)
    old = _level(viewer.me, ref)
    if level is not Level.NORMAL or old is Level.NORMAL:
        must_see(viewer, ref)
    if old is level:
        return old
    if level is Level.NORMAL:
        session().execute(delete(Follow).where(*_is_follow(viewer.me, ref)))
    else:
        insert = insert_into(Follow).values(
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
        insert_into(Follow)
        .values(user_id=user_id, kind=ref.kind, ref_id=ref.id, level=level.value, created_at=now())
        .on_conflict_do_nothing()
        .returning(Follow.user_id)
    )
    if added.first() is not None:
        emit(Followed(user_id=user_id, ref=ref, old=Level.NORMAL, new=level))


def mail_follow(viewer: Viewer, *, ref: Ref, mail: Cadence | None) -> None:
    """How often what one follows comes by mail; None: as everything that one watches."""
    authorise(viewer, ActivityRight.FOLLOW)
    set_mail(viewer.me, ref, mail)


def set_mail(user_id: int, ref: Ref, mail: Cadence | None) -> str | None:
    """The same for whoever may do it, signed in or not; returns what was. Nothing changes where nothing is followed."""
    was = session().scalar(select(Follow.mail).where(*_is_follow(user_id, ref)))
    session().execute(
        update(Follow).where(*_is_follow(user_id, ref)).values(mail=mail).execution_options(synchronize_session=False)
    )
    return was


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
