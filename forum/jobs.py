"""What the worker does for the forum."""

from datetime import timedelta

from accounts import blobs
from forum.actions import uploads
from forum.models import Upload
from kernel.jobs import job


@job("forum.forget_unused_uploads", every=timedelta(hours=6))
def forget_unused_uploads() -> None:
    """Files that nobody has used for a month."""
    uploads.forget_unused_uploads()


@job("forum.remove_purged_files")
def remove_purged_files(upload_ids: list[int]) -> None:
    """The files of a purged post, where no other post uses them."""
    uploads.forget_uploads(Upload.id.in_(upload_ids))


@job("forum.remove_blobs")
def remove_blobs(hashes: list[str]) -> None:
    """Bytes of files that were forgotten."""
    blobs.remove_blobs(hashes, store=blobs.blob_store())
