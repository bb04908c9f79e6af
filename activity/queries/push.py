"""The browsers that somebody lets be told while no page is open."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accounts.devices import device_of
from accounts.models import UserSession
from activity.models import PushSubscription
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class BrowserRow:
    """One of them: what it is, which push service it named, since when, and whether it is the one at hand."""

    id: int
    device: str
    service: str
    since: datetime
    sent_at: datetime | None
    is_this: bool


def my_browsers(viewer: Viewer) -> list[BrowserRow]:
    """Mine, in sessions that last."""
    query = (
        select(PushSubscription, UserSession.user_agent)
        .join(UserSession, UserSession.id == PushSubscription.session_id)
        .where(PushSubscription.user_id == viewer.me, UserSession.expires_at > now())
        .order_by(PushSubscription.id.desc())
    )
    return [
        BrowserRow(
            row.id, device_of(agent), row.service, row.created_at, row.sent_at, row.session_id == viewer.session_id
        )
        for row, agent in session().execute(query)
    ]
