"""Sites that can be backed up: with a schema that has a version, and something of every kind in them."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import stamp
from sqlalchemy import MetaData, create_engine, select

from accounts.blobs import blob_store
from guildhall.app import create_app
from guildhall.backup import archive
from guildhall.backup.making import Made, make_backup
from guildhall.backup.places import Folder
from guildhall.backup.restoring import restore
from guildhall.migrations import with_migrations
from guildhall.settings import Settings
from ip_registry.logs import open_log
from kernel.db import db
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers import registry
from tests.makers.people import person

Everything = dict[str, list[tuple[Any, ...]]]


def silent(_stage: str, _done: int, _expected: int) -> None:
    """Nobody watches."""


def settings_on(data: Path, *, url: str = "", **facts: Any) -> Settings:
    """A site without limits and logs."""
    return Settings(data=data, database_url=url, rate_limits=False, log_requests=False, **facts)


def settled(settings: Settings) -> Flask:
    """The site on an empty database, with a picture, posts, and a log of two entries."""
    app = with_migrations(create_app(settings))
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        stamp()
        ensure_sectors()
        with unit_of_work() as work:
            open_log(work)
        owner = person()
        with unit_of_work() as work:
            work.merge(owner).avatar_hash = blob_store().put(b"a picture" * 1000)
        for number in range(3):
            make.thread(title=f"Anneal {number}", body="锆合金 and others " * 30)
        registry.record(owner)
        registry.record(owner)
        db.session.remove()
    return app


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """The site as a new process would find it."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def backed_up(settings: Settings, folder: Path, name: str = "site.tar.zst", **facts: Any) -> Made:
    """A backup of it, with its secrets."""
    return make_backup(settings, place=Folder(folder), name=name, **{"with_secrets": True, **facts})


def restored(settings: Settings, file: Path, *, replace: bool = False) -> dict[str, Any]:
    """The site from that file, in its place."""
    return restore(settings, Folder(file.parent).read(file.name), replace=replace, progress=silent)


def everything(settings: Settings) -> Everything:
    """Every row of every table."""
    engine, tables = create_engine(settings.database()), MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        rows = {
            name: sorted(tuple(map(repr, row)) for row in connection.execute(select(table)))
            for name, table in tables.tables.items()
        }
    engine.dispose()
    return rows


def files_of(data: Path) -> dict[str, str]:
    """Every file of the site by its name, hashed."""
    found = (path for path in (data / "files").rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def members_of(file: Path) -> dict[str, bytes]:
    """What is in a backup."""
    return {name: b"".join(data) for name, _size, data in archive.unpacked(iter([file.read_bytes()]))}


def changed(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same backup after somebody who knows the format has changed it."""
    members = members_of(file)
    change(members)
    packed = archive.packed(archive.Member(name, len(data), [data]) for name, data in members.items())
    other = file.with_name(f"changed-{file.name}")
    other.write_bytes(b"".join(packed))
    return other


def rewritten(members: dict[str, bytes], name: str, data: bytes) -> None:
    """Change a member, and the manifest with it, so that the hashes agree."""
    manifest = json.loads(members["manifest.json"])
    members[name] = data
    manifest["members"][name] = hashlib.sha256(data).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


def meanwhile(work: Callable[[], None], *, until: threading.Event) -> threading.Thread:
    """A thread that does it again and again."""

    def run() -> None:
        while not until.is_set():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
