"""What accounts write to people: plain text, in the receiver's language."""

from typing import Any

from flask import current_app, render_template
from flask_babel import gettext as _

from accounts.models import User
from kernel.i18n import speaking
from kernel.mail import send_mail


def mail_confirmation(user: User, *, email: str, token: str) -> None:
    """The link that proves an address."""
    with speaking(user.locale):
        _send(user, email, _("Confirm your e-mail address"), "confirm", link=_link("/confirm/", token))


def mail_known_address(user: User) -> None:
    """To the owner of an address with which somebody tried to sign up, instead of telling them."""
    with speaking(user.locale):
        _send(user, user.email, _("You already have an account"), "known_address", link=_link("/forgot"))


def mail_reset(user: User, *, token: str) -> None:
    """The link that lets its reader choose a new password."""
    with speaking(user.locale):
        _send(user, user.email, _("Choose a new password"), "reset", link=_link("/reset/", token))


def mail_password_changed(user: User) -> None:
    """So that nobody's password changes behind their back."""
    with speaking(user.locale):
        _send(user, user.email, _("Your password was changed"), "password_changed", link=_link("/forgot"))


def mail_email_changing(user: User, *, new: str) -> None:
    """To the old address, when a new one is asked for."""
    with speaking(user.locale):
        subject = _("A new e-mail address for your account")
        _send(user, user.email, subject, "email_changing", new=new, link=_link("/forgot"))


def mail_email_changed(user: User, *, old: str) -> None:
    """To the old address, once the new one counts."""
    with speaking(user.locale):
        _send(user, old, _("Your e-mail address was changed"), "email_changed", new=user.email)


def _send(user: User, to: str, subject: str, template: str, **facts: Any) -> None:
    body = render_template(
        f"emails/{template}.txt", name=user.display_name, handle=user.handle, base_url=_link("/"), **facts
    )
    send_mail(to=to, subject=subject, body=body.strip() + "\n")


def _link(path: str, token: str = "") -> str:
    base: str = current_app.config["BASE_URL"]
    return base + path + token
