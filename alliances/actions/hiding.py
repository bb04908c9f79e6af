"""The watch takes the public page of an alliance out of sight, and brings it back."""

from alliances.events import AllianceChanged
from alliances.here import hold_alliance
from alliances.models import Alliance
from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.viewer import PUBLIC


def hide_alliance(alliance_id: int) -> None:
    """For its own people alone, as while it was a draft; all that it does goes on. Who may do it is the caller's."""
    alliance = _held(alliance_id)
    if alliance.hidden_at is None:
        alliance.hidden_at, alliance.audience = now(), alliance.everybody
        _changed(alliance, hides=True)


def show_alliance(alliance_id: int) -> None:
    """Public again."""
    alliance = _held(alliance_id)
    if alliance.hidden_at is not None:
        alliance.hidden_at, alliance.audience = None, PUBLIC
        _changed(alliance, hides=False)


def _held(alliance_id: int) -> Alliance:
    hold_alliance(alliance_id)
    return session().get_one(Alliance, alliance_id, populate_existing=True)


def _changed(alliance: Alliance, *, hides: bool) -> None:
    alliance.version += 1
    session().flush()
    emit(AllianceChanged(alliance.id, hides=hides))
