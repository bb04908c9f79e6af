"""Sealing for a browser without JavaScript: the files come here, are hashed and forgotten, and the key lies here.

It proves as much to the world, but less to its owner: the server saw the content, and whoever runs it could sign.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from ip_registry.actions.custody import lock, newest_checkpoint, unlock
from ip_registry.actions.registering import Given, refusal_of, register
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.manifests import FileRecord, Manifest, checked_path, new_file_record
from ip_registry.envelopes.openings import new_author
from ip_registry.envelopes.sealing import PIECE, Sealed, seal
from ip_registry.models import Record
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import deposit_of, hold_record
from kernel.clock import now
from kernel.errors import ConflictError, InvalidError
from kernel.policy import authorise
from kernel.texts import composed
from kernel.viewer import Viewer
from kernel.words import gettext as _


@dataclass(frozen=True)
class Named:
    """An author as they are named in a form."""

    name: str
    handle: str | None = None
    share: str | None = None


@dataclass(frozen=True)
class Work:
    """What an inventor says about a work."""

    title: str
    abstract: str
    kind: str
    authors: Sequence[Named]
    terms: str
    embargo: str | None


@dataclass(frozen=True)
class Sent:
    """A file that was sent: where it lies in the work, and its bytes, which are read once."""

    path: str
    stream: IO[bytes]


def seal_in_custody(
    viewer: Viewer, *, files: Sequence[Sent], work: Work, secret: str, parent: Record | None = None
) -> Record:
    """Hash the files, seal the work with a key that is kept here, and register it. The files are not kept.

    A new version is signed with the key of the record that it follows, which must lie here too.
    """
    authorise(viewer, RegistryRight.REGISTER)
    if not files:
        raise InvalidError(errors={"files": _("Choose at least one file.")})
    if not work.authors:
        raise InvalidError(errors={"authors": _("Name at least one person.")})
    key = _key_of(viewer, parent, secret) if parent else OwnerKey.generate()
    try:
        manifest = Manifest(_recorded(file) for file in files)
    except EnvelopeError as error:
        raise refusal_of(error, "files") from None
    try:
        sealed = _sealed(viewer, manifest, work, key, parent)
    except EnvelopeError as error:
        raise refusal_of(error, "authors") from None
    given = Given(
        opening=sealed.opening_text,
        salt=sealed.salt.hex(),
        authors=[author.fields for author in sealed.authors],
        manifest=manifest.texts,
        custody=lock(key, secret),
    )
    return register(viewer, leaf=sealed.leaf.data, deposit=given)


def _key_of(viewer: Viewer, parent: Record, secret: str) -> OwnerKey:
    authorise(viewer, RegistryRight.MANAGE, parent)
    deposit = deposit_of(hold_record(parent.id))
    if deposit is None or deposit.custody is None:
        raise ConflictError(
            _("The key of this record is not kept here. Turn JavaScript on and sign with your own key file.")
        )
    return unlock(deposit.custody, secret)


def _sealed(viewer: Viewer, manifest: Manifest, work: Work, key: OwnerKey, parent: Record | None) -> Sealed:
    return seal(
        manifest,
        title=work.title,
        abstract=work.abstract,
        kind=work.kind,
        authors=[new_author(one.name, one.handle) for one in work.authors],
        author_keys=[key.vkey if one.handle == viewer.handle else None for one in work.authors],
        shares=[one.share for one in work.authors],
        ip_terms=work.terms,
        embargo=work.embargo,
        after=newest_checkpoint(),
        now=now(),
        key=key,
        parent=parent.leaf_hash.hex() if parent else None,
        prev=parent.last_hash.hex() if parent else None,
    )


def _recorded(file: Sent) -> FileRecord:
    """The record of a file, which is read in pieces however long it is."""
    short, long, size = hashlib.sha256(), hashlib.sha512(), 0
    while piece := file.stream.read(PIECE):
        short.update(piece)
        long.update(piece)
        size += len(piece)
    path = checked_path("path", composed(file.path.replace("\\", "/").lstrip("/"), "NFC"))
    return new_file_record(path=path, size=size, sha256=short.hexdigest(), sha512=long.hexdigest())
