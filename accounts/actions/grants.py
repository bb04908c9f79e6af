"""What the staff, and rooms on their own rules, give to people and take from them."""

import re

from flask_babel import gettext as _

from accounts.actions.signing import revoke_all_sessions
from accounts.events import GrantChanged, PersonSuspended
from accounts.models import Grant, User
from accounts.policy import AccountRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer

TOKEN = re.compile(r"staff|moderator:\d+|alliance:\d+(:[a-z]+)?")
BY_RULE = re.compile(TOKEN.pattern + r"|need:\d+")  # what no person decides, the staff neither


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
    emit(GrantChanged(actor_id=actor.user_id, user_id=user_id, token=token, is_held=False))


def revoke_by_rule(*, user_id: int, token: str) -> None:
    """Take back what `grant_by_rule` gave; harmless where it is not held."""
    held = session().get(Grant, (user_id, token))
    if held is not None:
        session().delete(held)
        emit(GrantChanged(actor_id=None, user_id=user_id, token=token, is_held=False))


def suspend(actor: Viewer, *, user_id: int) -> None:
    """Shut somebody out, everywhere and at once."""
    authorise(actor, AccountRight.SUSPEND, user_id)
    _person(user_id).suspended_at = now()
    revoke_all_sessions(user_id)
    emit(PersonSuspended(actor_id=actor.user_id, user_id=user_id, is_suspended=True))


def reinstate(actor: Viewer, *, user_id: int) -> None:
    """Let somebody in again."""
    authorise(actor, AccountRight.SUSPEND, user_id)
    _person(user_id).suspended_at = None
    emit(PersonSuspended(actor_id=actor.user_id, user_id=user_id, is_suspended=False))


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
