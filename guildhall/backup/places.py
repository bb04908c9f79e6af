"""Where backups are kept: a folder or a bucket. What is not complete never bears its name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from guildhall.backup.errors import BackupError
from guildhall.backup.streams import PIECE, as_file
from guildhall.settings import Settings
from kernel.clock import now

S3 = "s3://"
SMALLEST_PART = 16 << 20
MOST_PARTS = 9_000  # S3 takes 10,000
ABANDONED = timedelta(hours=20)  # less than a day: the next evening's backup sweeps what this evening's left


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that is there, whole."""

    name: str
    size: int


class Place(Protocol):
    """A folder or a bucket."""

    def keep(self, name: str, pieces: Iterator[bytes], *, expected: int) -> int:
        """Keep the bytes under the name once all of them are there; how many they were."""

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes."""

    def kept(self) -> list[Kept]:
        """What is there."""

    def remove(self, name: str) -> None:
        """Remove one."""


def place_of(address: str, settings: Settings) -> Place:
    """The folder or bucket of this address."""
    return Bucket(address, settings) if address.startswith(S3) else Folder(Path(address))


def split(address: str) -> tuple[str, str]:
    """The place and the name of one backup."""
    if address.startswith(S3):
        place, _, name = address.rpartition("/")
        return place, name
    path = Path(address).absolute()
    return str(path.parent), path.name


class Folder:
    """A directory of this machine, or one that is mounted here."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def keep(self, name: str, pieces: Iterator[bytes], *, expected: int) -> int:  # noqa: ARG002 - only buckets ask
        """Keep the bytes under the name once all of them are on the disk."""
        target, part = self._path / name, self._path / f".{name}.part"
        with self._told():
            self._path.mkdir(parents=True, exist_ok=True)
            self._sweep()
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - opened above, for its owner only
                fcntl.flock(file, fcntl.LOCK_EX)
                for piece in pieces:
                    with self._told():
                        file.write(piece)
                with self._told():
                    file.flush()
                    os.fsync(file.fileno())
                    size = file.tell()
                    part.rename(target)
                    _sync(self._path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return size

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes."""
        with self._told(), (self._path / name).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def kept(self) -> list[Kept]:
        """What is there, if the folder is."""
        with self._told():
            files = [path for path in self._path.glob("*") if path.is_file()] if self._path.is_dir() else []
            return [Kept(path.name, path.stat().st_size) for path in files if not path.name.startswith(".")]

    def remove(self, name: str) -> None:
        """Remove one."""
        with self._told():
            (self._path / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what somebody left who was killed: nobody holds it any more."""
        for part in self._path.glob(".*.part"):
            with part.open("rb") as file, suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise BackupError(f"{self._path}: {fault.strerror or fault}.") from fault


class Bucket:
    """A bucket, or what is under a prefix in it, of anything that speaks S3."""

    def __init__(self, address: str, settings: Settings) -> None:
        self._bucket, _, prefix = address.removeprefix(S3).strip("/").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        endpoint = urlsplit(settings.s3_endpoint)
        self._address = f"{S3}{self._bucket}/{self._prefix} at {endpoint.netloc}"
        self._client = Minio(
            endpoint=endpoint.netloc,
            access_key=settings.s3_key or None,
            secret_key=settings.s3_secret or None,
            secure=endpoint.scheme == "https",
            region=settings.s3_region or None,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=10, read=120),
                maxsize=4,
                retries=urllib3.Retry(total=3, backoff_factor=0.5, status_forcelist=[500, 502, 503, 504]),
            ),
        )

    def __str__(self) -> str:
        return self._address

    def keep(self, name: str, pieces: Iterator[bytes], *, expected: int) -> int:
        """Send the bytes in parts; the bucket shows them once the last part is there. A fault takes the parts back."""
        part = max(SMALLEST_PART, -(-expected // MOST_PARTS // PIECE) * PIECE)
        counted = _Counted(pieces)
        with self._told():
            self._sweep()
            self._client.put_object(
                bucket_name=self._bucket,
                object_name=self._prefix + name,
                data=as_file(iter(counted)),
                length=-1,
                part_size=part,
                num_parallel_uploads=2,
            )
        return counted.size

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes."""
        with self._told():
            answer = self._client.get_object(bucket_name=self._bucket, object_name=self._prefix + name)
            try:
                yield from answer.stream(PIECE)
            finally:
                answer.close()
                answer.release_conn()

    def kept(self) -> list[Kept]:
        """What is there."""
        with self._told():
            found = self._client.list_objects(bucket_name=self._bucket, prefix=self._prefix)
            names = [(one.object_name or "", one.size or 0) for one in found if not one.is_dir]
        return [Kept(name.removeprefix(self._prefix), size) for name, size in names]

    def remove(self, name: str) -> None:
        """Remove one."""
        with self._told():
            self._client.remove_object(bucket_name=self._bucket, object_name=self._prefix + name)

    def _sweep(self) -> None:
        """Take back the parts of those who were killed; they cost money and are not shown. Deeper ones are not ours."""
        listed = self._client._list_multipart_uploads(self._bucket, prefix=self._prefix)  # noqa: SLF001 - it has no public name
        for upload in listed.uploads:
            is_ours = "/" not in upload.object_name.removeprefix(self._prefix)
            if is_ours and upload.initiated_time is not None and now() - upload.initiated_time > ABANDONED:
                self._client._abort_multipart_upload(self._bucket, upload.object_name, upload.upload_id or "")  # noqa: SLF001 - nor has this

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (MinioException, urllib3.exceptions.HTTPError, ValueError) as fault:
            raise BackupError(f"{self._address}: {_words_of(fault)}.") from fault


class _Counted:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            yield piece


def _words_of(fault: Exception) -> str:
    code = getattr(fault, "code", None)
    return f"{code}, {getattr(fault, 'message', '')}" if code else str(fault)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
