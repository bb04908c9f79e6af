"""What is found of every alliance in the same way: the numbers of a kind, and what goes when an alliance is hidden."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, select

from alliances.events import AllianceChanged
from alliances.models import Call, Document, Event, Proposal, Resolution
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from search_index import feed

Findable = type[Proposal] | type[Resolution] | type[Document] | type[Event] | type[Call]

_kinds: dict[str, Findable] = {}


def numbers_of(kind: str, model: Findable, *which: ColumnElement[bool]) -> Callable[[int, int], Sequence[int]]:
    """The `ids` of a source, and with them its part in `reindex_all`."""
    _kinds[kind] = model

    def after(number: int, limit: int) -> Sequence[int]:
        """The next ones."""
        query = select(model.id).where(model.id > number, *which)
        return list(session().scalars(query.order_by(model.id).limit(limit)))

    return after


@subscribe(AllianceChanged)
def reindex_all(event: AllianceChanged) -> None:
    """Everything of an alliance that is not seen as before any more, and bears its sectors."""
    if not event.hides:
        return
    for kind, model in _kinds.items():
        numbers = session().scalars(select(model.id).where(model.alliance_id == event.alliance_id))
        feed.changed(*(Ref(kind, number) for number in numbers), hides=True)
