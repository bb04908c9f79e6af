"""Signing in and out, and the sessions that come of it."""

from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from accounts.actions.security_log import note, tell
from accounts.devices import Origin
from accounts.models import EmailToken, KnownDevice, SpentProof, User, UserSession
from accounts.names import clean_email, clean_line
from accounts.passwords import hash_password, is_outdated, is_password
from accounts.policy import AccountRight
from accounts.security_log import Kind
from accounts.suspension import explanation
from kernel.clock import now
from kernel.db import changed, session
from kernel.errors import InvalidError, NotFoundError
from kernel.ids import hash_token, new_token
from kernel.jobs import job
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

REMEMBERED, UNREMEMBERED = timedelta(days=60), timedelta(days=14)
DEVICE_KEPT = timedelta(days=365)


def spelled(name: str) -> str:
    """A handle or address as it is kept, however it was typed: in capitals, in full width, with spaces around."""
    name = clean_line(name).lower()
    return clean_email(name) or name if "@" in name else name


def account_named(name: str) -> User | None:
    """Whose handle or address it is."""
    name = spelled(name)
    return session().scalar(select(User).where(User.email == name if "@" in name else User.handle == name))


def check_password(*, name: str, password: str) -> User:
    """Whose name and password these are. A wrong name and a wrong password look alike, and take as long."""
    user = account_named(name)
    if not is_password(password, user.password_hash if user else "") or user is None:
        raise InvalidError(not_right())
    must_be_open(user)
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    return user


def refuse_any_password(password: str) -> str:
    """Why even the right one does not open an account that was tried too often: as for a wrong one, and as slowly."""
    is_password(password, "")
    return not_right()


def not_right() -> str:
    """What a wrong name, a wrong password and an account that takes none for a while have in common."""
    return _(
        "The name or the password is not right. After many wrong passwords an account takes none for a quarter of an"
        " hour."
    )


def must_be_open(user: User) -> None:
    """Refuse whoever is shut out, by whichever way they come."""
    if user.is_suspended:
        raise InvalidError(explanation(user))


def open_session(viewer: Viewer, user: User, *, way: str, remember: bool, origin: Origin) -> str:
    """A new session of `user`, in place of the viewer's; its token goes into the cookie, and only its hash is kept."""
    must_be_open(user)
    sign_out(viewer)
    if _recognise(user, origin):
        note(user.id, Kind.SIGNED_IN, detail=way, origin=origin)
    else:
        tell(user, Kind.SIGNED_IN_NEW, detail=way, origin=origin)
    token = new_token()
    session().add(
        UserSession(
            user_id=user.id,
            token_hash=hash_token(token),
            expires_at=now() + (REMEMBERED if remember else UNREMEMBERED),
            way=way[:60],
            ip=origin.ip[:45],
            user_agent=origin.user_agent[:300],
        )
    )
    session().flush()
    return token


def _recognise(user: User, origin: Origin) -> bool:
    """Whether somebody signed in here before, or this is the first browser of all; from now on it is known."""
    token_hash = hash_token(origin.device)
    seen = update(KnownDevice).where(KnownDevice.user_id == user.id, KnownDevice.token_hash == token_hash)
    if changed(seen.values(last_seen_at=now())):
        return True
    others = select(KnownDevice.user_id).where(KnownDevice.user_id == user.id)
    sessions = select(UserSession.user_id).where(UserSession.user_id == user.id)
    is_first = session().scalar(others.union_all(sessions).limit(1)) is None
    session().add(KnownDevice(user_id=user.id, token_hash=token_hash))
    return is_first


def sign_out(viewer: Viewer) -> None:
    """End this session; its cookie opens nothing any more, wherever it was copied to."""
    if viewer.session_id is not None:
        session().execute(delete(UserSession).where(UserSession.id == viewer.session_id))


def revoke_session(viewer: Viewer, *, session_id: int) -> None:
    """End one of one's own sessions."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    mine = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == viewer.me)
    note(viewer.me, Kind.SESSION_ENDED, viewer=viewer)
    if not changed(mine):
        raise NotFoundError


def revoke_other_sessions(viewer: Viewer) -> None:
    """End all of one's own sessions but this one."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    note(viewer.me, Kind.SESSIONS_ENDED, viewer=viewer)
    session().execute(
        delete(UserSession).where(UserSession.user_id == viewer.me, UserSession.id != (viewer.session_id or 0))
    )


def revoke_all_sessions(user_id: int) -> None:
    """Sign somebody out everywhere, and out of whom they look as."""
    theirs = or_(UserSession.user_id == user_id, UserSession.impersonator_id == user_id)
    session().execute(delete(UserSession).where(theirs))


def stop_looking(user_id: int) -> None:
    """End all sessions in which they look at the site as somebody else."""
    session().execute(delete(UserSession).where(UserSession.impersonator_id == user_id))


@job("accounts.prune", every=timedelta(hours=6))
def prune() -> None:
    """Forget sessions and links that open nothing any more, and browsers that nobody came back with."""
    session().execute(delete(UserSession).where(UserSession.expires_at < now()))
    session().execute(delete(EmailToken).where(EmailToken.expires_at < now()))
    session().execute(delete(KnownDevice).where(KnownDevice.last_seen_at < now() - DEVICE_KEPT))
    session().execute(delete(SpentProof).where(SpentProof.spent_at < now() - timedelta(days=1)))
