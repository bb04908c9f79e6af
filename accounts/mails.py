"""What accounts write to people: plain text, in the receiver's language; and who may get mail at all."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from accounts.devices import device_of, place_of
from accounts.models import SecurityEvent, User
from accounts.security_log import sentence_of
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.i18n import speaking, zone
from kernel.mail import Mail, send_mail
from kernel.mail.delivery import before_delivery
from kernel.mail.suppression import suppression_of


@before_delivery
def fault_of_reader(mail: Mail) -> str:
    """Why a notice must not go to its reader now, in a word that the outbox explains; empty when it may."""
    user = session().get(User, mail.user_id, populate_existing=True)
    if user is None:
        return "gone"
    if user.is_suspended:
        return "suspended"
    if user.email_confirmed_at is None:
        return "unconfirmed"
    if user.email != mail.recipient.lower():
        return "moved"
    if not set(mail.audience.split()) <= viewer_for(user.id).audience:
        return "no-access"
    stopped = suppression_of(user.email)
    return stopped.cause if stopped else ""


def mail_confirmation(user: User, *, email: str, token: str) -> None:
    """The link that proves an address."""
    with speaking(user.locale):
        # Where no mail server is named, the staff hand the link over; it proves an address, and opens no account.
        secret = token if current_app.config["MAIL_URL"] else ""
        link = _link("/confirm/", token)
        _send(user, email, _("Confirm your e-mail address"), "confirm", secret=secret, link=link)


def mail_known_address(user: User) -> None:
    """To the owner of an address with which somebody tried to sign up, instead of telling them."""
    with speaking(user.locale):
        _send(user, user.email, _("You already have an account"), "known_address", link=_link("/forgot"))


def mail_reset(user: User, *, token: str) -> None:
    """The link that lets its reader choose a new password."""
    with speaking(user.locale):
        _send(user, user.email, _("Choose a new password"), "reset", secret=token, link=_link("/reset/", token))


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


def mail_security(user: User, event: SecurityEvent) -> None:
    """To whoever it concerns: their account was opened in a new way, or can be from now on."""
    with speaking(user.locale):
        at = event.at.astimezone(zone(user.timezone)).strftime("%Y-%m-%d %H:%M %Z")
        device = device_of(event.user_agent) if event.user_agent else ""
        facts = {"sentence": sentence_of(event), "at": at, "device": device, "place": place_of(event.ip)}
        subject = _("About the security of your account")
        _send(user, user.email, subject, "security", link=_link("/settings/security"), forgot=_link("/forgot"), **facts)


def mail_factor_reset(user: User, *, reason: str, due: str, token: str) -> None:
    """The staff were asked to turn the second step off; whoever did not ask can stop it by the link."""
    with speaking(user.locale):
        subject = _("Your second step will be turned off")
        link = _link("/stop-reset/", token)
        _send(user, user.email, subject, "factor_reset", reason=reason, due=due, link=link, secret=token)


def mail_organisation_closed(user: User, *, name: str, reason: str) -> None:
    """To whoever acted for an organisation whose page the staff closed."""
    with speaking(user.locale):
        subject = _("The page of %(organisation)s was closed", organisation=name)
        _send(user, user.email, subject, "organisation_closed", organisation=name, reason=reason)


def _send(user: User, to: str, subject: str, template: str, *, secret: str = "", **facts: Any) -> None:
    """The worker writes too, and answers no request: the template is rendered without one."""
    page = current_app.jinja_env.get_template(f"emails/{template}.txt")
    body = page.render(name=user.display_name, handle=user.handle, base_url=_link("/"), **facts)
    send_mail(to=to, subject=subject, body=body.strip() + "\n", user_id=user.id, secret=secret)


def _link(path: str, token: str = "") -> str:
    base: str = current_app.config["BASE_URL"]
    return base + path + token
