"""Unpacking a backup beside the site, and looking whether it is what was backed up."""

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import URL, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from guildhall.app import ROOT, create_app
from guildhall.backup.archive import unpacked
from guildhall.backup.contents import DATABASE, ENVIRONMENT, LEDGER_KEY, is_data_name
from guildhall.backup.errors import BackupError, DamagedError
from guildhall.backup.facts import differences, facts_of
from guildhall.backup.making import FORMAT, Progress
from guildhall.backup.snapshots import libpq, said_by
from guildhall.migrations import with_migrations
from guildhall.settings import Settings
from kernel.db import db
from kernel.files import BlobStore
from kernel.web import Guildhall

DUMP = "guildhall.dump"
SMALL = 256 << 20  # what says what the rest is
NEEDED_ABOUT = frozenset({"format", "product", "engine", "site", "made_at", "bytes"})
NEEDED = NEEDED_ABOUT | {"schema", "tables", "ledger", "members", "files", "missing", "damaged", "left_out"}
_BLOB = re.compile(r"files/([0-9a-f]{64})")
_PIECE = re.compile(r"database/\d{6,}")

Manifest = dict[str, Any]


@dataclass
class Unpacking:
    """A backup on its way into a directory that is laid out as DATA is."""

    into: Path
    settings: Settings
    progress: Progress
    about: Manifest = field(default_factory=dict)
    manifest: Manifest = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)
    _order: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _count: int = 0
    _damaged: list[str] = field(default_factory=list)
    _done: int = 0

    def run(self, pieces: Iterator[bytes]) -> Manifest:
        """Unpack all of it; refuses what is not for this site, and what is not what was written."""
        self.into.mkdir(parents=True)
        self._store = BlobStore(self.into / "files")
        for name, size, data in unpacked(pieces):
            if not self.about and name != "about.json":
                raise DamagedError("This is no backup of Guildhall.")
            self._take(name, size, data)
        if not self.manifest:
            raise DamagedError("The backup is cut short: its manifest is missing.")
        self._compare()
        os.sync()
        return self.manifest

    def _take(self, name: str, size: int, data: Iterator[bytes]) -> None:
        if name == "about.json":
            raw = _small(name, size, data)
            self.about = _facts(raw, NEEDED_ABOUT)
            self._hashes[name] = hashlib.sha256(raw).hexdigest()
            _refuse_foreign(self.about, self.settings)
            must_have_room(self.into, self.about["bytes"])
        elif name == "manifest.json":
            self.manifest = _facts(_small(name, size, data), NEEDED)
        elif found := _BLOB.fullmatch(name):
            self._take_blob(found[1], data)
        elif _PIECE.fullmatch(name):
            self._hashes[name] = self._write(self.into / DUMP, data, mode="ab", stage="database")
        elif name == ENVIRONMENT or (name.startswith("data/") and is_data_name(name.removeprefix("data/"))):
            path = self.into / name.removeprefix("data/")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._hashes[name] = self._write(path, data, mode="xb", stage="data")
            path.chmod(0o600)
        else:
            raise DamagedError(f"The backup holds {name!r}, which has no place here.")

    def _take_blob(self, sha256: str, data: Iterator[bytes]) -> None:
        path = self._store.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._write(path, data, mode="xb", stage="files") != sha256:
            self._damaged.append(sha256)
        path.chmod(0o640)
        self._count += 1
        self._order.update(bytes.fromhex(sha256))

    def _write(self, path: Path, data: Iterator[bytes], *, mode: str, stage: str) -> str:
        digest = hashlib.sha256()
        try:
            with path.open(mode) as file:
                for piece in data:
                    digest.update(piece)
                    file.write(piece)
                    self._done += len(piece)
                    self.progress(stage, self._done, 0)
        except OSError as fault:
            raise BackupError(f"{self.into}: {fault.strerror or fault}.") from fault
        return digest.hexdigest()

    def _compare(self) -> None:
        for sha256 in self._damaged:
            if sha256 not in self.manifest["damaged"]:
                raise DamagedError(f"files/{sha256} in the backup is not what its name says: it was changed.")
        wanted: dict[str, str] = self.manifest["members"]
        for name in sorted({*wanted, *self._hashes}):
            if wanted.get(name) != self._hashes.get(name):
                raise DamagedError(f"{name} in the backup is missing, or is not what was written there.")
        files = self.manifest["files"]
        if (files["count"], files["order"]) != (self._count, self._order.hexdigest()):
            raise DamagedError(f"The backup has {self._count:,} files, and {files['count']:,} were written.")


