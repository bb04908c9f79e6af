"""Comparing copies with the files that were sealed."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.manifests import Manifest
from ip_registry.envelopes.sealing import Readable, hash_file, hash_stream
from ip_registry.evidence.verdicts import Check, Copy, Findings

Progress = Callable[[int], object]
Hashes = tuple[int, str, str]


def check_copies(
    findings: Findings,
    files: Sequence[Path | tuple[str, Readable]],
    manifest: Manifest | None,
    progress: Progress | None = None,
) -> None:
    """Whether each file is one of those that were sealed, wherever it lies now and whatever it is called."""
    sealed = _by_hashes(manifest)
    for given in files:
        if isinstance(given, Path):
            for path in _files_under(given):
                name = _name_of(path, given)
                try:
                    hashes = hash_file(path, progress)
                except OSError:
                    findings.failed(Check.COPY, N_("“%(path)s” cannot be read."), path=name)
                except EnvelopeError as error:
                    findings.failed(Check.COPY, error.sentence, **error.values)
                else:
                    _check_copy(findings, name, sealed.get(hashes, []), manifest)
        else:
            name, stream = given
            _check_copy(findings, name, sealed.get(hash_stream(stream, progress), []), manifest)
    if files and manifest:
        count = len({copy.path for copy in findings.copies if copy.matches})
        if count < len(manifest.records):
            findings.unproven(
                Check.COPY,
                N_("Of %(all)s sealed files, %(count)s were compared and match."),
                all=len(manifest.records),
                count=count,
            )


def _by_hashes(manifest: Manifest | None) -> dict[Hashes, list[str]]:
    """The paths of sealed files by length and both hashes: one content may lie at several."""
    found: dict[Hashes, list[str]] = {}
    for record in manifest.records if manifest else ():
        found.setdefault((record.size, record.sha256, record.sha512), []).append(record.path)
    return found


def _check_copy(findings: Findings, name: str, same: list[str], manifest: Manifest | None) -> None:
    if manifest is None:
        findings.failed(
            Check.COPY, N_("“%(name)s” cannot be compared: there is no list of files that holds."), name=name
        )
        return
    candidates = same or [record.path for record in manifest.records]
    path = next((path for path in candidates if _is_called(name, path)), same[0] if same else None)
    findings.copies.append(Copy(name, path, matches=bool(same)))
    if same:
        findings.proven(Check.COPY, N_("MATCH: “%(name)s” is the sealed file “%(path)s”."), name=name, path=str(path))
    elif path is not None:
        findings.failed(Check.COPY, N_("NO MATCH: “%(name)s” is not the sealed file “%(path)s”."), name=name, path=path)
    else:
        findings.failed(Check.COPY, N_("NO MATCH: “%(name)s” is none of the sealed files."), name=name)


def _is_called(name: str, path: str) -> bool:
    """Whether a copy bears the name of a sealed file, with all its folders or without."""
    name = unicodedata.normalize("NFC", name).replace(os.sep, "/")
    return name == path or name.endswith(f"/{path}") or path.endswith(f"/{name}")


def _files_under(given: Path) -> Iterator[Path]:
    if given.is_dir():
        yield from (path for path in sorted(given.rglob("*")) if path.is_file())
    else:
        yield given


def _name_of(path: Path, given: Path) -> str:
    return str(path.relative_to(given)) if path != given else str(path)
