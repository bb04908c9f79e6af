"""Packing and taking in, a second at a time: what somebody's archive takes long for never holds up other people's mail.

Where a worker is in an archive, only that process knows. When it is killed, another begins anew a minute later, some
times: an export is written again, and an import finds that what it took is in already.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy import or_, select

from accounts.blobs import blob_store, hold_blobs
from accounts.models import ArchiveKind, ArchiveState, PersonArchive
from accounts.personal.keeping import TAKING, must_be_theirs, refuse_archive, tell_ready
from accounts.personal.opening import look_through
from accounts.personal.packing import pack
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.i18n import speaking
from kernel.jobs import job
from kernel.personal import Report, importers
from kernel.viewer import Viewer
from kernel.work import after_commit, reading, unit_of_work

log = structlog.get_logger("guildhall.archives")

SLICE = 1.0  # seconds
LEFT_BEHIND = timedelta(minutes=1)
MOST_ATTEMPTS = 5

Steps = Iterator[tuple[int, int]]
_running: dict[int, Steps] = {}


@job("accounts.archives", every=timedelta(seconds=2))
def archives() -> None:
    """Go on with the archive that waits longest."""
    after_commit(advance)


def advance(*, seconds: float = SLICE, only: int | None = None) -> bool:
    """Work for a while on one archive, or on this one; says whether there was one. Never inside a unit of work."""
    with reading():
        if (
            session().scalar(select(PersonArchive.id).where(PersonArchive.state == ArchiveState.WAITING).limit(1))
            is None
        ):
            return False
    with unit_of_work():
        claimed = _claim(only)
    if claimed is None:
        return False
    archive_id, viewer, start = claimed
    steps = _running.get(archive_id) or start()
    _running[archive_id] = steps
    try:
        with speaking(viewer.locale):
            _go_on(archive_id, steps, seconds)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again, and in the end its owner is told
        _running.pop(archive_id, None)
        log.warning("archive failed", archive=archive_id, error=f"{type(error).__name__}: {error}")
        with unit_of_work():
            _note_failure(archive_id)
    return True


def _go_on(archive_id: int, steps: Steps, seconds: float) -> None:
    end = time.monotonic() + seconds
    place: tuple[int, int] | None = (0, 0)
    while place is not None and time.monotonic() < end:
        place = next(steps, None)
    if place is None:
        _running.pop(archive_id, None)
        return
    with unit_of_work():
        archive = session().get(PersonArchive, archive_id, populate_existing=True)
        if archive is not None and archive.state == ArchiveState.WAITING:
            archive.done, archive.total = place
            archive.seen_at = now()


def _claim(only: int | None) -> tuple[int, Viewer, Callable[[], Steps]] | None:
    """The archive that this process is at, else one that nobody is."""
    free = or_(PersonArchive.worker.in_(("", _me())), PersonArchive.seen_at < now() - LEFT_BEHIND)
    query = select(PersonArchive).where(PersonArchive.state == ArchiveState.WAITING, free)
    if only is not None:
        query = query.where(PersonArchive.id == only)
    archive = session().scalars(query.order_by(PersonArchive.id).limit(1).with_for_update(skip_locked=True)).first()
    if archive is None:
        return None
    if archive.worker != _me():
        _running.pop(archive.id, None)
        if archive.worker and _has_failed_again(archive):  # it may be the archive that kills workers
            return None
    archive.worker, archive.seen_at = _me(), now()
    archive_id, viewer = archive.id, viewer_for(archive.user_id)
    make = _pack if archive.kind == ArchiveKind.EXPORT else _take_in
    return archive_id, viewer, lambda: make(archive_id, viewer)


def _pack(archive_id: int, viewer: Viewer) -> Steps:
    folder: Path = current_app.config["DATA"] / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"archive-{archive_id}-{secrets.token_hex(4)}.zip"
    try:
        yield from pack(viewer, target, site=current_app.config["BASE_URL"])
        with target.open("rb") as made, unit_of_work():
            archive = _now(archive_id)
            hold_blobs(exclusive=False)
            archive.sha256 = blob_store().put(made)
            archive.size = target.stat().st_size
            _finish(archive)
    finally:
        target.unlink(missing_ok=True)


def _take_in(archive_id: int, viewer: Viewer) -> Steps:
    with reading():
        archive = session().get_one(PersonArchive, archive_id)
        sha256, may_post = archive.sha256, archive.may_post
    report, done = Report(), 0
    with blob_store().open(sha256 or "") as file:
        try:
            source = yield from look_through(file)
            if may_post is None:
                with reading():
                    must_be_theirs(viewer, source)
        except InvalidError as refusal:
            with unit_of_work():
                refuse_archive(_now(archive_id), reason=refusal.detail)
            return
        with unit_of_work():
            archive = _now(archive_id)
            archive.report = {**archive.report, "step": TAKING, "host": source.host, "handle": source.handle}
        source.may_post = bool(may_post)
        for importer in importers().values():
            portions = importer(viewer, source, report)
            while True:
                with unit_of_work():
                    count = next(portions, None)
                if count is None:
                    break
                done += count
                yield min(done, source.lines), source.lines
    with unit_of_work():
        archive = _now(archive_id)
        report.go_on_from(archive.report.get("taken", {}))
        archive.report = {"host": source.host, "handle": source.handle, **report.as_json()}
        _finish(archive, asks=bool(report.waiting) and archive.may_post is None)


def _now(archive_id: int) -> PersonArchive:
    return session().get_one(PersonArchive, archive_id, populate_existing=True)


def _finish(archive: PersonArchive, *, asks: bool = False) -> None:
    archive.state = ArchiveState.ASKED.value if asks else ArchiveState.READY.value
    archive.done = archive.total
    archive.finished_at = now()
    tell_ready(archive)


def _note_failure(archive_id: int) -> None:
    archive = session().get(PersonArchive, archive_id, populate_existing=True)
    if archive is not None:
        _has_failed_again(archive)


def _has_failed_again(archive: PersonArchive) -> bool:
    """Count it; whether it was once too often, and its owner is told."""
    attempts = int(archive.report.get("attempts", 0)) + 1
    archive.report = {**archive.report, "attempts": attempts}
    archive.worker, archive.done = "", 0
    if attempts < MOST_ATTEMPTS:
        return False
    archive.state, archive.finished_at = ArchiveState.FAILED.value, now()
    tell_ready(archive)
    return True


def _me() -> str:
    return _name_of(os.getpid())


@cache
def _name_of(process: int) -> str:
    return f"{process}-{secrets.token_hex(8)}"
