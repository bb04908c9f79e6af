"""Restoring: unpacked and compared beside the site, then swapped in, and what was there before is kept.

The swap is a plan in a file. Whoever is killed in the midst of it is finished by the next `guildhall restore`; until
then the site does not start.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import delete, make_url, update

from accounts.models import ApiToken, UserSession
from guildhall.backup import raising
from guildhall.backup.contents import DATABASE, LEDGER_KEY, OLD, SCRATCH, database_file
from guildhall.backup.errors import BackupError
from guildhall.backup.making import Progress
from guildhall.backup.raising import Manifest
from guildhall.settings import HALF_RESTORED, Settings
from ip_registry.highwater import high_water_path
from kernel.clock import now
from kernel.db import changed
from kernel.mail import Mail
from kernel.work import unit_of_work
from ledger import highwater

RESTORED = "restored"  # the outbox explains it
PLAN = HALF_RESTORED.name
RESTORING, _REHEARSAL = SCRATCH


def restore(settings: Settings, pieces: Iterator[bytes], *, replace: bool, progress: Progress) -> Manifest:
    """Put a backup in place of what is here; with `replace`, also of a site, which is kept beside it."""
    scratch = settings.data / RESTORING
    database = database_file(settings)
    if database is not None and database.parent.resolve() != settings.data.resolve():
        raise BackupError("The database of this site does not lie in GUILDHALL_DATA; restore it there.")
    if not replace and _is_used(settings):
        raise BackupError("There is a site here already: --replace puts it aside and the backup in its place.")
    shutil.rmtree(scratch, ignore_errors=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        manifest = _raise_beside(settings, scratch, pieces, progress)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raising.forget_database(settings, suffix=RESTORING)
        raise
    finish(settings)
    return manifest


def _raise_beside(settings: Settings, scratch: Path, pieces: Iterator[bytes], progress: Progress) -> Manifest:
    """Everything short of the swap, which is planned in the end."""
    manifest = raising.Unpacking(scratch, settings, progress).run(pieces)
    is_older = raising.is_older(manifest["schema"])
    progress("raising the database", 0, 0)
    url = raising.raise_database(settings, scratch, suffix=RESTORING)
    if faults := raising.compare(url, manifest):
        raise BackupError("What was restored is not what was backed up: " + " ".join(faults[:5]))
    if is_older:
        progress("bringing the schema up", 0, 0)
        raising.upgrade(settings, scratch, url)
    _stand_still(settings)
    _write_plan(settings, scratch, url)
    return manifest


def is_half_done(settings: Settings) -> bool:
    """Whether a restore was killed while it swapped."""
    return (settings.data / HALF_RESTORED).exists()


def finish(settings: Settings) -> None:
    """Swap, or go on with it: each step is done or not, and the database comes last."""
    scratch = settings.data / RESTORING
    plan = json.loads((scratch / PLAN).read_text())
    old = settings.data / plan["old"]
    old.mkdir(exist_ok=True)
    for name in [*plan["aside"], *plan["names"]]:
        here, new = settings.data / name, scratch / name
        if here.exists() and (new.exists() or name in plan["aside"]):
            here.rename(old / name)
        if new.exists():
            new.rename(here)
    if plan["database"]:
        _swap_databases(settings, plan)
    with suppress(OSError):
        old.rmdir()  # only if nothing was here before
    os.sync()
    (scratch / PLAN).unlink()
    shutil.rmtree(scratch)


def end_sign_ins() -> None:
    """Nobody is signed in any more, and no program's token opens anything: some may have been revoked since."""
    with unit_of_work() as work:
        work.execute(delete(UserSession).execution_options(synchronize_session=False))
        revoked = update(ApiToken).where(ApiToken.revoked_at.is_(None)).values(revoked_at=now())
        work.execute(revoked.execution_options(synchronize_session=False))


