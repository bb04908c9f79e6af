"""How far the logs of this site were signed, noted on this machine outside the database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from flask import current_app
from flask_babel import gettext as _

from kernel.errors import GuildhallError
from ledger import highwater
from ledger.errors import LedgerError
from ledger.log import LogState

log = structlog.get_logger("guildhall.registry")


class NotRememberedError(GuildhallError):
    """What was signed stands in the database, and must not leave this machine yet."""

    status = 503
    code = "not-signing"


def high_water_path(label: str) -> Path:
    """The file that remembers how far a log of this site was signed; it does not go into backups."""
    settings = current_app.config["SETTINGS"]
    path: Path = settings.high_water or settings.data / "ledger.high-water"
    return path.with_name(f"{path.name}.{label}")


def remember(label: str, state: LogState) -> None:
    """Note on this machine how far the log was signed, after the commit and before anything of it leaves.

    Whoever comes later may have noted more already: a later state of the same log, so that is well. Where the file
    is damaged or the disk is full, `NotRememberedError` keeps everything that was signed in.
    """
    path = high_water_path(label)
    try:
        if _knows(path, state):
            return
        with _alone(path):
            highwater.record(path, state, unless_later=True)
    except (OSError, LedgerError) as fault:
        log.exception("the high-water file cannot be written", path=str(path))
        raise NotRememberedError(
            _("This machine cannot note how far the log was signed, so nothing new of it is shown. Try again later.")
        ) from fault


def remember_shown(label: str, state: LogState) -> None:
    """The same before something that the database holds is shown.

    Where the file is missing nothing is noted: after a restore that would vouch for a database that may be an old one.
    What is shown was signed before, and here nothing is signed until somebody says that the database is the newest.
    """
    if high_water_path(label).exists():
        remember(label, state)


def _knows(path: Path, state: LogState) -> bool:
    seen = highwater.read(path)
    return seen is not None and seen.size >= state.size


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time writes the file."""
    lock = f"{path}.lock"
    try:
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
