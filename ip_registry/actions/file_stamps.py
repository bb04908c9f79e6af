"""A time stamp over one file itself, for proceedings that want one: without a log between the file and its date."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from ip_registry.actions.stamping import ask_about_file
from ip_registry.envelopes.manifests import FileRecord, parse_file_record
from ip_registry.models import Record, TimeToken
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import deposit_of, hold_record
from ip_registry.time.authorities import Authority
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, TooManyError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST = 100  # stamps of one record
MOST_A_DAY = 200  # of one person
A_DAY = timedelta(days=1)


def stamp_file(viewer: Viewer, *, record: Record, path: str, authorities: Sequence[Authority]) -> int:
    """Have every authority asked about one file; it is told the bare SHA-256 of it, which the log never shows.

    Returns how many will be asked: who was asked about this file before is not asked again.
    """
    authorise(viewer, RegistryRight.MANAGE, record)
    record = hold_record(record.id)
    if not authorities:
        raise ConflictError(_("This site asks no time authority."))
    file = _file_at(record, path)
    asked = session().scalar(select(func.count(TimeToken.id)).where(TimeToken.record_id == record.id)) or 0
    if asked + len(authorities) > MOST:
        raise ConflictError(_("This record has as many stamped files as it can have."))
    if _asked_lately(viewer) + len(authorities) > MOST_A_DAY:
        raise TooManyError(_("You have had very many files stamped today. Go on tomorrow."))
    return ask_about_file(log_id=record.log_id, record_id=record.id, sha256=file.sha256, authorities=authorities)


def _asked_lately(viewer: Viewer) -> int:
    """How many stamps the time authorities were asked for by this person since yesterday; they may cost money."""
    query = select(func.count(TimeToken.id)).join(Record, Record.id == TimeToken.record_id)
    return session().scalar(query.where(Record.owner_id == viewer.me, TimeToken.asked_at > now() - A_DAY)) or 0


def _file_at(record: Record, path: str) -> FileRecord:
    deposit = deposit_of(record)
    for text in (deposit.manifest if deposit is not None else None) or ():
        file = parse_file_record(text)
        if file.path == path:
            return file
    raise InvalidError(errors={"path": _("The record has no such file, or what opens it is not kept here.")})
