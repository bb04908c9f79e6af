"""How levels of trust change: by a visit, by the numbers, by the staff."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from accounts.models import User
from activity.actions import notify, record_act
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import InvalidError, NotFoundError
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.limits import STEWARD
from moderation.models import Visit
from moderation.policy import ModerationRight
from moderation.trust import level_after, standings
from moderation.wording import check_reason

PORTION = 500
TRUST = "moderation.trust"
RECKON, RECKON_PORTION = "moderation.reckon", "moderation.reckon_portion"


def note_visit(viewer: Viewer) -> None:
    """Somebody is here and reads; the first time on a day, their numbers are looked at."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(Visit)
    first = session().execute(
        insert.values(user_id=viewer.me, day=now().date()).on_conflict_do_nothing().returning(Visit.user_id)
    )
    if first.first() is not None:
        enqueue(RECKON, user_id=viewer.me)


def reckon(people: list[int]) -> int:
    """Set the levels of these people as their numbers say, but for those that the staff fixed; how many changed."""
    rows = session().scalars(
        select(User)
        .where(User.id.in_(people), User.trust_is_fixed.is_(False), User.trust_level < STEWARD)
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    found = {user.id: user for user in rows}
    changed = 0
    for user_id, standing in standings(sorted(found)).items():
        user = found[user_id]
        level = level_after(user.trust_level, standing)
        if level == user.trust_level:
            continue
        is_risen = level > user.trust_level
        user.trust_level = level
        changed += 1
        if is_risen:
            _tell(user_id, "trust.risen")
    return changed


def reckon_portion(after: int) -> int | None:
    """The next people who were here lately, or could fall; says after whom it goes on, None at the end."""
    yesterday = (now() - timedelta(days=1)).date()
    was_here = select(Visit.user_id).where(Visit.user_id == User.id, Visit.day >= yesterday).exists()
    due = (
        select(User.id)
        .where(
            User.id > after,
            User.trust_is_fixed.is_(False),
            or_(User.trust_level == STEWARD - 1, (User.trust_level < STEWARD - 1) & was_here),
        )
        .order_by(User.id)
        .limit(PORTION)
    )
    people = list(session().scalars(due))
    reckon(people)
    return people[-1] if len(people) == PORTION else None


def set_trust(viewer: Viewer, *, user_id: int, level: int | None, reason: str) -> User:
    """The staff fix a level, with a reason; None leaves it to the numbers again."""
    authorise(viewer, ModerationRight.OVERSEE)
    reason = check_reason(reason, is_needed=True)
    user = session().get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None:
        raise NotFoundError
    if level is not None and not 0 <= level <= STEWARD:
        raise InvalidError(errors={"level": _("This choice is not known here.")})
    before = user.trust_level
    user.trust_is_fixed = level is not None
    user.trust_level = level if level is not None else min(before, STEWARD - 1)
    session().flush()
    if level is None:
        reckon([user_id])
    ref = Ref("accounts.user", user_id)
    record_act(
        viewer,
        act="trust.set" if level is not None else "trust.release",
        ref=ref,
        place=ref,
        audience=STAFF,
        reason=reason,
        details={"right": ModerationRight.OVERSEE.value, "from": before, "to": user.trust_level},
    )
    if user.trust_level > before:
        _tell(user_id, "trust.risen")
    return user


def _tell(user_id: int, event: str) -> None:
    me = Ref(TRUST, user_id)
    notify({user_id: "my-trust"}, event=event, actor_id=None, ref=me, place=me, audience=f"user:{user_id}")
