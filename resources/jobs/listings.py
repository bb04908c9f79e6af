from datetime import timedelta

from accounts import blobs
from kernel.jobs import job
from resources.actions.upkeep import ask_whether_still_true, mark_stale
from resources.importing.kept import forget_old_tables


@job("resources.remove_blobs")
def remove_blobs(hashes: list[str]) -> None:
    """Bytes of files that no listing has any more."""
    blobs.remove_blobs(hashes, store=blobs.blob_store())


@job("resources.ask_whether_still_true", every=timedelta(hours=6))
def look_after_listings() -> None:
    """Ask the owners of what nobody confirmed for a year, and let what stays unconfirmed sink in search."""
    ask_whether_still_true()
    mark_stale()


@job("resources.forget_old_tables", every=timedelta(hours=6))
def forget_tables() -> None:
    """Tables that were sent a week ago."""
    forget_old_tables()
