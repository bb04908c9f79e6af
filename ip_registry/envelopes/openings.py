"""What a record says, and the commitment that hides it: the inventor keeps the opening, the leaf has a hash of it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import (
    check_fields,
    day,
    hash_text,
    hexadecimal,
    line,
    list_of,
    moment,
    one_of,
    optional,
    text,
    version_one,
)
from ip_registry.envelopes.keys import owner_vkey
from ip_registry.envelopes.manifests import MANIFEST_ALG

KINDS = (
    "invention",
    "utility_model",
    "design",
    "software",
    "dataset",
    "paper",
    "process",
    "know_how",
    "standard",
    "other",
)
COMMIT = b"guildhall-ip-commit/v1\n"
AUTHOR = b"guildhall-ip-author/v1\n"
SALT = 32
AUTHOR_SALT = 16
MOST_AUTHORS = 200
LARGEST_OPENING = 131_072  # bytes


def commitment(salt: bytes, content: str | bytes) -> str:
    """What a leaf says of an opening or of an event's details: nothing, until somebody shows the text and the salt."""
    data = content.encode() if isinstance(content, str) else content
    if len(salt) != SALT:
        raise EnvelopeError(N_("The salt of a commitment must have 32 bytes."))
    return hashlib.sha256(COMMIT + salt + hashlib.sha256(data).digest()).hexdigest()


def new_salt() -> bytes:
    """Chance enough that nobody can try openings until one fits."""
    return secrets.token_bytes(SALT)


@dataclass(frozen=True)
class Author:
    """Who made the work: a name, hidden by a salt of its own so that one author can be shown without the others."""

    name: str
    handle: str | None
    salt: str

    @property
    def fields(self) -> dict[str, str | None]:
        """The author as JSON has them."""
        return {"name": self.name, "handle": self.handle, "salt": self.salt}


def new_author(name: str, handle: str | None = None, *, salt: bytes | None = None) -> Author:
    """An author who is named for the first time, with a salt of their own."""
    return parse_author({"name": name, "handle": handle, "salt": (salt or secrets.token_bytes(AUTHOR_SALT)).hex()})


def parse_author(value: Any) -> Author:
    """An author as JSON has them."""
    return Author(**check_fields("An author", value, AUTHOR_FIELDS))


def id_commit(author: Author) -> str:
    """What the opening says of an author."""
    who = canonical({"handle": author.handle, "name": author.name})
    return hashlib.sha256(AUTHOR + bytes.fromhex(author.salt) + who).hexdigest()


@dataclass(frozen=True)
class AuthorEntry:
    """An author as the opening has them: the commitment, the key they consent with, and the share as declared."""

    id_commit: str
    key: str | None
    share: str | None


@dataclass(frozen=True)
class Opening:
    """All that a record says. `text` is exactly what was committed to."""

    manifest_root: str
    title: str
    abstract: str
    kind: str
    authors: tuple[AuthorEntry, ...]
    owner_key: str
    ip_terms: str
    embargo: str | None
    parent: str | None
    client_time: str
    text: str


def make_opening(  # noqa: PLR0913 - the fields of the format
    *,
    manifest_root: str,
    title: str,
    owner_key: str,
    client_time: str,
    authors: Sequence[AuthorEntry],
    kind: str = "other",
    abstract: str = "",
    ip_terms: str = "",
    embargo: str | None = None,
    parent: str | None = None,
) -> str:
    """The text of an opening, checked as it will be checked when it is read."""
    opening = canonical(
        {
            "v": 1,
            "manifest_root": manifest_root,
            "manifest_alg": MANIFEST_ALG,
            "title": title,
            "abstract": abstract,
            "kind": kind,
            "authors": [{"id_commit": one.id_commit, "key": one.key, "share": one.share} for one in authors],
            "owner_key": owner_key,
            "ip_terms": ip_terms,
            "embargo": embargo,
            "parent": parent,
            "client_time": client_time,
        }
    ).decode()
    return parse_opening(opening).text


def parse_opening(opening: str | bytes) -> Opening:
    """The opening of exact bytes; anything but its canonical form is refused."""
    data = opening if isinstance(opening, bytes) else opening.encode(errors="replace")
    if len(data) > LARGEST_OPENING:
        raise EnvelopeError(N_("The opening is larger than %(most)s bytes."), most=LARGEST_OPENING)
    found = check_fields("The opening", parse_canonical(opening), OPENING_FIELDS)
    del found["v"], found["manifest_alg"]
    found["authors"] = tuple(found["authors"])
    return Opening(**found, text=data.decode())


def _author_entry(name: str, value: Any) -> AuthorEntry:
    return AuthorEntry(**check_fields(name, value, ENTRY_FIELDS))


AUTHOR_FIELDS = {"name": line(1, 200), "handle": optional(line(1, 64)), "salt": hexadecimal(AUTHOR_SALT)}
ENTRY_FIELDS = {"id_commit": hash_text, "key": optional(owner_vkey), "share": optional(line(1, 40))}
OPENING_FIELDS = {
    "v": version_one,
    "manifest_root": hash_text,
    "manifest_alg": one_of(MANIFEST_ALG),
    "title": line(1, 200),
    "abstract": text(0, 4000),
    "kind": one_of(*KINDS),
    "authors": list_of(_author_entry, 1, MOST_AUTHORS),
    "owner_key": owner_vkey,
    "ip_terms": text(0, 2000),
    "embargo": optional(day),
    "parent": optional(hash_text),
    "client_time": moment,
}
