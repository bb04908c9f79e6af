from enum import StrEnum

from kernel.policy import ALLOWED, Door, Verdict, rule
from kernel.viewer import Viewer


class SearchRight(StrEnum):
    """What one may do with search beyond searching, which is open to everybody."""

    SAVE = "search.save"
    TEND = "search.tend"


@rule(SearchRight.SAVE, door=Door.SIGNED_IN)
def _save(_viewer: Viewer, _subject: object) -> Verdict:
    """One's own; the actions know no other person than the viewer."""
    return ALLOWED


@rule(SearchRight.TEND, door=Door.STAFF)
def _tend(_viewer: Viewer, _subject: object) -> Verdict:
    """The staff look after the synonyms, and see what was not found."""
    return ALLOWED