def raise_database(settings: Settings, into: Path, *, suffix: str) -> str:
    """Bring the database back beside the one of the site; its URL."""
    url = make_url(settings.database())
    if url.drivername == "sqlite":
        (into / DUMP).rename(into / DATABASE)
        return f"sqlite:///{(into / DATABASE).resolve()}"
    scratch = url.set(database=f"{url.database}_{suffix}")
    drop_database(scratch)
    administer(scratch, f"CREATE DATABASE {_quoted(scratch)} ENCODING 'UTF8' TEMPLATE template0")
    address, environment = libpq(scratch)
    jobs = str(min(os.cpu_count() or 1, 4))
    command = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--jobs", jobs, "--dbname", address]
    with tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run([*command, str(into / DUMP)], stderr=errors, env=environment, check=False)  # noqa: S603 - our own command
        except FileNotFoundError as fault:
            raise BackupError("pg_restore is not installed here; it comes with PostgreSQL's client.") from fault
        if done.returncode:
            raise BackupError(said_by(command, errors) + ".")
    (into / DUMP).unlink()
    return scratch.render_as_string(hide_password=False)


def compare(url: str, manifest: Manifest) -> list[str]:
    """Where the database is not the one that was backed up."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            broken = connection.exec_driver_sql("PRAGMA quick_check(5)").scalars().all()
            if broken != ["ok"]:
                return [f"SQLite: {line}" for line in broken]
        else:
            connection.execute(text("SET TIME ZONE 'UTC'"))
        return differences(manifest, facts_of(connection))


def drop_database(url: URL) -> None:
    """Remove a scratch database, if it is there."""
    administer(url, f"DROP DATABASE IF EXISTS {_quoted(url)} WITH (FORCE)")


def forget_database(settings: Settings, *, suffix: str) -> None:
    """Remove what was raised beside the site's database on PostgreSQL, or half raised."""
    url = make_url(settings.database())
    if url.get_backend_name() == "postgresql":
        with suppress(BackupError):
            drop_database(url.set(database=f"{url.database}_{suffix}"))


def administer(url: URL, *statements: str, together: bool = False) -> None:
    """Do something to a whole database of the server; with `together`, all of it or nothing."""
    isolation = "READ COMMITTED" if together else "AUTOCOMMIT"
    engine = create_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level=isolation)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as fault:
        raise BackupError(f"PostgreSQL: {str(fault.orig).strip().splitlines()[0]}.") from fault


def databases(url: URL) -> set[str]:
    """The databases of the server."""
    with create_engine(url.set(database="postgres"), poolclass=NullPool).connect() as connection:
        return set(connection.scalars(text("SELECT datname FROM pg_database")))


def app_on(settings: Settings, scratch: Path, url: str) -> Guildhall:
    """The site as it would run on what was unpacked; the log's secret may lie elsewhere."""
    key = settings.ledger_key or settings.data / LEDGER_KEY
    if (scratch / LEDGER_KEY).exists():
        key = scratch / LEDGER_KEY
    changes = {
        "data": scratch,
        "database_url": url,
        "secret_key": secrets.token_urlsafe(48),  # else it would make one that is then restored
        "ledger_key": key,
        "high_water": None,
        "backup_to": "",
    }
    return with_migrations(create_app(settings.model_copy(update=changes)))


def upgrade(settings: Settings, scratch: Path, url: str) -> None:
    """Bring the schema to the newest version."""
    from flask_migrate import upgrade as migrate_up  # it takes long to import, and is seldom needed

    with app_on(settings, scratch, url).app_context():
        migrate_up()
        db.engine.dispose()


def has_tables(url: str) -> bool:
    """Whether there is a database with something in it."""
    file = make_url(url).database if url.startswith("sqlite") else None
    if file is not None and not Path(file).exists():  # else looking for it would make it
        return False
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return bool(inspect(connection).get_table_names())
    except DBAPIError:
        return False


def must_have_room(folder: Path, size: int) -> None:
    """Refuse at the start what could not be finished."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BackupError(f"{folder} has room for {free:,} bytes, and {size:,} at least are needed.")


def is_older(schema: str) -> bool:
    """Whether a schema has to be brought up; refuses one that this version does not know."""
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    if schema not in {one.revision for one in scripts.walk_revisions()}:
        raise BackupError(f"The backup was made by a newer Guildhall (schema {schema}): install that first.")
    return schema != scripts.get_current_head()


def _quoted(url: URL) -> str:
    return '"' + str(url.database).replace('"', '""') + '"'


def _refuse_foreign(about: Manifest, settings: Settings) -> None:
    if about.get("format") != FORMAT:
        raise BackupError(f"The backup has format {about.get('format')}; this version reads format {FORMAT}.")
    engine = make_url(settings.database()).get_backend_name()
    if about["engine"] != engine:
        raise BackupError(f"The backup is of a site on {about['engine']}, and GUILDHALL_DATABASE_URL names {engine}.")


def _small(name: str, size: int, data: Iterable[bytes]) -> bytes:
    if size > SMALL:
        raise DamagedError(f"{name} in the backup has {size:,} bytes.")
    return b"".join(data)


def _facts(raw: bytes, needed: frozenset[str]) -> Manifest:
    try:
        facts = json.loads(raw)
    except ValueError as fault:
        raise DamagedError(f"The backup does not say what it is: {fault}.") from fault
    if not isinstance(facts, dict) or not needed <= facts.keys():
        raise DamagedError("The backup does not say what it is.")
    return facts
