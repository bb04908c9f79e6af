"""What the staff, and rooms on their own rules, give to people and take from them."""

import re
from datetime import datetime

from flask_babel import gettext as _

from accounts.actions.signing import revoke_all_sessions, stop_looking
from accounts.events import GrantChanged, PersonSuspended
from accounts.models import Grant, User
from accounts.policy import AccountRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import STAFF, Viewer

TOKEN = re.compile(r"staff|moderator:\d+")
# What no person decides, the staff neither.
BY_RULE = re.compile(
    TOKEN.pattern
    + r"|moderator:alliance:\d+|need:\d+|alliance:\d+(:council|:group\d+)?"
    + r"|organisation:\d+(:editor|:admin)?"
)


def grant(actor: Viewer, *, user_id: int, token: str) -> None:
    """Give somebody a token; giving it twice changes nothing."""
    authorise(actor, AccountRight.GRANT)
    if not TOKEN.fullmatch(token):
        raise InvalidError(_("There is no such right."), errors={"token": token})
    _give(user_id=user_id, token=token, granted_by_id=actor.me)


def grant_by_rule(*, user_id: int, token: str) -> None:
    """The same where nobody decides: commands, seeds, and rooms whose own rules say so."""
    _give(user_id=user_id, token=token, granted_by_id=None)


def revoke(actor: Viewer, *, user_id: int, token: str) -> None:
    """Take a token back."""
    authorise(actor, AccountRight.GRANT)
    held = session().get(Grant, (user_id, token))
    if held is None:
        raise NotFoundError
    session().delete(held)
    if token == STAFF:
        stop_looking(user_id)
    emit(GrantChanged(actor_id=actor.user_id, user_id=user_id, token=token, is_held=False))


def revoke_by_rule(*, user_id: int, token: str) -> None:
    """Take back what `grant_by_rule` gave; harmless where it is not held."""
    held = session().get(Grant, (user_id, token))
    if held is not None:
        session().delete(held)
        emit(GrantChanged(actor_id=None, user_id=user_id, token=token, is_held=False))


def shut_out(user_id: int, *, until: datetime | None = None, by_id: int | None = None) -> None:
    """Shut somebody out, everywhere and at once. Who may is for the sanction to say that this follows from."""
    user = _person(user_id)
    user.suspended_at, user.suspended_until = user.suspended_at or now(), until
    revoke_all_sessions(user_id)
    emit(PersonSuspended(actor_id=by_id, user_id=user_id, is_suspended=True))


def let_in(user_id: int, *, by_id: int | None = None) -> None:
    """Let somebody in again."""
    user = _person(user_id)
    user.suspended_at = user.suspended_until = None
    emit(PersonSuspended(actor_id=by_id, user_id=user_id, is_suspended=False))


def _give(*, user_id: int, token: str, granted_by_id: int | None) -> None:
    if not BY_RULE.fullmatch(token):
        raise InvalidError(_("There is no such right."), errors={"token": token})
    _person(user_id)
    if session().get(Grant, (user_id, token)) is None:
        session().add(Grant(user_id=user_id, token=token, granted_by_id=granted_by_id))
        emit(GrantChanged(actor_id=granted_by_id, user_id=user_id, token=token, is_held=True))


def _person(user_id: int) -> User:
    user = session().get(User, user_id)
    if user is None:
        raise NotFoundError
    return user
