"""The time stamps over single files of a record, for its owner."""

from collections.abc import Sequence

from sqlalchemy import select

from ip_registry.models import Record, TimeToken, TokenState
from ip_registry.policy import RegistryRight
from ip_registry.queries.records import RecordView
from kernel.db import session
from kernel.policy import authorise
from kernel.viewer import Viewer


def file_stamps(viewer: Viewer, record: Record) -> Sequence[TimeToken]:
    """Those that were asked for, the oldest first; an action keeps them few."""
    authorise(viewer, RegistryRight.MANAGE, record)
    return session().scalars(select(TimeToken).where(TimeToken.record_id == record.id).order_by(TimeToken.id)).all()


def stamps_by_file(view: RecordView) -> dict[str, list[TimeToken]]:
    """The same by the SHA-256 of the file, for the page of the record: nobody but its owner is told of any."""
    found: dict[str, list[TimeToken]] = {}
    if view.sight.is_owner:
        query = select(TimeToken).where(TimeToken.record_id == view.record_id).order_by(TimeToken.url)
        for row in session().scalars(query):
            found.setdefault(row.imprint, []).append(row)
    return found


def tokens_over_files(view: RecordView) -> list[TimeToken]:
    """Those that came, for the owner's evidence."""
    return [row for rows in stamps_by_file(view).values() for row in rows if row.state == TokenState.GOOD]
