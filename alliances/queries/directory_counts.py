"""How many alliances each choice of the directory leads to: counted once, and true until any alliance changes.

`Alliance.version` grows with every deed (`alliances.log.note`) and no alliance is ever deleted, so that the sum of the
versions is another one after any change. Only "active lately" changes by itself: a count is kept under the moment
of the one that will be the first to be so no more.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, Select, String, case, func, literal, select, union_all

from alliances.here import working_in
from alliances.models import Alliance, AllianceSector, State
from alliances.queries.narrowing import PROVINCE, RECENT, Wanted, is_listed, takes_members
from kernel.clock import now
from kernel.db import session
from kernel.shelf import Shelf
from kernel.viewer import PUBLIC, Viewer

BYTES = 2 * 1024 * 1024
A_COUNT = 2_000  # bytes, about

Counts = dict[str, dict[str, int]]
_counted = Shelf(BYTES)


def counts(viewer: Viewer, wanted: Wanted) -> Counts:
    """Of every facet its values, each with how many there are when its own filter is lifted."""
    key = (*_state_of_things(), _sight(viewer), wanted)
    kept = _counted.get(key)
    if kept is None:
        kept = _count_all(viewer, wanted)
        _counted.put(key, kept, A_COUNT)
    return cast("Counts", kept)


def _state_of_things() -> tuple[object, ...]:
    """What is another after any change, and when an alliance is active lately no more: one walk over an index."""
    first = func.min(case((Alliance.active_at >= now() - RECENT, Alliance.active_at)))
    return tuple(session().execute(select(func.sum(Alliance.version), first)).one())


def _sight(viewer: Viewer) -> tuple[int, ...]:
    """What of the directory this viewer sees and others do not: next to nothing, so that most share one count."""
    if not (mine := working_in(viewer)):
        return ()
    query = select(Alliance.id).where(Alliance.id.in_(mine), Alliance.audience != PUBLIC, Alliance.state != State.DRAFT)
    return tuple(sorted(session().scalars(query)))


def _count_all(viewer: Viewer, wanted: Wanted) -> Counts:
    """Facets by which nothing is narrowed yet are counted together, in one walk over what is shown."""
    values = _values()
    chosen = [name for name in values if getattr(wanted, name)]
    together = [name for name in values if name not in chosen]
    found: Counts = {}
    apart = [
        _count(viewer, wanted, "state", Alliance.state),
        _count(viewer, wanted, "sector", AllianceSector.sector),
        *(_count(viewer, wanted, name, values[name]) for name in chosen),
    ]
    for name, value, number in session().execute(union_all(*apart)):
        found.setdefault(name, {})[value] = int(number)
    columns = [values[name].label(name) for name in together]
    if columns:
        query = select(*columns, func.count().label("number")).where(is_listed(viewer, wanted)).group_by(*columns)
        for row in session().execute(query):
            for name in together:
                of_facet = found.setdefault(name, {})
                value = getattr(row, name)
                of_facet[value] = of_facet.get(value, 0) + row.number
    return found


def _values() -> dict[str, ColumnElement[Any]]:
    return {
        "region": func.substr(Alliance.region, 1, PROVINCE),
        "template": Alliance.template.expression,
        "seats": case((takes_members(), "open"), else_=""),
        "activity": case((Alliance.active_at >= now() - RECENT, "recent"), else_=""),
    }


def _count(viewer: Viewer, wanted: Wanted, name: str, value: ColumnElement[Any] | Any) -> Select[str, Any, int]:
    query = (
        select(literal(name, String).label("facet"), value.label("value"), func.count().label("number"))
        .select_from(Alliance)
        .where(is_listed(viewer, wanted.without(name), any_state=name == "state"))
        .group_by(value)
    )
    return query.join(AllianceSector, AllianceSector.alliance_id == Alliance.id) if name == "sector" else query
