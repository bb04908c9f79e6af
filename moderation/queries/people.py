"""Somebody as moderators know them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from accounts.models import User, UserSession
from accounts.queries import PersonFacts, persons
from kernel.clock import now
from kernel.db import session
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer
from moderation.models import Flag, Review, ReviewKind
from moderation.policy import visible_reviews
from moderation.queries.queue import NoteRow, notes_on
from moderation.queries.standing import SanctionRow, sanction_rows
from moderation.weights import flag_record

SOME = 20


@dataclass(frozen=True, slots=True)
class Received:
    """Something of theirs that stood in the queue."""

    review: Review
    card: Card | None

    @property
    def url(self) -> str:
        """Where it is, or was, decided."""
        return f"/moderation/{self.review.id}"


@dataclass(frozen=True, slots=True)
class Dossier:
    """What there is to know; of sessions only the staff know how many are open."""

    facts: PersonFacts
    trust: int
    joined_at: datetime
    is_suspended: bool
    suspended_until: datetime | None
    silenced_until: datetime | None
    flags_right: int
    flags_wrong: int
    flags_raised: int
    sanctions: list[SanctionRow]
    received: list[Received]
    notes: list[NoteRow]
    sessions: int | None


def dossier_of(viewer: Viewer, user: User) -> Dossier:
    """All of it, as far as the viewer's scopes go."""
    right, wrong = flag_record(user.id)
    ref = Ref("accounts.user", user.id)
    return Dossier(
        facts=persons([user.id])[user.id],
        trust=user.trust_level,
        joined_at=user.created_at,
        is_suspended=user.is_suspended,
        suspended_until=user.suspended_until,
        silenced_until=user.silenced_until if user.silenced_until and user.silenced_until > now() else None,
        flags_right=right,
        flags_wrong=wrong,
        flags_raised=session().scalar(select(func.count()).where(Flag.user_id == user.id)) or 0,
        sanctions=sanction_rows(viewer, user.id),
        received=_received(viewer, user.id),
        notes=notes_on(viewer, [ref]).get(ref, []),
        sessions=_sessions(user.id) if viewer.is_staff else None,
    )


def _received(viewer: Viewer, user_id: int) -> list[Received]:
    query = select(Review).where(Review.author_id == user_id, visible_reviews(viewer), Review.why != ReviewKind.APPEAL)
    rows = session().scalars(query.order_by(Review.id.desc()).limit(SOME)).all()
    found = cards(viewer, [row.ref for row in rows])
    return [Received(row, found.get(row.ref)) for row in rows]


def _sessions(user_id: int) -> int:
    open_ones = select(func.count()).where(UserSession.user_id == user_id, UserSession.expires_at > now())
    return session().scalar(open_ones) or 0
