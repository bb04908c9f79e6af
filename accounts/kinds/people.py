"""How the rest of the house finds people: a card for everybody who is not suspended."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from accounts.models import User
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer

USER = "accounts.user"


def _people(_viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(User.id, User.handle, User.display_name).where(User.id.in_(ids), User.suspended_at.is_(None))
    )
    return {row.id: Card(Ref(USER, row.id), row.display_name, f"/people/{row.handle}") for row in rows}


register_kind(Kind(USER, _people))
