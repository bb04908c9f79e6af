"""What of the directory goes into a backup, and what does not."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import make_url

from guildhall.backup.streams import PIECE
from guildhall.settings import Settings

DATABASE = "guildhall.sqlite"
LEDGER_KEY = "ledger.key"
SCRATCH = ("restoring", "rehearsal")
OLD = "before-restore-"
ENVIRONMENT = "settings.env"
MADE_ANEW = {"files", "search", "metrics", "jobs", ENVIRONMENT, *SCRATCH}  # the files go by another way
_SECRET = re.compile(r"secret|password|_key$|token|identity")
_PATHS = {"ledger_key", "backup_identity"}
PREFIX = "GUILDHALL_"


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of the site under its hash."""

    sha256: str
    path: Path
    size: int


def blobs(root: Path) -> Iterator[Blob]:
    """All files, a folder at a time; what is removed meanwhile is not there."""
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]")):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            try:
                yield Blob(entry.name, folder / entry.name, entry.stat().st_size)
            except FileNotFoundError:
                continue


def read(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    """The bytes of a file, hashed on their way."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            yield piece


def data_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The rest of the directory by relative names: keys, marks and whatever else a room keeps there.

    The high-water file never goes into a backup: it must not go back in time.
    """
    for top in sorted(settings.data.iterdir()):
        if _is_kept_out(top.name) or (top.name == LEDGER_KEY and settings.ledger_key is not None):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.is_symlink() and not _is_elsewhere(settings, path):
                yield str(path.relative_to(settings.data)), path
    if settings.ledger_key is not None and settings.ledger_key.is_file():
        yield LEDGER_KEY, settings.ledger_key


def is_secret(path: Path) -> bool:
    """What only its owner may read is a secret of the site."""
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def is_data_name(name: str) -> bool:
    """Whether a member of this name may be put into the directory: it stays inside, and replaces nothing by stealth."""
    parts = name.split("/")
    if not all(re.fullmatch(r"[\w.@+-]+", part) and part.strip(".") for part in parts):
        return False
    return not _is_kept_out(parts[0])


def settings_env(settings: Settings, *, with_secrets: bool) -> tuple[bytes, list[str]]:
    """The settings as lines of an environment file, and the names of those that were left out."""
    lines, left_out = [], []
    for name, value in settings.model_dump(mode="json", exclude_defaults=True).items():
        shown = str(value)
        if not with_secrets and _SECRET.search(name) and name not in _PATHS:
            left_out.append(PREFIX + name.upper())
            continue
        if not with_secrets and urlsplit(shown).password:
            left_out.append(f"the password in {PREFIX}{name.upper()}")
            shown = _without_password(shown)
        lines.append(f"{PREFIX}{name.upper()}={shown}\n")
    return "".join(lines).encode(), left_out


def _is_elsewhere(settings: Settings, path: Path) -> bool:
    """Whether it goes by another way: the database under a name of its own, and backups that lie in here."""
    name = path.absolute()
    if settings.backup_to and name.is_relative_to(Path(settings.backup_to).absolute()):
        return True
    return name == database_file(settings) or not is_data_name(str(path.relative_to(settings.data)))


def _is_kept_out(top: str) -> bool:
    return (
        top in MADE_ANEW
        or top.startswith((DATABASE, OLD, "ledger.high-water"))
        or top.endswith((".lock", ".part", "-wal", "-shm"))
    )


def database_file(settings: Settings) -> Path | None:
    """Where SQLite keeps it; None on PostgreSQL."""
    url = make_url(settings.database())
    return Path(url.database) if url.drivername == "sqlite" and url.database else None


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))
