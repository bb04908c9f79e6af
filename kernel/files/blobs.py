"""Where bytes lie: under the hash of their content, so that no name a person gave ever becomes a path."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import IO, BinaryIO

CHUNK = 1 << 18
_HASH = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of immutable files, each known by its SHA-256; the same bytes lie there once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"

    def put(self, stream: IO[bytes] | bytes) -> str:
        """Keep the bytes and answer their hash; when this returns they survive a loss of power."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._incoming, delete=False) as temporary:
            place = Path(temporary.name)
            try:
                for chunk in [stream] if isinstance(stream, bytes) else iter(lambda: stream.read(CHUNK), b""):
                    digest.update(chunk)
                    temporary.write(chunk)
                temporary.flush()
                os.fsync(temporary.fileno())
            except BaseException:
                place.unlink(missing_ok=True)
                raise
        sha256 = digest.hexdigest()
        self._settle(place, self.path(sha256))
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, for reading; FileNotFoundError if there are none under this hash."""
        return self.path(sha256).open("rb")

    def path(self, sha256: str) -> Path:
        """Where the bytes of this hash lie, whether or not they do."""
        if not _HASH.fullmatch(sha256):
            raise ValueError("A blob is named by 64 hexadecimal digits.")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the bytes are there."""
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> None:
        """Forget the bytes; nothing happens if they are not there."""
        self.path(sha256).unlink(missing_ok=True)

    @staticmethod
    def _settle(place: Path, target: Path) -> None:
        """Move finished bytes to their place in one step."""
        if target.is_file():
            place.unlink()
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        place.chmod(0o640)
        place.replace(target)
        for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
