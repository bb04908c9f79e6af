"""How many people somebody may ask for their consent: whoever is named is told, and nobody may tell thousands."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from ip_registry.models import PartyRole, Record, RecordParty
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, TooManyError
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST_AT_ONCE = 200
MOST_A_DAY = 500
A_DAY = timedelta(days=1)


def may_ask(viewer: Viewer, handles: Sequence[str]) -> None:
    """Refuse to ask so many accounts, which were named as authors of what is sent at once.

    Raises `InvalidError` where these alone are too many, `TooManyError` where they are with those of the day before.
    """
    others = [handle for handle in handles if handle != viewer.handle]
    if len(others) > MOST_AT_ONCE:
        raise InvalidError(
            _("This asks more than %(most)s people for their consent. Send it in several parts.", most=MOST_AT_ONCE)
        )
    if others and _asked_lately(viewer) + len(others) > MOST_A_DAY:
        raise TooManyError(_("You have asked very many people for their consent today. Go on tomorrow."))


def _asked_lately(viewer: Viewer) -> int:
    query = (
        select(func.count(RecordParty.id))
        .join(Record, Record.id == RecordParty.record_id)
        .where(
            Record.owner_id == viewer.me,
            Record.created_at > now() - A_DAY,
            RecordParty.role == PartyRole.AUTHOR,
            RecordParty.user_id.is_not(None),
            RecordParty.user_id != viewer.me,
        )
    )
    return session().scalar(query) or 0
