from sqlalchemy import select

from kernel.db import session
from moderation.models import HouseRule


def rules_in_force() -> list[HouseRule]:
    """What counts, in the order in which the staff put it."""
    query = select(HouseRule).where(HouseRule.retired_at.is_(None))
    return list(session().scalars(query.order_by(HouseRule.position, HouseRule.id)))


def all_rules() -> list[HouseRule]:
    """The retired ones too, at the end: for the editor."""
    query = select(HouseRule).order_by(HouseRule.retired_at.is_not(None), HouseRule.position, HouseRule.id)
    return list(session().scalars(query))
