from collections.abc import Mapping
from typing import Any

from activity.models import LogEntry
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer


def record_act(
    actor: Viewer,
    *,
    act: str,
    ref: Ref,
    place: Ref,
    audience: str,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> LogEntry:
    """Write into the log what somebody did by a right over others' things, and why."""
    entry = LogEntry(
        actor_id=actor.user_id,
        act=act,
        kind=ref.kind,
        ref_id=ref.id,
        place_kind=place.kind,
        place_id=place.id,
        audience=audience,
        reason=reason,
        details=dict(details or {}),
    )
    session().add(entry)
    return entry
