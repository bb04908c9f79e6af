"""What is written to people about their archives, and about their going."""

from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from accounts.models import ArchiveKind, User
from kernel.i18n import speaking, zone
from kernel.mail import send_mail


def mail_archive_ready(user: User, *, kind: str, until: datetime, waiting: int = 0) -> None:
    """What they asked to take along is packed, or what they brought is taken in; but for posts that wait."""
    link = _link("/settings/data/import" if kind == ArchiveKind.IMPORT else "/settings/data")
    with speaking(user.locale):
        subject = _("Your archive is ready") if kind == ArchiveKind.EXPORT else _("Your archive was taken in")
        _write(user, subject, "archive_ready", kind=kind, until=_day(until, user), waiting=waiting, link=link)


def mail_archive_failed(user: User, *, kind: str, reason: str = "") -> None:
    """It was tried several times, and was not possible; or it was refused, for this reason."""
    with speaking(user.locale):
        subject = _("Your archive was refused") if reason else _("Your archive failed")
        link = _link("/settings/data/import" if kind == ArchiveKind.IMPORT else "/settings/data")
        _write(user, subject, "archive_failed", kind=kind, reason=reason, link=link)


def mail_departure(user: User, *, due: datetime) -> None:
    """They asked for their account to be deleted: when it is, and how to stay."""
    with speaking(user.locale):
        subject = _("Your account will be deleted")
        _write(user, subject, "departure", due=_day(due, user), link=_link("/settings/data"))


def mail_departure_withdrawn(user: User) -> None:
    """They thought better of it."""
    with speaking(user.locale):
        _write(user, _("Your account stays"), "departure_withdrawn", link=_link("/settings/data"))


def mail_departure_hindered(user: User, *, sentences: list[str]) -> None:
    """The day has come, and something has to be handed over first."""
    with speaking(user.locale):
        subject = _("Your account cannot be deleted yet")
        _write(user, subject, "departure_hindered", sentences=sentences, link=_link("/settings/data"))


def _write(user: User, subject: str, template: str, *, link: str, **facts: Any) -> None:
    """The worker writes too, and answers no request: the template is rendered without one."""
    page = current_app.jinja_env.get_template(f"emails/{template}.txt")
    body = page.render(name=user.display_name, handle=user.handle, base_url=_link("/"), link=link, **facts)
    send_mail(to=user.email, subject=subject, body=body.strip() + "\n", user_id=user.id)


def _day(moment: datetime, user: User) -> str:
    """As the page says it: the day where they live."""
    return moment.astimezone(zone(user.timezone)).date().isoformat()


def _link(path: str) -> str:
    base: str = current_app.config["BASE_URL"]
    return base + path
