"""Signing in and out, and the sessions that come of it."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select

from accounts.models import EmailToken, User, UserSession
from accounts.passwords import hash_password, is_outdated, is_password
from accounts.policy import AccountRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.ids import hash_token, new_token
from kernel.jobs import job
from kernel.policy import authorise
from kernel.viewer import Viewer

REMEMBERED, UNREMEMBERED = timedelta(days=60), timedelta(days=14)


def sign_in(viewer: Viewer, *, name: str, password: str, remember: bool, ip: str, user_agent: str) -> str:
    """The token of a new session. A wrong name and a wrong password look alike, and take as long."""
    name = name.strip().lower()
    known = User.email == name if "@" in name else User.handle == name
    user = session().scalar(select(User).where(known))
    if not is_password(password, user.password_hash if user else "") or user is None:
        raise InvalidError(_("The name or the password is not right."))
    if user.suspended_at is not None:
        raise InvalidError(_("This account is suspended. The staff can tell you why."))
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    if viewer.session_id is not None:
        session().execute(delete(UserSession).where(UserSession.id == viewer.session_id))
    return open_session(user, remember=remember, ip=ip, user_agent=user_agent)


def open_session(user: User, *, remember: bool, ip: str, user_agent: str) -> str:
    """A new session of `user`; its token goes into the cookie, and only its hash is kept."""
    token = new_token()
    session().add(
        UserSession(
            user_id=user.id,
            token_hash=hash_token(token),
            expires_at=now() + (REMEMBERED if remember else UNREMEMBERED),
            ip=ip[:45],
            user_agent=user_agent[:300],
        )
    )
    session().flush()
    return token


def sign_out(viewer: Viewer) -> None:
    """End this session; its cookie opens nothing any more, wherever it was copied to."""
    if viewer.session_id is not None:
        session().execute(delete(UserSession).where(UserSession.id == viewer.session_id))


def revoke_session(viewer: Viewer, *, session_id: int) -> None:
    """End one of one's own sessions."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    mine = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == viewer.me)
    if not session().execute(mine).rowcount:  # type: ignore[attr-defined]
        raise NotFoundError


def revoke_other_sessions(viewer: Viewer) -> None:
    """End all of one's own sessions but this one."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    session().execute(
        delete(UserSession).where(UserSession.user_id == viewer.me, UserSession.id != (viewer.session_id or 0))
    )


def revoke_all_sessions(user_id: int) -> None:
    """Sign somebody out everywhere."""
    session().execute(delete(UserSession).where(UserSession.user_id == user_id))


@job("accounts.prune", every=timedelta(hours=6))
def prune() -> None:
    """Forget sessions and links that open nothing any more."""
    session().execute(delete(UserSession).where(UserSession.expires_at < now()))
    session().execute(delete(EmailToken).where(EmailToken.expires_at < now()))
