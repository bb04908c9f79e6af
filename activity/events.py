from dataclasses import dataclass

from activity.models import Level
from kernel.refs import Ref


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody now hears more or less of a thing; `old` and `new` differ."""

    user_id: int
    ref: Ref
    old: Level
    new: Level
