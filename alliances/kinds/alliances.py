"""Cards of alliances and of the versions of their charters, for who may see them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, or_, select

from alliances.here import visible_alliances
from alliances.models import Alliance, CharterState, CharterVersion
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _

ALLIANCE, CHARTER = "alliances.alliance", "alliances.charter"
PUBLIC_STATES = (CharterState.SIGNING, CharterState.IN_FORCE, CharterState.SUPERSEDED)


def visible_charters(viewer: Viewer) -> ColumnElement[bool]:
    """What was signed or in force, whoever sees the alliance reads; join `Alliance`. Members read all versions."""
    inside = [
        int(number)
        for token in viewer.audience
        if token.startswith("alliance:") and (number := token.partition(":")[2]).isdecimal()
    ]
    return visible_alliances(viewer) & or_(
        CharterVersion.state.in_(PUBLIC_STATES), CharterVersion.alliance_id.in_(sorted(inside))
    )


def _alliances(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().scalars(select(Alliance).where(Alliance.id.in_(set(ids)), visible_alliances(viewer)))
    return {row.id: Card(Ref(ALLIANCE, row.id), row.name_in(viewer.locale), row.url) for row in rows}


def _charters(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(CharterVersion.id, CharterVersion.number, Alliance)
        .join(Alliance, Alliance.id == CharterVersion.alliance_id)
        .where(CharterVersion.id.in_(set(ids)), visible_charters(viewer))
    )
    return {
        row.id: Card(
            Ref(CHARTER, row.id),
            _("Charter of %(name)s, version %(number)s", name=row.Alliance.name_in(viewer.locale), number=row.number),
            f"{row.Alliance.url}/charter/{row.number}",
        )
        for row in rows
    }


register_kind(Kind(ALLIANCE, _alliances))
register_kind(Kind(CHARTER, _charters))
