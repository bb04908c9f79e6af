"""Writing somebody's archive: tables as JSON lines, files as they are, and what says what all of it is.

It is written piece by piece, each in a short reading of its own, so that a hundred thousand posts neither fill the
memory nor hold up anybody who writes.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, Date, Float, Integer, func, literal, select, tuple_

from kernel.clock import now
from kernel.db import UtcDateTime, session
from kernel.personal import Blob, Piece, Table, exporters, plain
from kernel.viewer import Viewer
from kernel.work import reading

FORMAT, VERSION = "guildhall-person-archive", 1
PORTION = 1_000
CHUNK = 1 << 18
README = Path(__file__).resolve().parent.parent / "data" / "archive_readme.txt"
STORED = frozenset({"jpg", "jpeg", "png", "webp", "gif", "avif", "zip", "pdf", "docx", "xlsx", "pptx", "mp4"})


def pack(viewer: Viewer, target: Path, *, site: str) -> Iterator[tuple[int, int]]:
    """Write the archive of the viewer to `target`; yields how many steps of how many are done."""
    with reading():
        pieces = [piece for exporter in exporters().values() for piece in exporter(viewer)]
        total = sum(_count(piece) for piece in pieces)
    done = 0
    listed: dict[str, dict[str, Any]] = {}
    resources: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as bundle:
        _put(bundle, listed, "README.txt", README.read_bytes())
        for piece in pieces:
            if isinstance(piece, Blob):
                _put_blob(bundle, listed, piece)
                done += 1
                yield done, total
                continue
            path, before = f"data/{piece.name}.jsonl", done
            for count in _put_table(bundle, listed, piece, path):
                done += count
                yield done, max(total, done)
            if done > before:
                resources.append(_resource(piece, path, listed[path]))
        _put(bundle, listed, "datapackage.json", _json(_package(resources, site)))
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "site": site,
            "handle": viewer.handle,
            "made_at": now().isoformat(),
            "files": listed,
        }
        bundle.writestr("manifest.json", _json(manifest))
    yield total, total


def _count(piece: Piece) -> int:
    if isinstance(piece, Blob):
        return 1
    return session().scalar(select(func.count()).select_from(piece.query.order_by(None).subquery())) or 0


def _put_table(bundle: zipfile.ZipFile, listed: dict[str, dict[str, Any]], table: Table, path: str) -> Iterator[int]:
    """Write the rows, in portions; yields how many each had. A table without rows leaves no file."""
    portions = _portions(table)
    first = next(portions, [])
    if not first:
        return
    digest, size = hashlib.sha256(), 0
    with bundle.open(_entry(path), "w", force_zip64=True) as out:
        portion: list[dict[str, Any]] | None = first
        while portion:
            text = b"".join(_line(row) for row in portion)
            out.write(text)
            digest.update(text)
            size += len(text)
            yield len(portion)
            portion = next(portions, None)
    listed[path] = {"sha256": digest.hexdigest(), "bytes": size}


def _portions(table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows as JSON has them, `PORTION` at a time where there is a key."""
    after: list[Any] = []
    names = [f"_key{place}" for place in range(len(table.key))]
    while True:
        query = table.query
        if table.key:
            labelled = (column.label(name) for column, name in zip(table.key, names, strict=True))
            query = query.add_columns(*labelled).order_by(None).order_by(*table.key).limit(PORTION)
        if after:
            query = query.where(tuple_(*table.key) > tuple_(*map(literal, after)))
        with reading():
            rows = [dict(row) for row in session().execute(query).mappings()]
            keys = [[row.pop(name) for name in names] for row in rows]
            made = [{name: plain(value) for name, value in row.items()} for row in rows]
            if table.complete is not None and made:
                table.complete(made)
        if made:
            yield made
        if not table.key or len(made) < PORTION:
            return
        after = keys[-1]


def _put_blob(bundle: zipfile.ZipFile, listed: dict[str, dict[str, Any]], blob: Blob) -> None:
    """Write a file; one whose bytes are gone is left out, and its row still says that it was."""
    if not isinstance(blob.content, Path):
        with reading():
            content = blob.content()
        _put(bundle, listed, blob.path, content)
        return
    try:
        stored = blob.content.open("rb")
    except FileNotFoundError:
        return
    digest, size = hashlib.sha256(), 0
    with stored, bundle.open(_entry(blob.path), "w", force_zip64=True) as out:
        while chunk := stored.read(CHUNK):
            out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    listed[blob.path] = {"sha256": digest.hexdigest(), "bytes": size}


def _put(bundle: zipfile.ZipFile, listed: dict[str, dict[str, Any]], path: str, content: bytes) -> None:
    bundle.writestr(_entry(path), content)
    listed[path] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _entry(path: str) -> zipfile.ZipInfo:
    moment = now()
    entry = zipfile.ZipInfo(path, (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    is_packed = path.rpartition(".")[2].lower() in STORED
    entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _package(resources: list[dict[str, Any]], site: str) -> dict[str, Any]:
    """The tables as a Frictionless data package; one without resources is not allowed, and not made."""
    return {
        "profile": "data-package",
        "name": "guildhall-person-archive",
        "title": "What is mine at a Guildhall",
        "created": now().isoformat(),
        "homepage": site,
        "resources": resources,
    }


def _resource(table: Table, path: str, facts: dict[str, Any]) -> dict[str, Any]:
    columns = [{"name": one.key, "type": _type(one)} for one in table.query.selected_columns]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.about,
        "path": path,
        "format": "jsonl",
        "mediatype": "application/jsonl",
        "encoding": "utf-8",
        "bytes": facts["bytes"],
        "hash": f"sha256:{facts['sha256']}",
        "schema": {"fields": [*columns, *({"name": name, "type": kind} for name, kind in table.more.items())]},
    }


def _type(column: ColumnElement[Any]) -> str:
    """What Table Schema calls the type of a column."""
    kinds = {UtcDateTime: "datetime", Date: "date", Boolean: "boolean", Integer: "integer", Float: "number"}
    found = next((name for kind, name in kinds.items() if isinstance(column.type, kind)), "")
    if found:
        return found
    return "any" if isinstance(column.type, JSON) else "string"


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=_unknown).encode() + b"\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _unknown(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
