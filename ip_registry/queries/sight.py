"""How much of a record a viewer sees: what the log shows to everybody, single files, or what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ip_registry.models import PartyRole, PartyState, Record, RecordParty
from kernel.viewer import Viewer

ENDED = (PartyState.DECLINED, PartyState.REVOKED)


class Extent(StrEnum):
    """`log`: number, hashes, place. `files`: the title, and files that one was shown. `all`: what the record says."""

    LOG = "log"
    FILES = "files"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Sight:
    """The extent, the part that the viewer has in the record, and the files that they were shown beside it.

    Always in step with `visible_records`: whoever that lets in sees more than the log, and nobody else does.
    """

    extent: Extent
    is_owner: bool = False
    is_next_owner: bool = False
    is_author: bool = False
    paths: tuple[str, ...] = ()

    @property
    def sees_all(self) -> bool:
        """What the record says, and not only that it is."""
        return self.extent is Extent.ALL

    @property
    def sees_title(self) -> bool:
        """What it is called, and perhaps single files."""
        return self.extent is not Extent.LOG

    @property
    def is_inside(self) -> bool:
        """Whether events that are nobody else's business are theirs too."""
        return self.is_owner or self.is_author


def sight_of(viewer: Viewer, record: Record, parties: Sequence[RecordParty]) -> Sight:
    """What this viewer sees of this record, whose parties are given."""
    mine = [
        party for party in parties if viewer.signed_in and party.user_id == viewer.user_id and party.state not in ENDED
    ]
    is_owner = viewer.signed_in and record.owner_id == viewer.user_id
    is_next = viewer.signed_in and record.next_owner_id == viewer.user_id
    is_whole = record.audience in viewer.audience or any(party.paths is None for party in mine)
    paths = dict.fromkeys(path for party in mine for path in party.paths or ())
    is_partly = Extent.FILES if mine else Extent.LOG
    return Sight(
        extent=Extent.ALL if is_owner or is_next or is_whole else is_partly,
        is_owner=is_owner,
        is_next_owner=is_next,
        is_author=any(party.role == PartyRole.AUTHOR for party in mine),
        paths=tuple(str(path) for path in paths),
    )
