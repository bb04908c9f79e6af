"""Becoming a member: an account, and the proof that its address is one's own."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.actions.letters import CONFIRM, new_letter, redeem
from accounts.events import PersonConfirmed
from accounts.mails import mail_confirmation, mail_email_changed, mail_known_address
from accounts.models import User
from accounts.names import clean_email, clean_line, fault_of_handle
from accounts.passwords import fault_of, hash_password
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_NAME = 80


def register(viewer: Viewer, *, handle: str, display_name: str, email: str, password: str) -> None:
    """Make an account and send the link that confirms its address.

    What a stranger sees is the same whether the address is known here or not; its owner is told by mail.
    """
    handle, display_name = handle.strip().lower(), clean_line(display_name)
    address = clean_email(email)
    errors = {
        "handle": fault_of_handle(handle),
        "display_name": fault_of_name(display_name),
        "email": None if address else _("This is not an e-mail address that mail could reach."),
        "password": fault_of(password, handle=handle, email=email),
    }
    faults = {field: fault for field, fault in errors.items() if fault}
    if session().scalar(select(User.id).where(User.handle == handle)) is not None:
        faults.setdefault("handle", _("Somebody has this handle already."))
    if faults or address is None:
        raise InvalidError(_("Please look at the marked fields."), errors=faults)
    password_hash = hash_password(password)
    owner = session().scalar(select(User).where(User.email == address))
    if owner is not None:
        mail_known_address(owner)
        return
    user = User(
        handle=handle,
        display_name=display_name,
        email=address,
        password_hash=password_hash,
        locale=viewer.locale,
        timezone=viewer.timezone,
        theme=viewer.theme,
    )
    try:
        with session().begin_nested():
            session().add(user)
    except IntegrityError:
        raise ConflictError(_("Somebody took this handle just now.")) from None
    mail_confirmation(user, email=address, token=new_letter(user_id=user.id, purpose=CONFIRM, email=address))


def send_confirmation_again(_viewer: Viewer, *, email: str) -> None:
    """A fresh link, if there is an unconfirmed account with this address; silent if not."""
    user = session().scalar(
        select(User).where(
            User.email == (clean_email(email) or ""), User.email_confirmed_at.is_(None), User.suspended_at.is_(None)
        )
    )
    if user is not None:
        token = new_letter(user_id=user.id, purpose=CONFIRM, email=user.email)
        mail_confirmation(user, email=user.email, token=token)


def confirm_email(_viewer: Viewer, *, token: str) -> User:
    """The address of the letter is proven: the account's first one, or the one it changes to."""
    letter = redeem(token, CONFIRM)
    user = session().get_one(User, letter.user_id)
    old = user.email
    try:
        with session().begin_nested():
            user.email = letter.email
            user.email_confirmed_at = now()
    except IntegrityError:
        raise ConflictError(_("Another account uses this address by now.")) from None
    if old != user.email:
        mail_email_changed(user, old=old)
    emit(PersonConfirmed(user_id=user.id))
    return user


def fault_of_name(name: str) -> str | None:
    """Why a display name is refused, in a sentence, or None."""
    if not name:
        return _("Please say how you want to be called.")
    if len(name) > LONGEST_NAME:
        return _("A name may have at most %(count)s characters.", count=LONGEST_NAME)
    return None
