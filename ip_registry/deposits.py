"""How much of what opens records is kept for one person: as much as of any other files of theirs."""

import json
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import func, select

from ip_registry.models import Deposit, Record
from kernel.db import session
from kernel.errors import TooLargeError
from kernel.viewer import Viewer
from kernel.words import gettext as _

QUOTA = 500_000_000
SMALL = (
    8_192  # bytes: an opening without a manifest, hardly more than the record itself, for which there is always room
)


class Opens(Protocol):
    """What is deposited with a leaf."""

    @property
    def opening(self) -> str:
        """The exact text that the leaf commits to."""

    @property
    def authors(self) -> Sequence[object] | None:
        """Who made the work."""

    @property
    def manifest(self) -> Sequence[str] | None:
        """The record of every file."""


def size_of(given: Opens) -> int:
    """The bytes of its texts."""
    authors = len(json.dumps(given.authors, ensure_ascii=False).encode()) if given.authors else 0
    return len(given.opening.encode()) + authors + sum(len(text.encode()) for text in given.manifest or ())


def check_room(viewer: Viewer, given: Sequence[Opens]) -> None:
    """Refuse what would be too much. A small deposit is not asked about: it would cost each registration a query."""
    added = sum(map(size_of, given))
    if added <= SMALL:
        return
    used = session().scalar(
        select(func.sum(Deposit.size)).join(Record, Record.id == Deposit.record_id).where(Record.owner_id == viewer.me)
    )
    if int(used or 0) + added > QUOTA:
        sentence = _(
            "What opens your records would take more than %(quota)s MB. Register the leaf alone, or erase what you do "
            "not want to be kept here.",
            quota=QUOTA // 1_000_000,
        )
        raise TooLargeError(sentence, errors={"opening": sentence})
