"""The worker's part: a backup a day and a rehearsal a week, each in a process of its own."""

import subprocess
import sys
import threading
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from guildhall.settings import Settings
from kernel import backups
from kernel.backups import BackupRun, RunKind
from kernel.clock import now
from kernel.work import reading

log = structlog.get_logger("guildhall.backup")

LOOK = 60.0  # seconds
AGAIN = timedelta(hours=1)
REHEARSED = timedelta(days=7)
REHEARSED_AGAIN = timedelta(days=1)
COMMANDS = {RunKind.BACKUP: "backup", RunKind.REHEARSAL: "rehearse"}


def keep_backups(app: Flask, stop: threading.Event) -> None:
    """See to it until `stop`; nothing here ends the worker."""
    settings: Settings = app.config["SETTINGS"]
    while not stop.wait(LOOK if settings.backup_to else None):
        try:
            with app.app_context(), reading():
                due = next((kind for kind in RunKind if is_due(kind, settings)), None)
        except SQLAlchemyError as fault:
            log.warning("cannot look for backups", error=str(fault))
            continue
        if due is not None:
            _run(COMMANDS[due], stop)


def is_due(kind: RunKind, settings: Settings) -> bool:
    """Whether one should begin now: what failed is tried again later, and nothing encrypted without its key."""
    last = backups.last_begun(kind)
    if last is not None and last.outcome == "running":
        return False
    if kind == RunKind.BACKUP:
        return _since(last, _last_time(settings.backup_at), AGAIN)
    if backups.last_good(RunKind.BACKUP) is None or (settings.backup_recipient and settings.backup_identity is None):
        return False
    return _since(last, now() - REHEARSED, REHEARSED_AGAIN)


def _since(last: BackupRun | None, due: datetime, again: timedelta) -> bool:
    if last is None or last.started_at < due:
        return last is None or last.outcome == "done" or now() - last.started_at > again
    return last.outcome != "done" and now() - last.started_at > again


def _last_time(clock: str) -> datetime:
    """The newest moment at which it was this time of the day."""
    hour, minute = map(int, clock.split(":"))
    today = now().replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= now() else today - timedelta(days=1)


def _run(command: str, stop: threading.Event) -> None:
    """In a process of its own: it may take an hour and much memory; when the worker ends, so does it."""
    program = subprocess.Popen([sys.executable, "-m", "guildhall", command], stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    while program.poll() is None:
        if stop.wait(0.5):
            program.terminate()
            program.wait(30)
            return
    if program.returncode:
        log.warning("ended with a fault", command=command, code=program.returncode)
