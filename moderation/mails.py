"""What the watch writes to those who are shut out, and so read no notices: plain text, in their language."""

from datetime import datetime
from typing import Any

from flask import current_app

from accounts.models import User
from kernel.db import session
from kernel.i18n import speaking, zone
from kernel.mail import send_mail
from kernel.words import gettext as _
from moderation.models import Appeal, HouseRule, Sanction
from moderation.reviewables import Outcome
from moderation.seals import appeal_link, sealed


def mail_suspension(user: User, sanction: Sanction) -> None:
    """Until when, why, by which rule, and where to appeal."""
    rule = session().get(HouseRule, sanction.rule_id) if sanction.rule_id is not None else None
    with speaking(user.locale):
        _send(
            user,
            _("Your account is suspended"),
            "suspended",
            until=_local(sanction.ends_at, user),
            reason=sanction.reason,
            rule=rule.title(user.locale) if rule else "",
            link=appeal_link("sanction", sanction.id, user_id=user.id),
            secret=sealed("sanction", sanction.id, user_id=user.id),
        )


def mail_suspension_lifted(user: User, sanction: Sanction) -> None:
    """They may come in again."""
    with speaking(user.locale):
        _send(user, _("Your account is open again"), "suspension_lifted", reason=sanction.lift_reason)


def mail_appeal_decided(user: User, appeal: Appeal) -> None:
    """What somebody else found, who looked again."""
    with speaking(user.locale):
        stands = appeal.outcome == Outcome.UPHOLD
        _send(user, _("Your appeal was decided"), "appeal_decided", stands=stands, answer=appeal.answer)


def _local(moment: datetime | None, user: User) -> str:
    return moment.astimezone(zone(user.timezone)).strftime("%Y-%m-%d %H:%M %Z") if moment else ""


def _send(user: User, subject: str, template: str, *, secret: str = "", **facts: Any) -> None:
    """The worker writes too, and answers no request: the template is rendered without one.

    The link by which one appeals is kept sealed: the staff read the outbox, and nobody appeals in another's name.
    """
    page = current_app.jinja_env.get_template(f"emails/{template}.txt")
    body = page.render(name=user.display_name, base_url=_base_url(), **facts)
    send_mail(to=user.email, subject=subject, body=body.strip() + "\n", user_id=user.id, secret=secret)


def _base_url() -> str:
    url: str = current_app.config["BASE_URL"]
    return url + "/"
