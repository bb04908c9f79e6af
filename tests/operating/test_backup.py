"""Backup → destroy → restore: everything is as it was, and what cannot be is said."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from accounts.models import UserSession
from forum.models import Post
from guildhall.app import create_app
from guildhall.backup import raising, restoring
from guildhall.backup.errors import BackupError
from guildhall.backup.rehearsing import rehearse
from guildhall.settings import Settings
from ip_registry import sequencing
from ip_registry.queries.health import ledger_health
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.mail import Mail, send_mail
from kernel.work import reading, unit_of_work
from tests.makers import backups as make
from tests.makers import forum, registry
from tests.makers.people import person, sign_in
from tests.operating.conftest import Ground


def test_what_was_destroyed_comes_back_with_every_row_and_every_byte(site: Ground, elsewhere: Settings) -> None:
    make.restored(elsewhere, site.backup)
    assert make.everything(elsewhere) == make.everything(site.settings)
    assert make.files_of(elsewhere.data) == make.files_of(site.settings.data)
    for name in ("secret_key", "ledger.key"):
        assert (elsewhere.data / name).read_bytes() == (site.settings.data / name).read_bytes()
        assert not (elsewhere.data / name).stat().st_mode & 0o077
    with make.opened(elsewhere):
        with reading():
            assert run_checks(mend=False) == []
        assert "registry remember" in restoring.about_the_log(site.made.manifest)[0]


def test_a_rehearsal_proves_a_backup_and_touches_nothing(site: Ground) -> None:
    before = make.everything(site.settings)
    stages: list[str] = []
    done = rehearse(
        site.settings, iter([site.backup.read_bytes()]), progress=lambda stage, _done, _of: stages.append(stage)
    )
    assert done.faults == []
    assert (done.facts["files"], done.facts["entries"]) == (1, 2)
    assert list(dict.fromkeys(stages)) == ["files", "data", "database", "raising the database", "comparing", "checking"]
    assert make.everything(site.settings) == before
    assert not (site.settings.data / "rehearsal").exists()


def test_a_backup_made_while_people_write_is_of_one_moment(elsewhere: Settings, tmp_path: Path) -> None:
    create_database(elsewhere)
    app = make.settled(elsewhere)
    with app.app_context():
        thread = forum.thread(title="Busy", body="The first of many.")
        db.session.remove()
    stop, written = threading.Event(), []

    def write() -> None:
        with app.app_context():
            written.append(forum.post(thread=thread).number)
            db.session.remove()

    writers = [make.meanwhile(write, until=stop)]
    while len(written) < 3:
        stop.wait(0.01)
    acknowledged = list(written)
    made = make.backed_up(elsewhere, tmp_path / "backups")
    stop.set()
    for writer in writers:
        writer.join()
    with app.app_context():
        db.engine.dispose()
    assert (
        rehearse(elsewhere, iter([(tmp_path / "backups" / made.name).read_bytes()]), progress=make.silent).faults == []
    )
    make.restored(elsewhere, tmp_path / "backups" / made.name, replace=True)
    with make.opened(elsewhere):
        held = set(session().scalars(select(Post.number).where(Post.thread_id == thread.id)))
        assert set(acknowledged) <= held
        assert len(held) <= len(written) + 2


def test_a_backup_from_last_week_does_not_sign_another_history(small: Ground, tmp_path: Path) -> None:
    elsewhere = make.settings_on(tmp_path / "there")
    # By another process: this one, closing the files of a database it has open, would lose SQLite's locks on it.
    copying = [sys.executable, "-c", "import shutil, sys; shutil.copytree(*sys.argv[1:])"]
    subprocess.run([*copying, small.settings.data, elsewhere.data], check=True)
    app, made = create_app(elsewhere), small.made
    with app.app_context():
        registry.record(person())
        db.session.remove()
        db.engine.dispose()
    sequencing._started.clear()
    make.restored(elsewhere, small.backup, replace=True)
    with make.opened(elsewhere):
        said = restoring.about_the_log(made.manifest)
        assert "signed up to 3 entries, and this backup has 2" in said[0]
        assert ledger_health()["state"] == "stale"
        with pytest.raises(sequencing.NotSigningError):
            registry.record(person())
    sequencing._started.clear()


def test_a_restore_refuses_to_replace_a_site_unless_told_and_then_keeps_it(site: Ground, elsewhere: Settings) -> None:
    make.restored(elsewhere, site.backup)
    with pytest.raises(BackupError, match="--replace"):
        make.restored(elsewhere, site.backup)
    (elsewhere.data / "search").mkdir(exist_ok=True)
    make.restored(elsewhere, site.backup, replace=True)
    assert make.everything(elsewhere) == make.everything(site.settings)
    (old,) = elsewhere.data.glob("before-restore-*")
    assert {"files", "secret_key", "search"} <= {path.name for path in old.iterdir()}
    assert not (elsewhere.data / "search").exists()


def test_all_sign_ins_can_be_ended_after_a_restore(small: Ground, tmp_path: Path) -> None:
    elsewhere = make.settings_on(tmp_path / "there")
    make.restored(elsewhere, small.backup)
    with make.opened(elsewhere) as app:
        sign_in(app.test_client(), person())
        restoring.end_sign_ins()
        assert session().scalar(select(func.count()).select_from(UserSession)) == 0


def test_mail_that_waited_when_the_backup_was_made_is_not_sent_a_second_time(small: Ground, tmp_path: Path) -> None:
    elsewhere = make.settings_on(tmp_path / "there")
    make.restored(elsewhere, small.backup)
    with make.opened(elsewhere):
        with unit_of_work():
            waiting = send_mail(to="li@example.cn", subject="Then", body="It may have gone out since.")
            waiting.state = "waiting"
        assert restoring.hold_waiting_mail() == 1
        held = session().get_one(Mail, waiting.id, populate_existing=True)
        assert (held.state, held.reason) == ("dead", "restored")


def create_database(settings: Settings) -> None:
    """The database that the settings name, empty, where it has to be made."""
    if not settings.database_url:
        return
    url = make_url(settings.database())
    raising.administer(url, f"CREATE DATABASE \"{url.database}\" ENCODING 'UTF8' TEMPLATE template0")
