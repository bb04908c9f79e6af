from flask import current_app

from kernel.files import BlobStore


def blob_store() -> BlobStore:
    """Where the site keeps its files, by their hash."""
    return BlobStore(current_app.config["DATA"] / "files")
