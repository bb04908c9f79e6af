"""An alliance as a ZIP that is read without this site: written piece by piece, so that it needs no room here.

`index.html` is for people, the JSON files for programs. The text of a charter is exactly what its hash is over; the log
can be checked as docs/alliances.md says. It holds what this viewer may read at this moment, and nothing else.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from alliances.here import Here
from alliances.models import Document, DocumentVersion
from alliances.queries import archive
from kernel.files import BlobStore

CHUNK = 1 << 18
LONGEST_NAME = 80
STYLE = Path(__file__).resolve().parent / "data" / "archive.css"


class _Sink(io.RawIOBase):
    """Takes what the ZIP writes until somebody carries it on."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken, self._kept = bytes(self._kept), bytearray()
        return taken


def archive_pieces(here: Here, store: BlobStore, *, page: str) -> Iterator[bytes]:
    """The ZIP, a piece at a time; `page` is its index.html."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in _texts(here, page):
            bundle.writestr(name, content)
            yield sink.take()
        listed = []
        for document, versions in archive.documents(here):
            listed.append(_document(document, versions))
            for version in versions:
                for _piece in _write(bundle, file_name(document, version), version, store):
                    yield sink.take()
        bundle.writestr("documents.json", _json(listed))
        yield sink.take()
        with bundle.open("log.jsonl", "w") as log:
            for number, (_line, shown) in enumerate(archive.log_lines(here)):
                log.write(_line_of(shown))
                if number % 1000 == 0:
                    yield sink.take()
    yield sink.take()


def file_name(document: Document, version: DocumentVersion) -> str:
    """Where a version lies in the archive."""
    folder = f"documents/{document.id}"
    if version.blob_hash is None:
        return f"{folder}/v{version.number}.md"
    kept = "".join(char if char.isalnum() or char in "._- " else "_" for char in version.file_name)
    return f"{folder}/v{version.number}-{kept.lstrip('.')[-LONGEST_NAME:] or 'file'}"


def _texts(here: Here, page: str) -> Iterator[tuple[str, str]]:
    yield "index.html", page
    yield "archive.css", STYLE.read_text(encoding="utf-8")
    yield "alliance.json", _json(archive.alliance_facts(here.alliance))
    for version, text in archive.charter_versions(here):
        yield f"charter/v{version.number}.json", text
        yield (
            f"charter/v{version.number}.about.json",
            _json(
                {
                    "number": version.number,
                    "state": version.state,
                    "sha256": version.hash,
                    "in_force_at": archive.plain(version.in_force_at),
                    "ended_at": archive.plain(version.ended_at),
                }
            ),
        )
    yield "members.json", _json(list(archive.members(here)))
    yield "offices.json", _json(archive.offices(here))
    yield "groups.json", _json(archive.groups(here))
    yield "decisions.json", _json(list(archive.decisions(here)))
    yield "resolutions.json", _json(archive.resolutions(here))
    yield "events.json", _json(archive.meetings(here))


def _document(document: Document, versions: list[DocumentVersion]) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "adopted": document.adopted_number,
        "versions": [
            {
                "number": version.number,
                "file": file_name(document, version),
                "sha256": version.hash,
                "note": version.note,
                "created_at": archive.plain(version.created_at),
                "adopted_at": archive.plain(version.adopted_at),
            }
            for version in versions
        ],
    }


def _write(bundle: zipfile.ZipFile, name: str, version: DocumentVersion, store: BlobStore) -> Iterator[None]:
    """A version's exact bytes; a file that is missing is left out, and its hash still stands in the list."""
    if version.blob_hash is None:
        bundle.writestr(name, version.body)
        yield
        return
    try:
        stored: IO[bytes] = store.open(version.blob_hash)
    except FileNotFoundError:
        return
    with stored, bundle.open(name, "w") as entry:
        while chunk := stored.read(CHUNK):
            entry.write(chunk)
            yield


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _line_of(shown: dict[str, Any]) -> bytes:
    return json.dumps(shown, ensure_ascii=False, sort_keys=True).encode() + b"\n"
