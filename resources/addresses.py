"""Where the listings are: the one place that knows how their addresses look."""

from urllib.parse import quote


def listing_url(listing_id: int, slug: str) -> str:
    """The one address of a listing."""
    return f"/listings/{listing_id}-{slug}" if slug else f"/listings/{listing_id}"


def listing_file_url(listing_id: int, file_id: int, name: str) -> str:
    """Where a file of a listing is; the name is only for people."""
    return f"/listings/{listing_id}/files/{file_id}/{quote(name, safe='')}"
