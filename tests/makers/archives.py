"""Archives of people: made by the worker's own steps, and made wrong on purpose."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from accounts.blobs import blob_store
from accounts.models import ArchiveKind, Departure, PersonArchive, User
from accounts.personal import going, keeping, working
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.db import session
from kernel.work import unit_of_work


def packed(user: User) -> bytes:
    """What somebody takes along."""
    with unit_of_work():
        asked = keeping.ask_for_archive(viewer_for(user.id))
    work()
    made = session().get_one(PersonArchive, asked.id, populate_existing=True)
    assert made.state == "ready", made.report
    with blob_store().open(made.sha256 or "") as file:
        return file.read()


def brought(user: User, content: bytes, *, may_post: bool | None = None) -> PersonArchive:
    """An archive that somebody brings, taken in as far as it may be."""
    file = io.BytesIO(content)
    with unit_of_work():
        kept = keeping.bring_archive(viewer_for(user.id), file=file, name="mine.zip", may_post=may_post)
    work()
    return session().get_one(PersonArchive, kept.id, populate_existing=True)


def work() -> None:
    """All archives that wait."""
    while working.advance(seconds=60):
        pass


def archive_of(user: User, kind: ArchiveKind) -> PersonArchive:
    """The last one."""
    return keeping.my_archives(viewer_for(user.id), kind)[0]


def gone(user: User, *, removes: bool = False, hindered: bool = False) -> None:
    """Somebody who asked to go, and whose time has come; with `hindered`, whatever they should hand over first."""
    with unit_of_work() as work:
        if hindered:
            work.add(Departure(user_id=user.id, removes=removes, due_at=now(), begun_at=now()))
        else:
            going.ask_to_go(viewer_for(user.id), removes=removes).due_at = now()
    while going.portion():
        pass
    assert session().get_one(Departure, user.id, populate_existing=True).done_at is not None


def rows(content: bytes, table: str) -> list[dict[str, Any]]:
    """The rows of a table in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        path = f"data/{table}.jsonl"
        text = bundle.read(path) if path in bundle.namelist() else b""
    return [json.loads(line) for line in text.splitlines()]


def changed(
    content: bytes,
    change: Callable[[dict[str, bytes]], None],
    *,
    manifest: Callable[[dict[str, Any]], None] = lambda _manifest: None,
    agrees: bool = True,
) -> bytes:
    """The archive with other files in it; its manifest made anew for them, or left as it was."""
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    listed = json.loads(files.pop("manifest.json"))
    change(files)
    if agrees:
        listed["files"] = {
            name: {"sha256": hashlib.sha256(one).hexdigest(), "bytes": len(one)} for name, one in files.items()
        }
    manifest(listed)
    return zipped({**files, "manifest.json": json.dumps(listed).encode()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """These files as a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, one in files.items():
            bundle.writestr(name, one)
    return out.getvalue()
