"""The worker's backups: when they are due, what is kept of them, and who hears when they fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.grants import grant_by_rule
from guildhall.backup import running
from guildhall.backup.errors import BackupError
from guildhall.backup.schedule import is_due
from guildhall.settings import Settings
from kernel import backups
from kernel.backups import BackupRun, RunKind
from kernel.clock import now
from kernel.mail import Mail
from kernel.viewer import STAFF
from kernel.work import unit_of_work
from tests.makers import backups as make
from tests.makers.people import person
from tests.operating.conftest import Ground


@pytest.fixture
def settings(app: Flask, tmp_path: Path) -> Iterator[Settings]:
    """The site with a place for its backups."""
    before: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(update={"backup_to": str(tmp_path / "kept"), "backup_at": "19:00"})
    yield app.config["SETTINGS"]
    app.config["SETTINGS"] = before


def run(kind: RunKind, *, at: datetime, state: str = "done") -> None:
    with unit_of_work() as work:
        work.add(BackupRun(kind=kind, state=state, started_at=at, seen_at=at))


def test_a_backup_is_due_once_a_day_and_after_a_fault_in_an_hour(database: Session, settings: Settings) -> None:
    evening = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)

    def due_at(at: datetime) -> bool:
        with time_machine.travel(at, tick=False):
            return is_due(RunKind.BACKUP, settings)

    assert due_at(evening - timedelta(hours=5))  # there is none yet
    run(RunKind.BACKUP, at=evening - timedelta(hours=5))
    assert not due_at(evening - timedelta(minutes=1))
    assert due_at(evening)
    run(RunKind.BACKUP, at=evening, state="running")
    assert not due_at(evening + timedelta(minutes=4))
    assert not due_at(evening + timedelta(minutes=50))  # it was killed: again after an hour
    assert due_at(evening + timedelta(minutes=61))
    run(RunKind.BACKUP, at=evening + timedelta(minutes=61), state="failed")
    assert not due_at(evening + timedelta(minutes=90))
    assert due_at(evening + timedelta(minutes=122))


def test_a_rehearsal_is_due_each_week_if_it_can_be_opened(database: Session, settings: Settings) -> None:
    assert not is_due(RunKind.REHEARSAL, settings)
    run(RunKind.BACKUP, at=now())
    assert is_due(RunKind.REHEARSAL, settings)
    assert not is_due(RunKind.REHEARSAL, settings.model_copy(update={"backup_recipient": "age1abc"}))
    run(RunKind.REHEARSAL, at=now() - timedelta(days=6))
    assert not is_due(RunKind.REHEARSAL, settings)


def test_health_tells_how_old_the_newest_good_backup_is(
    client: FlaskClient, database: Session, settings: Settings
) -> None:
    assert client.get("/healthz").json["backup"]["state"] == "none"
    run(RunKind.BACKUP, at=now() - timedelta(hours=3))
    said = client.get("/healthz").json["backup"]
    assert said["state"] == "ok"
    assert said["age_seconds"] == pytest.approx(3 * 3600, abs=60)
    assert said["rehearsal"] == "none"
    run(RunKind.BACKUP, at=now(), state="failed")
    assert client.get("/healthz").json["backup"]["state"] == "failing"


def test_health_says_when_no_backup_is_made_any_more(
    client: FlaskClient, database: Session, settings: Settings
) -> None:
    run(RunKind.BACKUP, at=now() - timedelta(hours=60))
    assert client.get("/healthz").json["backup"]["state"] == "late"


def test_a_backup_that_fails_is_told_to_the_staff_once_a_day(database: Session, settings: Settings) -> None:
    keeper = person(locale="en")
    grant_by_rule(user_id=keeper.id, token=STAFF)
    person(locale="en")
    for _try in range(2):
        number = backups.begin_run(RunKind.BACKUP)
        assert number is not None
        backups.end_run(number, error="/mnt/backups: No space left on device.")
        running.tell_staff(RunKind.BACKUP)
    (mail,) = database.scalars(select(Mail).where(Mail.subject == "The backup failed")).all()
    assert mail.recipient == keeper.email
    assert "No space left on device" in mail.body


def test_only_one_backup_runs_at_a_time(database: Session) -> None:
    assert backups.begin_run(RunKind.BACKUP) is not None
    assert backups.begin_run(RunKind.BACKUP) is None
    assert backups.begin_run(RunKind.REHEARSAL) is not None


def test_what_was_made_is_kept_account_of_rehearsed_and_thinned_out(site: Ground, tmp_path: Path) -> None:
    settings = site.settings.model_copy(update={"backup_to": str(tmp_path), "backup_keep": "1 0 0"})
    with make.opened(settings):
        with pytest.raises(BackupError, match="no backup"):
            running.rehearse_newest(settings, identity=None, progress=make.silent)
        running.back_up(settings, progress=make.silent)
        with time_machine.travel(now() + timedelta(seconds=2)):
            made = running.back_up(settings, progress=make.silent)
        assert [path.name for path in tmp_path.iterdir()] == [made.name]
        assert made.manifest["left_out"] == ["ledger.key", "secret_key"]
        done = running.rehearse_newest(settings, identity=None, progress=make.silent)
        assert done.faults == []
        newest = backups.latest_backups()[0]
        assert (newest.outcome, newest.name, newest.size) == ("done", made.name, made.size)
        good, failed = backups.latest_rehearsals()
        assert (good.outcome, good.name, failed.outcome) == ("done", made.name, "failed")
