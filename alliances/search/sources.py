"""What is found of every alliance in the same way: the numbers of a kind, and under which token a thing is filed."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import ColumnElement, select

from alliances.events import AllianceChanged
from alliances.here import working_in
from alliances.models import Alliance, Call, Document, Event, Proposal, Resolution
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from search_index import feed

Findable = type[Proposal] | type[Resolution] | type[Document] | type[Event] | type[Call]

PAGE = "alliance-page:"  # what everybody saw of an alliance that is out of sight: for whoever works in it

_kinds: dict[str, Findable] = {}


def numbers_of(kind: str, model: Findable, *which: ColumnElement[bool]) -> Callable[[int, int], Sequence[int]]:
    """The `ids` of a source, and with them its part in `reindex_all`."""
    _kinds[kind] = model

    def after(number: int, limit: int) -> Sequence[int]:
        """The next ones."""
        query = select(model.id).where(model.id > number, *which)
        return list(session().scalars(query.order_by(model.id).limit(limit)))

    return after


def token_of(thing: Document | Event | Call, alliance: Alliance) -> str:
    """Under which token a thing is filed: its own, or that of the page where everybody who sees the page sees it."""
    if thing.audience != PUBLIC or alliance.audience == PUBLIC:
        return thing.audience
    return f"{PAGE}{alliance.id}"


def tokens(viewer: Viewer) -> Iterable[str]:
    """The tokens that the viewer holds, and the pages behind which they work."""
    yield from viewer.audience
    yield from (f"{PAGE}{number}" for number in working_in(viewer))


@subscribe(AllianceChanged)
def reindex_all(event: AllianceChanged) -> None:
    """Everything of an alliance bears its sectors, and is for no more people than its page is."""
    for kind, model in _kinds.items():
        numbers = session().scalars(select(model.id).where(model.alliance_id == event.alliance_id))
        feed.changed(*(Ref(kind, number) for number in numbers), hides=event.hides)
