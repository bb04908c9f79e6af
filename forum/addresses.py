"""Where the forum's things are: the one place that knows how their addresses look."""

from urllib.parse import quote, urlencode

PAGE = 20


def thread_url(thread_id: int, slug: str) -> str:
    """The one address of a thread."""
    return f"/threads/{thread_id}-{slug}"


def number_url(base: str, number: int) -> str:
    """A thread opened at a post, which is on the page that holds its number."""
    return f"{base}?at={number}#post-{number}" if number > PAGE else f"{base}#post-{number}"


def community_url(slug: str) -> str:
    """A sector's page."""
    return f"/communities/{slug}"


def board_url(community_slug: str, board_slug: str) -> str:
    """A board's page."""
    return f"/communities/{community_slug}/{board_slug}"


def page_of(number: int) -> int:
    """Which page a post number is on; pages count from 1."""
    return (max(number, 1) - 1) // PAGE + 1


def tag_url(name: str) -> str:
    """A tag's page."""
    return f"/tags/{quote(name, safe='')}"


def file_url(upload_id: int, name: str) -> str:
    """Where an uploaded file is; the name is only for people."""
    return f"/files/{upload_id}/{quote(name, safe='')}"


def achievement_url(**start: str) -> str:
    """Where an achievement is written: with its card and its record, in a room above."""
    given = urlencode({name: value[:200] for name, value in start.items() if value})
    return f"/achievements/new?{given}" if given else "/achievements/new"
