"""Files people add: taken by content and not by name, checked before they are kept, stored under their hash."""

from kernel.files.blobs import BlobStore
from kernel.files.inspection import Inspected, inspect_upload
from kernel.files.kinds import KINDS, Kind
from kernel.files.names import clean_name
from kernel.files.refusal import Reason, RefusedUpload

__all__ = ["KINDS", "BlobStore", "Inspected", "Kind", "Reason", "RefusedUpload", "clean_name", "inspect_upload"]
