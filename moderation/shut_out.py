"""What whoever is shut out reads when they try to sign in: until when, why, and where to appeal."""

from markupsafe import Markup

from accounts.models import User
from accounts.suspension import explain_suspension
from kernel.i18n import when
from kernel.words import gettext as _
from moderation.queries.standing import latest_suspension
from moderation.seals import sealed


@explain_suspension
def explain(user: User) -> Markup | None:
    """In the words of the sanction; the link opens it for them without signing in."""
    sanction = latest_suspension(user.id)
    if sanction is None:
        return None
    until = (
        _("This account is suspended until {until}. The reason: {reason}")
        if sanction.ends_at is not None
        else _("This account is suspended until the staff lift it. The reason: {reason}")
    )
    moment = when(sanction.ends_at, user.timezone) if sanction.ends_at is not None else ""
    token = sealed("sanction", sanction.id, user_id=user.id)
    link = Markup(' <a href="/appeals/{}">{}</a>').format(token, _("Read more, and appeal"))
    return Markup(until).format(until=moment, reason=sanction.reason) + link  # noqa: S704 - our own sentence; format escapes the values
