"""How the bell finds somebody's own archive."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from accounts.models import ArchiveKind, PersonArchive
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer

ARCHIVE = "accounts.archive"


def _archives(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().scalars(
        select(PersonArchive).where(PersonArchive.id.in_(ids), PersonArchive.user_id == viewer.user_id)
    )
    pages = {ArchiveKind.EXPORT: "/settings/data", ArchiveKind.IMPORT: "/settings/data/import"}
    return {row.id: Card(Ref(ARCHIVE, row.id), row.name, pages[ArchiveKind(row.kind)]) for row in rows}


register_kind(Kind(ARCHIVE, _archives))
