"""Commands that run the site: the web server, the worker, both together, and the migrations before them."""

import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import click

from guildhall.settings import Settings

AUTHORITY = 318  # added to the site's port
SECRET_NAMES = ("secret", "key", "providers", "mail_url", "inbox", "database_url", "redis_url", "witnesses", "tsa_urls")
CONNECTIONS = (
    4096  # of each process: browsers keep theirs open for minutes, and one more than these would wait for one to close
)
SHORTEST_LIFE = 5.0  # seconds: a part that ends sooner would end so again


def _upgrade() -> None:
    from flask_migrate import upgrade

    from guildhall.app import create_app
    from guildhall.migrations import with_migrations
    from ip_registry.logs import open_log
    from kernel.db import db
    from kernel.work import unit_of_work

    with with_migrations(create_app()).app_context():
        upgrade()
        with unit_of_work() as work:
            open_log(work)
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

    from kernel.metrics import forget_the_dead

    forget_the_dead(Settings().data / "metrics")
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())  # on purpose
    Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=8,  # registrations wait for one another, and are placed together
        backlog=1024,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
        log_level=LogLevels.warning,
    ).serve()


@click.command()
def worker() -> None:
    """Do the jobs: mails, regular upkeep; keep the search index, and backups. Several may run side by side."""
    from guildhall.app import create_app
    from guildhall.backup.schedule import keep_backups
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
    keeper = threading.Thread(target=keep_backups, args=(app, stop), name="backups")
    keeper.start()
    try:
        with app.app_context():
            work_forever(should_stop=stop.is_set)
    finally:
        stop.set()
        indexer.join(30)
        keeper.join(30)


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
    click.echo(f"\nGuildhall 会馆 will be at {settings.base_url} in a moment  (data in {settings.data.resolve()})")
    _say_how_to_begin(settings)
    me = [sys.executable, "-m", "guildhall"]
    authority = _demo_authority(settings, port) if not settings.tsa_urls else []
    click.echo("Ctrl-C stops it.\n")
    keep(
        [
            *([*me, *one] for one in authority),
            [*me, "serve", "--host", host, "--port", str(port), "--workers", str(workers)],
            [*me, "worker"],
        ]
    )


def _say_how_to_begin(settings: Settings) -> None:
    """Who can sign in; and where mail is, while no server takes it."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "guildhall" else "guildhall"
    command = f"GUILDHALL_DATA={shlex.quote(str(settings.data))} {shlex.quote(program)}"
    if (settings.data / "demo").exists():
        from seeds import SIGN_INS

        click.echo("Sign in as:\n" + "\n".join(f"  {line}" for line in SIGN_INS))
    else:
        click.echo(f"A staff account is made by: {command} admin create you@example.cn")
    if not settings.mail_url:
        click.echo(f"Mail is kept here until GUILDHALL_MAIL_URL names a server; the newest: {command} mail show")


def _demo_authority(settings: Settings, port: int) -> list[list[str]]:
    """The command of a time authority for trying out, on a demo site; the other parts find it in the environment."""
    from ip_registry.time import demo
    from ip_registry.time.tokens import DEMO

    if not (settings.data / "demo").exists() or not demo.is_possible():
        return []
    folder = settings.data / "demo-authority"
    address = f"127.0.0.1:{_free_port(port + AUTHORITY)}"
    os.environ["GUILDHALL_TSA_URLS"] = f"http://{address}/|{quote(str(demo.prepare(folder).resolve()))}"
    click.echo(f"Time stamps come from a {DEMO} (GUILDHALL_TSA_URLS names real ones).")
    return [["tsa", "--data", str(folder), "--listen", address]]


def _free_port(first: int) -> int:
    """The first port from there on that nobody listens on; the same one at every start, if it can be."""
    for port in range(first, first + 50):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return first


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


@click.command("settings")
def show_settings() -> None:
    """List everything that can be set, what it is for, and what it is now; secrets are only said to be there."""
    settings = Settings()
    for name, field in Settings.model_fields.items():
        value = str(getattr(settings, name) or "")
        hidden = bool(value) and any(word in name for word in SECRET_NAMES)
        click.echo(f"GUILDHALL_{name.upper()}={'(set)' if hidden else value}")
        if field.description:
            click.echo(f"    {field.description}")


COMMANDS = [database, serve, worker, up, show_settings]
