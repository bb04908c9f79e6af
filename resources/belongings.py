"""What of listings and needs belongs to one person: those that stand. The staff look after both."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from kernel.db import session
from moderation.belongings import Belongings, Scopes, register_belongings
from resources.kinds.listings import LISTING
from resources.kinds.needs import NEED
from resources.models import Listing, ListingState, Need, NeedState

_LIVE: dict[str, tuple[Any, ColumnElement[bool]]] = {
    LISTING: (Listing, Listing.state == ListingState.PUBLISHED.value),
    NEED: (Need, Need.state == NeedState.OPEN.value),
}


def _belongings(kind: str) -> Belongings:
    model, is_live = _LIVE[kind]

    def ids(owner_id: int, scopes: Scopes, after: int, limit: int) -> Sequence[int]:
        if scopes is not None:
            return []
        query = select(model.id).where(model.owner_id == owner_id, is_live, model.id > after)
        return session().scalars(query.order_by(model.id).limit(limit)).all()

    def count(owner_id: int, scopes: Scopes) -> int:
        if scopes is not None:
            return 0
        return session().scalar(select(func.count(model.id)).where(model.owner_id == owner_id, is_live)) or 0

    return Belongings(kind, ids, count)


for _kind in _LIVE:
    register_belongings(_belongings(_kind))
