"""Which acts a record's page offers to whom; what the actions allow, seen from the page."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ip_registry.models import EventType, PartyRole, PartyState, Record, RecordState
from ip_registry.queries.life import DisputeRow
from ip_registry.queries.sight import Sight
from kernel.viewer import Viewer

DECLINE, REFUSE, ERASE, TAKE_BACK, KEEP_KEY = "decline", "refuse", "erase", "take-back", "keep-key"


class Party(Protocol):
    """What has to be known of somebody who has to do with a record."""

    @property
    def role(self) -> str:
        """Why they see it."""

    @property
    def state(self) -> str:
        """What they decided."""

    @property
    def is_me(self) -> bool:
        """Whether it is the viewer."""


def acts_of(
    viewer: Viewer,
    record: Record,
    sight: Sight,
    *,
    disputes: Sequence[DisputeRow],
    parties: Sequence[Party],
    has_opening: bool,
) -> frozenset[str]:
    """Types of events, and the few deeds beside them (`decline`, `refuse`, `erase`, `take-back`, `keep-key`)."""
    if not viewer.is_member or record.state == RecordState.ERASED:
        return frozenset()
    acts: set[str] = set()
    if sight.is_owner:
        acts.update(_of_owner(record, disputes, has_opening=has_opening))
    if record.state == RecordState.WITHDRAWN:
        return frozenset(acts)
    if sight.is_next_owner:
        acts.update((EventType.ACCEPT, REFUSE))
    if any(one.is_me and one.role == PartyRole.AUTHOR and one.state == PartyState.NAMED for one in parties):
        acts.update((EventType.CONSENT, DECLINE))
    if not sight.is_owner and sight.sees_title and not _has_open_dispute(viewer, disputes):
        acts.add(EventType.DISPUTE)
    return frozenset(acts)


def _of_owner(record: Record, disputes: Sequence[DisputeRow], *, has_opening: bool) -> Iterator[str]:
    yield ERASE
    if any(one.answer is None for one in disputes):
        yield EventType.ANSWER
    if record.state == RecordState.WITHDRAWN:
        return
    yield from (EventType.LICENCE, EventType.WITHDRAW)
    if record.state != RecordState.DISCLOSED:
        yield EventType.EMBARGO
        if has_opening:
            yield EventType.REVEAL
    if record.next_key is None:
        yield from (EventType.ASSIGN, EventType.KEY_ROTATE)
    else:
        yield KEEP_KEY if record.next_owner_id is None else TAKE_BACK


def _has_open_dispute(viewer: Viewer, disputes: Sequence[DisputeRow]) -> bool:
    mine = [one for one in disputes if one.dispute.actor is not None and one.dispute.actor.id == viewer.user_id]
    return any(one.answer is None for one in mine)
