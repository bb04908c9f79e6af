"""What is kept on disk: the signed leaf before it is sent, so that nothing is lost, and the bundle after."""

import base64
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import base64_bytes, boolean, check_fields, hexadecimal, one_of, text, version_one
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.envelopes.manifests import Manifest
from ip_registry.envelopes.openings import LARGEST_OPENING, SALT, parse_author, parse_opening
from ip_registry.envelopes.sealing import Sealed

KIND = "guildhall-pending"


@dataclass(frozen=True)
class Pending:
    """A sealed work that the site has perhaps not heard of yet."""

    sealed: Sealed
    with_deposit: bool


def keep(path: Path, pending: Pending) -> None:
    """Keep a sealed work, key included, for its owner's eyes only. It is on disk when this returns."""
    sealed = pending.sealed
    write_private(
        path,
        canonical(
            {
                "v": 1,
                "kind": KIND,
                "leaf": sealed.leaf.data.decode(),
                "opening": sealed.opening_text,
                "salt": sealed.salt.hex(),
                "key": base64.b64encode(sealed.key.seed).decode(),
                "authors": [author.fields for author in sealed.authors],
                "manifest": sealed.manifest.texts,
                "deposit": pending.with_deposit,
            }
        ),
    )


def kept(path: Path) -> Pending | None:
    """The sealed work of an earlier try; None when there was none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    found = check_fields(path.name, parse_canonical(data), FIELDS)
    if not isinstance(found["authors"], list) or not isinstance(found["manifest"], list):
        raise EnvelopeError(N_("“%(path)s” cannot be used."), path=str(path))
    sealed = Sealed(
        leaf=parse_leaf(found["leaf"].encode()),
        opening_text=parse_opening(found["opening"]).text,
        salt=bytes.fromhex(found["salt"]),
        key=OwnerKey.from_seed(found["key"]),
        authors=tuple(parse_author(author) for author in found["authors"]),
        manifest=Manifest.parse(found["manifest"]),
    )
    return Pending(sealed, found["deposit"])


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all, and durably."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _anything(_name: str, value: object) -> object:
    return value


FIELDS = {
    "v": version_one,
    "kind": one_of(KIND),
    "leaf": text(2, 1024),
    "opening": text(2, LARGEST_OPENING),
    "salt": hexadecimal(SALT),
    "key": base64_bytes,
    "authors": _anything,
    "manifest": _anything,
    "deposit": boolean,
}
