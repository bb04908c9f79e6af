"""Commands that run the site: the web server, the worker, both together, and the migrations before them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

import click

from guildhall.settings import Settings

SHORTEST_LIFE = 5.0  # seconds: a part that ends sooner would end so again


def _upgrade() -> None:
    from flask_migrate import upgrade

    from guildhall.app import create_app
    from guildhall.migrations import with_migrations
    from kernel.db import db

    with with_migrations(create_app()).app_context():
        upgrade()
        db.engine.dispose()


@click.group("db")
def database() -> None:
    """The database's schema."""


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema to the newest version; harmless when it is there already."""
    _upgrade()
    click.echo("The schema is up to date.")


@database.command("migrate")
@click.option("-m", "--message", required=True, help="what changed, in a few words")
def db_migrate(message: str) -> None:
    """Write a migration for what changed in the models; read it before you commit it."""
    from flask_migrate import migrate

    from guildhall.app import create_app
    from guildhall.migrations import with_migrations

    with with_migrations(create_app()).app_context():
        migrate(message=message)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=int)
@click.option("--workers", default=2, show_default=True, type=int, help="web processes")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web pages with granian."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        backlog=1024,
        backpressure=64,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
        log_level=LogLevels.warning,
    ).serve()


@click.command()
def worker() -> None:
    """Do the jobs: mails, regular upkeep; and keep the search index. Several may run side by side."""
    from guildhall.app import create_app
    from kernel.jobs import work_forever
    from search_index.indexing.indexer import index_forever

    stop = threading.Event()

    def finish(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    app = create_app()
    indexer = threading.Thread(target=index_forever, args=(app, stop), name="indexer")
    indexer.start()
    try:
        with app.app_context():
            work_forever(should_stop=stop.is_set)
    finally:
        stop.set()
        indexer.join(30)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=int)
@click.option("--workers", default=2, show_default=True, type=int, help="web processes")
@click.option("--empty", is_flag=True, help="do not fill a new site with the demo town")
def up(host: str, port: int, workers: int, *, empty: bool) -> None:
    """Bring up the whole site: schema, demo town on the first start, web and worker. Ctrl-C stops it."""
    os.environ.setdefault("GUILDHALL_BASE_URL", f"http://{host}:{port}")
    settings = Settings()
    is_first_start = not (settings.data / "started").exists()
    _upgrade()
    _fill(empty=empty, is_first_start=is_first_start)
    (settings.data / "started").touch()
    click.echo(f"\nGuildhall 会馆 is at {settings.base_url}  (data in {settings.data.resolve()})")
    if not empty and (settings.data / "demo").exists():
        from seeds import SIGN_INS

        click.echo("Sign in as:\n" + "\n".join(f"  {line}" for line in SIGN_INS))
    click.echo("Ctrl-C stops it.\n")
    me = [sys.executable, "-m", "guildhall"]
    keep([[*me, "serve", "--host", host, "--port", str(port), "--workers", str(workers)], [*me, "worker"]])


def _fill(*, empty: bool, is_first_start: bool) -> None:
    from guildhall.app import create_app
    from seeds import ensure_sectors, seed_demo

    with create_app().app_context():
        ensure_sectors()
        if is_first_start and not empty:
            seed_demo()
            (Settings().data / "demo").touch()


def keep(commands: Sequence[list[str]]) -> None:
    """Run the parts, each anew when it dies, until one cannot even begin or somebody stops us; then stop all, gently.

    A worker that is killed does not take the pages with it.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    began = [time.monotonic()] * len(commands)
    parts = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own commands
    is_lost = False
    while not is_lost and not stop.wait(0.3):
        for at, part in enumerate(parts):
            if part.poll() is not None:
                is_lost = is_lost or time.monotonic() - began[at] < SHORTEST_LIFE
                if not is_lost:
                    click.echo(f"A part of the site ended and is started anew: {commands[at][-1]}", err=True)
                    parts[at], began[at] = subprocess.Popen(commands[at]), time.monotonic()  # noqa: S603 - our own command
    for part in parts:
        part.terminate()
    for part in parts:
        try:
            part.wait(20)
        except subprocess.TimeoutExpired:
            part.kill()
    if not stop.is_set():
        raise SystemExit(1)


COMMANDS = [database, serve, worker, up]
