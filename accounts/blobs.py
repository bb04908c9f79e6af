from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from kernel.files import BlobStore


def blob_store() -> "BlobStore":
    """Where the site keeps its files, by their hash."""
    from kernel.files import BlobStore

    return BlobStore(current_app.config["DATA"] / "files")
