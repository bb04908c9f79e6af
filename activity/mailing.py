"""Whoever would rather write a mail than click ends the same rule as by the link."""

from activity.unsubscribing import rule_at, switch_off
from kernel.errors import NotFoundError
from kernel.mail.incoming import on_unsubscribe


@on_unsubscribe
def unsubscribe_by_mail(url: str) -> bool:
    """Switch off what a mail offers to switch off at this address."""
    _before, _, token = url.rpartition("/unsubscribe/")
    try:
        switch_off(rule_at(token))
    except NotFoundError:
        return False
    return True
