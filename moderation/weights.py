"""How much a flag weighs, and how much is enough to take something out of sight until somebody decides."""

from flask import current_app
from sqlalchemy import func, select

from kernel.db import session
from kernel.viewer import Viewer
from moderation.models import Flag, Review, ReviewState
from moderation.reviewables import Outcome

UPHELD = (Outcome.REMOVE, Outcome.EDITED, Outcome.MOVED)
BENEFIT = 2  # flags that everybody is taken to have raised rightly before their first


def weight_of(viewer: Viewer) -> int:
    """From 2 for a newcomer to 10 for a steward, less in the measure in which their flags were wrong; at least 1."""
    right, wrong = flag_record(viewer.me)
    return max(1, (2 + 2 * viewer.trust) * (right + BENEFIT) // (right + wrong + BENEFIT))


def enough() -> int:
    """The weight at which a thing goes out of sight; 0: never by flags alone."""
    weight: int = current_app.config["SETTINGS"].flags_to_hide
    return weight


def flag_record(user_id: int) -> tuple[int, int]:
    """How many of somebody's flags were decided to be right, and how many wrong."""
    counted = (
        select(Review.outcome, func.count())
        .join(Flag, Flag.review_id == Review.id)
        .where(Flag.user_id == user_id, Review.state == ReviewState.DECIDED)
        .group_by(Review.outcome)
    )
    counts = dict(session().execute(counted).all())
    return sum(counts.get(outcome.value, 0) for outcome in UPHELD), counts.get(Outcome.KEEP.value, 0)
