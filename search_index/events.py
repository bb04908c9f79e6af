from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedSearchFound:
    """A saved search found something new for its owner; `find_id` says what and since when."""

    user_id: int
    saved_search_id: int
    find_id: int
    count: int
