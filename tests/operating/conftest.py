"""Sites to back up: one on each database, built once and not changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from guildhall.backup.making import Made
from guildhall.settings import Settings
from kernel.db import db
from tests.makers import backups as make
from tests.makers.machine import POSTGRES, need, postgres_site_url


@dataclass(frozen=True)
class Ground:
    """A site, and a backup of it."""

    settings: Settings
    backup: Path
    made: Made


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Ground]]:
    """Sites that nobody changes, and their backups, each made when it is first asked for."""
    made: dict[str, tuple[Flask, Ground]] = {}

    def ground(kind: str) -> Ground:
        if kind not in made:
            made[kind] = _ground(kind, tmp_path_factory)
        return made[kind][1]

    yield ground
    for app, _site in made.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, grounds: Callable[[str], Ground]) -> Ground:
    """A site on each database."""
    return grounds(request.param)


@pytest.fixture
def small(grounds: Callable[[str], Ground]) -> Ground:
    """The same on SQLite only, for what has nothing to do with the database."""
    return grounds("sqlite")


@pytest.fixture
def elsewhere(site: Ground, tmp_path: Path) -> Iterator[Settings]:
    """Another machine, where nothing is yet."""
    url = make_url(site.settings.database())
    if url.get_backend_name() != "postgresql":
        yield make.settings_on(tmp_path / "there")
        return
    name = f"{url.database}_there"
    yield make.settings_on(tmp_path / "there", url=f"{POSTGRES}/{name}")
    engine = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        mine = text("SELECT datname FROM pg_database WHERE datname LIKE :name")
        for found in connection.scalars(mine, {"name": f"{name}%"}).all():
            connection.execute(text(f'DROP DATABASE IF EXISTS "{found}" WITH (FORCE)'))
    engine.dispose()


def _ground(kind: str, folders: pytest.TempPathFactory) -> tuple[Flask, Ground]:
    url = postgres_site_url("backup") if kind == "postgres" else ""
    need("postgres", found=url is not None)
    settings = make.settings_on(folders.mktemp(kind), url=url or "")
    app = make.settled(settings)
    folder = folders.mktemp(f"{kind}-backups")
    return app, Ground(settings, folder / "site.tar.zst", make.backed_up(settings, folder))
