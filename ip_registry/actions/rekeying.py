"""Another key shall sign for a record: at once when the present key says so, after a week when it was lost.

A key that was lost cannot sign its own replacement. So the new one does, for the signed-in owner who types the password
again, and everybody sees it in the log. Whatever the present key signs in the seven days that follow ends it.
"""

from datetime import timedelta

from sqlalchemy import select

from accounts.passwords import is_password
from accounts.queries import my_account
from ip_registry.actions.acting import Act, must_not_change_keys, must_stand
from ip_registry.events import KeyChanged, KeyChanging
from ip_registry.models import EventType, Record, RecordEvent
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import deposit_of, hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

DELAY = timedelta(days=7)


def rotate(act: Act) -> None:
    """Begin, or do, the change to the key that the leaf names."""
    record = act.record
    must_stand(record)
    must_not_change_keys(record)
    _must_be_them(act)
    if act.leaf.n is None or act.leaf.n == record.owner_key:
        raise InvalidError(_("The new key is the old one."), errors={"leaf": _("“n” must be another key.")})
    if act.leaf.k == record.owner_key:
        _change(record, act.leaf.n)
    elif act.leaf.k == act.leaf.n:
        record.next_key = act.leaf.n
        session().flush()
        emit(KeyChanging(record.id))
    else:
        raise ForbiddenError(_("A new key is named by the key of the record, or, when that is lost, by itself."))


def settle(record: Record, *, signed_by: str | None = None) -> None:
    """Let a key take over whose week has passed; the present key ends the change by signing anything before that."""
    if not _is_changing(record) or record.next_key is None:
        return
    begun = session().scalar(
        select(RecordEvent.created_at)
        .where(RecordEvent.record_id == record.id, RecordEvent.type == EventType.KEY_ROTATE)
        .order_by(RecordEvent.id.desc())
        .limit(1)
    )
    if begun is not None and begun + DELAY <= now():
        _change(record, record.next_key)
    elif signed_by == record.owner_key:
        record.next_key = None


def settle_all() -> int:
    """For the worker: every record whose week has passed."""
    waiting = select(Record.id).where(Record.next_key.is_not(None), Record.next_owner_id.is_(None)).order_by(Record.id)
    changed = 0
    for record_id in session().scalars(waiting).all():
        record = hold_record(record_id)
        settle(record)
        changed += record.next_key is None
    return changed


def stop_changing(viewer: Viewer, *, record: Record) -> None:
    """The owner keeps the present key after all."""
    authorise(viewer, RegistryRight.MANAGE, record)
    record = hold_record(record.id)
    if not _is_changing(record):
        raise ConflictError(_("The key of this record is not being replaced."))
    record.next_key = None


def _change(record: Record, key: str) -> None:
    record.owner_key, record.next_key = key, None
    deposit = deposit_of(record)
    if deposit is not None:
        deposit.custody = deposit.presigned = None
    session().flush()
    emit(KeyChanged(record.id))


def _is_changing(record: Record) -> bool:
    return record.next_key is not None and record.next_owner_id is None


def _must_be_them(act: Act) -> None:
    if not is_password(act.password or "", my_account(act.viewer).password_hash):
        raise InvalidError(
            _("Type your password to replace the key of a record."),
            errors={"password": _("This is not your present password.")},
        )
