"""Passwords and addresses: forgotten, reset, changed."""

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select, update

from accounts.actions.letters import CONFIRM, RESET, new_letter, redeem
from accounts.actions.security_log import note
from accounts.actions.signing import revoke_all_sessions, revoke_other_sessions
from accounts.events import PersonConfirmed
from accounts.mails import (
    mail_confirmation,
    mail_email_changing,
    mail_known_address,
    mail_password_changed,
    mail_reset,
)
from accounts.models import ApiToken, EmailToken, User
from accounts.names import clean_email
from accounts.passwords import fault_of, hash_password
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.recent import must_be_recent
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer


def request_reset(_viewer: Viewer, *, email: str) -> None:
    """Send a link to choose a new password, if the address is known; silent if not."""
    address = clean_email(email) or ""
    user = session().scalar(select(User).where(User.email == address, User.suspended_at.is_(None)))
    if user is not None:
        mail_reset(user, token=new_letter(user_id=user.id, purpose=RESET, email=user.email))


def reset_password(_viewer: Viewer, *, token: str, password: str, ends_tokens: bool = False) -> User:
    """A new password by the link: it proves the address too, and signs out everywhere."""
    letter = redeem(token, RESET)
    user = session().get_one(User, letter.user_id)
    if user.suspended_at is not None or letter.email != user.email:
        raise InvalidError(_("This link was used already, or it is too old."), errors={"token": "expired"})
    _set_password(user, password, ends_tokens=ends_tokens)
    if user.email_confirmed_at is None:
        user.email_confirmed_at = now()
        emit(PersonConfirmed(user_id=user.id))
    revoke_all_sessions(user.id)
    return user


def change_password(viewer: Viewer, *, password: str, ends_tokens: bool = False) -> None:
    """A new password for whoever has just proved themselves; other sessions end."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    must_be_recent(viewer)
    _set_password(my_account(viewer), password, ends_tokens=ends_tokens, viewer=viewer)
    revoke_other_sessions(viewer)


def change_email(viewer: Viewer, *, email: str) -> None:
    """Ask for a new address: it counts once confirmed, and the old one is told.

    What the page says does not depend on whether somebody has the address already; its owner is told by mail.
    """
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    must_be_recent(viewer)
    user = my_account(viewer)
    address = clean_email(email)
    if address is None:
        raise InvalidError(errors={"email": _("This is not an e-mail address that mail could reach.")})
    if address == user.email:
        raise InvalidError(errors={"email": _("This is your address already.")})
    owner = session().scalar(select(User).where(User.email == address))
    if owner is not None:
        mail_known_address(owner)
    else:
        mail_confirmation(user, email=address, token=new_letter(user_id=user.id, purpose=CONFIRM, email=address))
    if user.email_confirmed_at is not None:
        mail_email_changing(user, new=address)


def _set_password(user: User, password: str, *, ends_tokens: bool, viewer: Viewer | None = None) -> None:
    fault = fault_of(password, handle=user.handle, email=user.email)
    if fault:
        raise InvalidError(errors={"password": fault})
    user.password_hash = hash_password(password)
    note(user.id, Kind.PASSWORD_CHANGED, viewer=viewer)
    if ends_tokens:
        alive = (ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        session().execute(update(ApiToken).where(*alive).values(revoked_at=now()))
    # Whoever asked for another address with the old password must not get the account by that letter now.
    is_change = and_(EmailToken.purpose == CONFIRM, EmailToken.email != user.email)
    session().execute(
        delete(EmailToken).where(EmailToken.user_id == user.id, or_(EmailToken.purpose == RESET, is_change))
    )
    mail_password_changed(user)