def hold_waiting_mail() -> int:
    """What waited when the backup was made may have been sent since: it lies dead, for the staff to send or drop."""
    waited = Mail.state.in_(("waiting", "sending"))
    with unit_of_work():
        held = update(Mail).where(waited).values(state="dead", reason=RESTORED, claimed_at=None)
        return changed(held, synchronize_session=False)


def about_the_log(manifest: Manifest) -> list[str]:
    """Whether the log signs on, and what to do where it does not."""
    sentences = []
    for log in manifest["ledger"][-1:]:
        seen = highwater.read(high_water_path(log["label"]))
        if seen is None:
            sentences.append(
                f"The log has {log['size']:,} entries, and nothing here knows whether more were signed after the "
                "backup, so it does not sign. If the site stood still since the backup: guildhall registry remember. "
                "If entries may be lost: guildhall registry freeze, which opens a new log."
            )
        elif seen.size > log["size"]:
            sentences.append(
                f"The log was signed up to {seen.size:,} entries, and this backup has {log['size']:,}: it does not "
                "sign, since it would sign another history. Restore a newer backup; if there is none: guildhall "
                "registry freeze, which opens a new log. People's evidence of the lost entries stays valid."
            )
    return sentences


def about_what_is_left_out(manifest: Manifest, settings: Settings) -> list[str]:
    """What the backup does not bring along, as far as it matters."""
    sentences = []
    if LEDGER_KEY in manifest["left_out"] and not (settings.ledger_key or settings.data / LEDGER_KEY).exists():
        sentences.append(
            "The secret of the log is not in the backup: bring ledger.key back from its safe copy, or close the log "
            "for good (guildhall registry freeze)."
        )
    if others := [name for name in manifest["left_out"] if name != LEDGER_KEY]:
        sentences.append(f"Secrets that the backup does not hold, since it is not encrypted: {', '.join(others)}.")
    if manifest["missing"]:
        sentences.append(f"{len(manifest['missing']):,} files were missing already when it was made.")
    if manifest["damaged"]:
        sentences.append(f"{len(manifest['damaged']):,} files were damaged already when it was made.")
    return sentences


def _is_used(settings: Settings) -> bool:
    return raising.has_tables(settings.database()) or any((settings.data / "files").glob("*/*/*"))


def _stand_still(settings: Settings) -> None:
    """Refuse to swap under a running site; SQLite's log goes into its file, so that the file alone is the database."""
    path = database_file(settings)
    if path is None or not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1)) as here:
            here.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault):
            raise BackupError("The site is running: stop it first, web and worker.") from fault
    except sqlite3.DatabaseError:  # it is broken, which may be why somebody restores
        return


def _write_plan(settings: Settings, scratch: Path, url: str) -> None:
    names = sorted(path.name for path in scratch.iterdir() if path.name != DATABASE)
    aside = ["search", *(f"{DATABASE}{end}" for end in ("-wal", "-shm"))]
    plan: dict[str, Any] = {
        "old": OLD + now().strftime("%Y%m%dT%H%M%SZ"),
        "aside": [name for name in aside if (settings.data / name).exists()],
        "names": [*names, *([DATABASE] if (scratch / DATABASE).exists() else [])],
        "database": make_url(url).database if url.startswith("postgresql") else "",
    }
    fresh = scratch / f"{PLAN}.part"
    with fresh.open("w") as file:
        json.dump(plan, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(scratch / PLAN)
    os.sync()


def _swap_databases(settings: Settings, plan: dict[str, Any]) -> None:
    """One transaction renames both; PostgreSQL refuses while anybody is connected."""
    url = make_url(settings.database())
    scratch, old = plan["database"], f"{url.database}_{plan['old'].replace('-', '_').lower()}"
    there = raising.databases(url)
    if scratch not in there:
        return
    renames = [(scratch, url.database)]
    if url.database in there:
        renames.insert(0, (str(url.database), old))
    statements = [f'ALTER DATABASE "{before}" RENAME TO "{after}"' for before, after in renames]
    raising.administer(url, *statements, together=True)
