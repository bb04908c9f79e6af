"""Pictures and documents of a listing: looked into before they are kept, seen by whoever sees the listing."""

from collections.abc import Sequence
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import func, select

from accounts.blobs import hold_blobs, point_at_blobs
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError, TooLargeError
from kernel.files import BlobStore, Inspected
from kernel.files.admission import admit
from kernel.jobs import enqueue
from kernel.policy import authorise
from kernel.viewer import Viewer
from resources.listing_loading import listing_to
from resources.models import Listing, ListingFile
from resources.policy import ListingRight

MOST_FILES = 12
QUOTA = 500_000_000

point_at_blobs(ListingFile.sha256, ListingFile.thumb_sha256, ListingFile.display_sha256)


def inspect(viewer: Viewer, *, stream: IO[bytes], name: str, limit_bytes: int) -> Inspected:
    """Look into a file before anything is kept; it touches no database, and may take seconds."""
    authorise(viewer, ListingRight.OFFER)
    return admit(stream, name=name, limit_bytes=limit_bytes)


def add_files(viewer: Viewer, *, listing_id: int, files: Sequence[Inspected], store: BlobStore) -> list[ListingFile]:
    """Hang inspected files on a listing of one's own, after those that are there; the same one again is not doubled."""
    listing = listing_to(viewer, ListingRight.EDIT, listing_id)
    known = list(session().scalars(select(ListingFile).where(ListingFile.listing_id == listing.id)))
    _check_room(viewer, known, files)
    hold_blobs(exclusive=False)
    last = max((file.position for file in known), default=0)
    added: list[ListingFile] = []
    for file in files:
        sha256 = store.put(file.content)
        if any(one.sha256 == sha256 and one.name == file.name for one in (*known, *added)):
            continue
        added.append(_row(listing, file, sha256, position=last + len(added) + 1, store=store))
    session().add_all(added)
    listing.version += 1
    session().flush()
    return added


def remove_file(viewer: Viewer, *, listing_id: int, file_id: int) -> None:
    """Take a file off a listing of one's own; one that is gone already stays gone."""
    listing = listing_to(viewer, ListingRight.EDIT, listing_id)
    file = session().get(ListingFile, file_id)
    if file is None or file.listing_id != listing.id:
        raise NotFoundError
    _forget([file])
    listing.version += 1


def forget_files(listing: Listing) -> None:
    """All files of a listing that goes for good."""
    _forget(session().scalars(select(ListingFile).where(ListingFile.listing_id == listing.id)).all())


def _forget(files: Sequence[ListingFile]) -> None:
    """Delete the rows, and let the bytes be removed where nothing else points at them."""
    hashes = {sha for file in files for sha in (file.sha256, file.thumb_sha256, file.display_sha256) if sha}
    for file in files:
        session().delete(file)
    if hashes:
        enqueue("resources.remove_blobs", hashes=sorted(hashes))


def _check_room(viewer: Viewer, known: Sequence[ListingFile], files: Sequence[Inspected]) -> None:
    if len(known) + len(files) > MOST_FILES:
        raise InvalidError(
            _("A listing has at most %(count)s pictures and documents.", count=MOST_FILES),
            errors={"file": _("No room is left.")},
        )
    used = session().scalar(
        select(func.sum(ListingFile.size))
        .join(Listing, Listing.id == ListingFile.listing_id)
        .where(Listing.owner_id == viewer.me)
    )
    if int(used or 0) + sum(file.size for file in files) > QUOTA:
        raise TooLargeError(
            _("The files of your listings would take more than %(quota)s MB.", quota=QUOTA // 1_000_000),
            errors={"file": _("No room is left.")},
        )


def _row(listing: Listing, file: Inspected, sha256: str, *, position: int, store: BlobStore) -> ListingFile:
    return ListingFile(
        listing_id=listing.id,
        position=position,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=sha256,
        width=file.width,
        height=file.height,
        thumb_sha256=store.put(file.thumb) if file.thumb else None,
        display_sha256=store.put(file.display) if file.display else None,
        is_inline=file.inline,
    )
