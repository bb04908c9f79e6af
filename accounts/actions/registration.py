"""Becoming a member: an account, and the proof that its address is one's own."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.actions.letters import CONFIRM, new_letter, redeem
from accounts.actions.security_log import note
from accounts.events import PersonConfirmed
from accounts.mails import mail_confirmation, mail_email_changed, mail_known_address
from accounts.models import User
from accounts.names import clean_email, clean_line, fault_of_handle
from accounts.passwords import fault_of, hash_password
from accounts.retired import is_retired
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.mail.suppression import lift, suppression_of
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_NAME = 80


def register(viewer: Viewer, *, handle: str, display_name: str, email: str, password: str) -> None:
    """Make an account and send the link that confirms its address.

    What a stranger sees is the same whether the address is known here or not; its owner is told by mail.
    """
    address = clean_email(email)
    faults = {
        "email": None if address else _("This is not an e-mail address that mail could reach."),
        "password": fault_of(password, handle=handle.strip().lower(), email=email),
    }
    password_hash = "" if any(faults.values()) else hash_password(password)  # before anything is locked
    must_be_free_of(faults, handle=handle, display_name=display_name)
    owner = session().scalar(select(User).where(User.email == address))
    if owner is not None:
        mail_known_address(owner)
    elif address is not None:
        user = make_account(
            viewer, handle=handle, display_name=display_name, address=address, password_hash=password_hash
        )
        send_confirmation(user)


def make_account(viewer: Viewer, *, handle: str, display_name: str, address: str, password_hash: str) -> User:
    """The row of somebody new, whose address is still to be confirmed; what they are called must be free."""
    must_be_free_of({}, handle=handle, display_name=display_name)
    user = User(
        handle=handle.strip().lower(),
        display_name=clean_line(display_name),
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
    return user


def must_be_free_of(faults: Mapping[str, str | None], *, handle: str, display_name: str) -> None:
    """Refuse with these faults, and those of what somebody wants to be called."""
    handle = handle.strip().lower()
    named = {"handle": fault_of_handle(handle), "display_name": fault_of_name(clean_line(display_name))}
    if session().scalar(select(User.id).where(User.handle == handle)) is not None or is_retired(handle):
        named["handle"] = named["handle"] or _("Somebody has this handle already.")
    errors = {field: fault for field, fault in {**named, **faults}.items() if fault}
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)


def free_handle(wish: str, *, otherwise: str = "member") -> str:
    """The wished handle, or the first that is free and like it."""
    letters = "".join(char if char.isascii() and char.isalnum() else "-" for char in wish.lower().partition("@")[0])
    stem = "-".join(part for part in letters.split("-") if part)[:24].strip("-")
    candidates = [stem, *(f"{stem or otherwise}-{number}" for number in range(1, 1000))]
    usable = [handle for handle in candidates if fault_of_handle(handle) is None]
    taken = set(session().scalars(select(User.handle).where(User.handle.in_(usable))))
    return next(handle for handle in usable if handle not in taken)


def send_confirmation(user: User) -> None:
    """The link that confirms the account's own address."""
    mail_confirmation(user, email=user.email, token=new_letter(user_id=user.id, purpose=CONFIRM, email=user.email))


def send_confirmation_again(_viewer: Viewer, *, email: str) -> None:
    """A fresh link, if an account with this address has to confirm it, for the first time or anew; silent if not."""
    user = session().scalar(select(User).where(User.email == (clean_email(email) or ""), User.suspended_at.is_(None)))
    if user is not None and (user.email_confirmed_at is None or suppression_of(user.email)):
        send_confirmation(user)


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
        note(user.id, Kind.EMAIL_CHANGED, detail=old)
    lift(user.email)
    emit(PersonConfirmed(user_id=user.id))
    return user


def fault_of_name(name: str) -> str | None:
    """Why a display name is refused, in a sentence, or None."""
    if not name:
        return _("Please say how you want to be called.")
    if len(name) > LONGEST_NAME:
        return _("A name may have at most %(count)s characters.", count=LONGEST_NAME)
    return None
