"""Whoever goes follows nothing any more, and nobody follows them."""

from sqlalchemy import delete, select

from activity.events import Followed
from activity.models import Follow, Level
from kernel.db import session
from kernel.events import emit
from kernel.personal import Leaver, leaves
from kernel.refs import Ref

AT_ONCE = 200
PERSON = "accounts.user"


@leaves("activity.follows")
def stop_following(leaver: Leaver, _after: int) -> int | None:
    """One by one, so that what counts its followers hears of it."""
    mine = select(Follow).where(Follow.user_id == leaver.id).order_by(Follow.kind, Follow.ref_id).limit(AT_ONCE)
    rows = session().scalars(mine).all()
    for row in rows:
        session().delete(row)
    session().flush()
    for row in rows:
        emit(Followed(user_id=leaver.id, ref=Ref(row.kind, row.ref_id), old=Level(row.level), new=Level.NORMAL))
    return 0 if rows else None


@leaves("activity.followers")
def let_followers_go(leaver: Leaver, _after: int) -> int | None:
    """Nobody hears of a person who is not here."""
    theirs = select(Follow.user_id).where(Follow.kind == PERSON, Follow.ref_id == leaver.id)
    rows = session().scalars(theirs.order_by(Follow.user_id).limit(AT_ONCE)).all()
    session().execute(delete(Follow).where(Follow.kind == PERSON, Follow.ref_id == leaver.id, Follow.user_id.in_(rows)))
    return 0 if rows else None
