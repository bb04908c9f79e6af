"""What must hold in the forum at any time: every counter and every copy compared with what it is derived from.

Each check is one set-based statement over the whole table; it names the rows at fault and mends them when told.
The order matters for mending: numbers first, then what is counted from posts, then what is counted from threads.
"""

from forum.checks import numbers, threads, posts, boards, tags, leftovers, alliances  # noqa: I001 - mended in this order

__all__ = ["alliances", "boards", "leftovers", "numbers", "posts", "tags", "threads"]
