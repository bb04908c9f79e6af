"""What is to be sealed: one record for each file, or one for a whole folder."""

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.manifests import Manifest
from ip_registry.envelopes.sealing import Progress, record_file

PENDING = ".guildhall.pending.json"
BUNDLE = ".guildhall.zip"


@dataclass(frozen=True)
class Work:
    """A work before it is hashed: its files by their paths inside it, and where its papers go."""

    name: str
    files: tuple[tuple[str, Path], ...]
    pending: Path
    bundle: Path
    newest: Path | None = None  # the evidence of the newest version that was sealed before

    @property
    def size(self) -> int:
        """How many bytes there are to hash, as far as is known before."""
        return sum(path.stat().st_size for _, path in self.files)

    def manifest(self, progress: Progress) -> Manifest:
        """The record of every file, each hashed where it lies."""
        return Manifest([record_file(path, name=name, progress=progress) for name, path in self.files])


def works_of(paths: Sequence[Path], *, as_folder: bool, out: Path | None, is_version: bool = False) -> list[Work]:
    """The works of a command. What the command itself wrote beside them earlier is passed over."""
    if not as_folder:
        return [
            _work(path, [(_nfc(path.name), path)], out, is_version=is_version) for path in paths if not _is_ours(path)
        ]
    if len(paths) != 1 or not paths[0].is_dir():
        raise EnvelopeError(N_("With --folder, name one folder."))
    folder = paths[0].resolve()
    files = [(_nfc(path.relative_to(folder).as_posix()), path) for path in _files_under(folder)]
    return [_work(folder, files, out, is_version=is_version)]


def same_content(one: Manifest, other: Manifest) -> bool:
    """Whether two manifests are of the same files; salts always differ."""
    return _facts(one) == _facts(other)


def _work(path: Path, files: Iterable[tuple[str, Path]], out: Path | None, *, is_version: bool) -> Work:
    beside, name, count, newest = out or path.parent, path.name, 1, None
    while is_version and (beside / (name + BUNDLE)).exists():  # the evidence of older versions stays
        newest = beside / (name + BUNDLE)
        count += 1
        name = f"{path.name}.{count}"
    return Work(path.name, tuple(files), beside / (name + PENDING), beside / (name + BUNDLE), newest)


def _files_under(folder: Path) -> list[Path]:
    found = [Path(where) / name for where, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.is_file() and not _is_ours(path))


def _is_ours(path: Path) -> bool:
    return path.name.endswith((PENDING, BUNDLE))


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _facts(manifest: Manifest) -> list[tuple[str, int, str, str]]:
    return [(one.path, one.size, one.sha256, one.sha512) for one in manifest.records]
