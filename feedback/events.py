from dataclasses import dataclass

from kernel.refs import Ref


@dataclass(frozen=True, slots=True)
class SuggestionDecided:
    """The staff said what becomes of a suggestion."""

    actor_id: int
    thread: Ref
    author_id: int | None
    state: str
    audience: str
