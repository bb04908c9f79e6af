"""One event of a record as the acts see it: checked in itself, its record held, nothing of it done yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ip_registry.envelopes.leaves import Leaf
from ip_registry.models import Record, RecordEvent, RecordState
from kernel.errors import ConflictError, ForbiddenError
from kernel.viewer import Viewer
from kernel.words import gettext as _


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on which record, with which leaf; `details` are what the leaf commits to, empty when they stay private.

    `password` is what somebody typed to show once more that it is them.
    """

    viewer: Viewer
    record: Record
    leaf: Leaf
    details: Mapping[str, Any]
    event: RecordEvent
    password: str | None = None


def must_stand(record: Record) -> None:
    """Nothing but an answer or an erasure follows a withdrawal."""
    if record.state == RecordState.WITHDRAWN:
        raise ConflictError(_("This record was withdrawn. Its proof stays, and nothing more is added to it."))


def must_be_signed_by_owner(act: Act) -> None:
    """The key of the record, and no other, speaks for it."""
    if act.leaf.k != act.record.owner_key:
        raise ForbiddenError(_("This leaf is not signed with the key of the record."))


def must_not_change_keys(record: Record) -> None:
    """While another key waits to take over, there is no second one."""
    if record.next_key is None:
        return
    if record.next_owner_id is None:
        raise ConflictError(_("The key of this record is being replaced. Wait until that has happened, or stop it."))
    raise ConflictError(_("This record is offered to somebody already. Take the offer back first."))
