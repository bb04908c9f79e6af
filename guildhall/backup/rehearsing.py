"""A rehearsal: a backup is restored into a scratch place, compared with what it says of itself, and thrown away."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from guildhall.backup import raising
from guildhall.backup.contents import SCRATCH
from guildhall.backup.making import Progress
from guildhall.backup.raising import Manifest
from guildhall.settings import Settings
from ip_registry.models import LedgerLog
from ip_registry.storage import SqlArchive
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.work import reading
from ledger.errors import LedgerError
from ledger.tree import root_at

_RESTORING, REHEARSAL = SCRATCH


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What was compared, and what is wrong."""

    manifest: Manifest
    faults: list[str]
    seconds: float

    @property
    def facts(self) -> dict[str, Any]:
        """For the desk."""
        tables = self.manifest["tables"].values()
        return {
            "made_at": self.manifest["made_at"],
            "tables": len(tables),
            "rows": sum(table["rows"] for table in tables),
            "files": self.manifest["files"]["count"],
            "entries": sum(log["size"] for log in self.manifest["ledger"]),
            "seconds": round(self.seconds, 1),
            "faults": self.faults[:20],
        }


def rehearse(settings: Settings, pieces: Iterator[bytes], *, progress: Progress) -> Rehearsed:
    """Restore it beside the site, which is not touched: hashes, counts, samples, roots, and `guildhall check`."""
    scratch, began = settings.data / REHEARSAL, time.monotonic()
    shutil.rmtree(scratch, ignore_errors=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        manifest = raising.Unpacking(scratch, settings, progress).run(pieces)
        raising.is_older(manifest["schema"])
        progress("raising the database", 0, 0)
        url = raising.raise_database(settings, scratch, suffix=REHEARSAL)
        progress("comparing", 0, 0)
        faults = raising.compare(url, manifest)
        if not faults:
            progress("checking", 0, 0)
            raising.upgrade(settings, scratch, url)
            with raising.app_on(settings, scratch, url).app_context(), reading():
                faults = [*_faults_of_logs(manifest), *run_checks(mend=False)]
                db.session.remove()
                db.engine.dispose()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        raising.forget_database(settings, suffix=REHEARSAL)
    return Rehearsed(manifest, faults, time.monotonic() - began)


def _faults_of_logs(manifest: Manifest) -> list[str]:
    """The roots, computed anew from the tiles."""
    faults = []
    for log in manifest["ledger"]:
        here = session().scalars(select(LedgerLog).where(LedgerLog.label == log["label"])).one()
        try:
            root = root_at(SqlArchive(session(), here.id), log["size"]).hex()
        except LedgerError as fault:
            root = str(fault)
        if root != log["root"]:
            faults.append(f"The log {log['label']} leads to another root than that which was backed up: {root}.")
    return faults
