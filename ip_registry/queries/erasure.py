"""What a certificate of erasure says: what was deleted when, and what is left in the log."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ip_registry.models import RecordState
from ip_registry.queries.records import record_view
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

ERASED = ("opening", "salt", "authors", "manifest", "custody-key", "event-details", "title", "parties")
NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Erasure:
    """The facts of an erasure, for the owner who asked for it. `remaining` is the SHA-256 of what is kept: of nothing.

    `leaves` stay in the log for good. Without the salts they are numbers that fit any text as well as any other.
    """

    number: str
    origin: str
    index: int | None
    leaf_hash: str
    commitment: str
    leaves: tuple[str, ...]
    erased: tuple[str, ...]
    erased_at: datetime
    remaining: str


def erasure_of(viewer: Viewer, name: str) -> Erasure:
    """The erasure of a record of the viewer's; anything else is as good as absent."""
    view = record_view(viewer, name)
    if not view.sight.is_owner or view.state != RecordState.ERASED or view.erased_at is None:
        raise NotFoundError
    return Erasure(
        number=view.number,
        origin=view.origin,
        index=view.index,
        leaf_hash=view.leaf_hash,
        commitment=view.commitment,
        leaves=tuple(event.leaf_hash for event in view.events),
        erased=ERASED,
        erased_at=view.erased_at,
        remaining=NOTHING,
    )
