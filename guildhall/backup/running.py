"""Backups and rehearsals that are kept account of: one at a time, shown on the desk, and told when they fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from accounts.models import Grant, User
from guildhall.backup import rotation
from guildhall.backup.errors import BackupError
from guildhall.backup.making import Made, Progress, make_backup
from guildhall.backup.places import Place, place_of
from guildhall.backup.rehearsing import Rehearsed, rehearse
from guildhall.backup.sealing import opened
from guildhall.settings import Settings
from kernel import backups
from kernel.backups import BackupRun, RunKind
from kernel.clock import now
from kernel.i18n import speaking
from kernel.mail import send_mail
from kernel.viewer import STAFF
from kernel.work import unit_of_work

log = structlog.get_logger("guildhall.backup")

EVERY = 2.0  # seconds between notes of progress
TOLD_AGAIN = timedelta(hours=23)


def back_up(settings: Settings, *, progress: Progress) -> Made:
    """Make a backup where they are kept, and remove those that no rule keeps any more."""
    place = place_of(settings.backup_to, settings)
    is_sealed = bool(settings.backup_recipient)
    name = rotation.name_at(now(), base_url=settings.base_url, is_sealed=is_sealed)
    with _accounted(RunKind.BACKUP, progress) as run:
        made = make_backup(settings, place=place, name=name, with_secrets=is_sealed, progress=run.progress)
        kept = [one.name for one in place.kept()]
        for old in rotation.superseded(kept, keep=settings.backup_keep, base_url=settings.base_url):
            place.remove(old)
        manifest = made.manifest
        facts = {key: manifest[key] for key in ("schema", "left_out", "damaged")}
        facts |= {"missing": len(manifest["missing"]), "files": manifest["files"]["count"]}
        run.ended.update(name=made.name, size=made.size, facts=facts)
    return made


def rehearse_newest(settings: Settings, *, identity: Path | None, progress: Progress) -> Rehearsed:
    """Rehearse the newest of the backups that are kept."""
    place = place_of(settings.backup_to, settings)
    with _accounted(RunKind.REHEARSAL, progress) as run:
        name = newest(settings, place)
        run.ended.update(name=name)
        done = rehearse(settings, opened(place.read(name), identity or settings.backup_identity), progress=run.progress)
        run.ended.update(facts=done.facts, error=" ".join(done.faults[:5]))
    return done


def newest(settings: Settings, place: Place) -> str:
    """The newest backup of this site that is there."""
    names = rotation.ours([one.name for one in place.kept()], base_url=settings.base_url)
    if not names:
        raise BackupError(f"There is no backup of {settings.base_url} in {place}.")
    return names[0]


@dataclass
class _Run:
    id: int
    shown: Progress
    ended: dict[str, Any] = field(default_factory=dict)
    _at: tuple[str, int, int] = ("", 0, 0)

    def progress(self, stage: str, done: int, expected: int) -> None:
        """Show it; the thread beside notes it."""
        self._at = stage, done, expected
        self.shown(stage, done, expected)

    def note_until(self, app: Flask, is_over: threading.Event) -> None:
        """Note now and then how far it is, and that it lives; a busy database is no reason to fail."""
        while not is_over.wait(EVERY):
            stage, done, expected = self._at
            with suppress(SQLAlchemyError), app.app_context():
                backups.note_progress(self.id, stage=stage, done=done, expected=expected)


@contextmanager
def _accounted(kind: RunKind, shown: Progress) -> Iterator[_Run]:
    identity = backups.begin_run(kind)
    if identity is None:
        raise BackupError("Another one is running; the staff desk shows how far it is.")
    run, is_over = _Run(identity, shown), threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the thread needs the application itself
    noting = threading.Thread(target=run.note_until, args=(app, is_over), name="progress", daemon=True)
    noting.start()
    try:
        yield run
    except BaseException as fault:
        run.ended["error"] = str(fault) or type(fault).__name__
        raise
    finally:
        is_over.set()
        noting.join()
        backups.end_run(identity, **run.ended)
        if run.ended.get("error"):
            log.error("failed", kind=kind, error=run.ended["error"])
            tell_staff(kind)
        else:
            log.info("done", kind=kind, name=run.ended.get("name"))


def tell_staff(kind: RunKind) -> None:
    """Mail to the staff that it failed, once a day."""
    with unit_of_work() as work:
        last = backups.last_begun(kind)
        told = select(BackupRun.id).where(
            BackupRun.kind == kind, BackupRun.is_told, BackupRun.started_at > now() - TOLD_AGAIN
        )
        if last is None or work.scalar(told.limit(1)) is not None:
            return
        last.is_told = True
        good = backups.last_good(RunKind.BACKUP)
        page = current_app.jinja_env.get_template("emails/backup_failed.txt")  # there is no request to render for
        facts = {"kind": kind, "error": last.error, "good": good, "base_url": current_app.config["BASE_URL"] + "/"}
        staff = select(User).join(Grant, Grant.user_id == User.id).where(Grant.token == STAFF)
        for person in work.scalars(staff.where(User.suspended_at.is_(None))).unique():
            with speaking(person.locale):
                subject = _("The backup failed") if kind == RunKind.BACKUP else _("The rehearsal of a backup failed")
                send_mail(to=person.email, subject=subject, body=page.render(facts).strip() + "\n", user_id=person.id)
