"""The leaf: all that the log ever holds of a record or an event. Commitment, keys, signature; no word of a person."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from ip_registry.envelopes.canonical import LARGEST_INTEGER, LARGEST_INTEGER_DIGITS, canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import HASH, base64_bytes, check_fields, hash_text, one_of, optional, version_one
from ip_registry.envelopes.keys import OWNER, LeafKey, owner_vkey, parse_vkey, verify_signature

LEAF = b"guildhall-ip-leaf/v1\n"
LARGEST_LEAF = 1024  # bytes
SIGNATURE = 64
FIRST = ("register", "version")
OF_THE_LOG = ("anchor", "renew")
WITH_NEXT_KEY = ("assign", "key-rotate")
WITHOUT_PREV = ("register", *OF_THE_LOG)
TYPES = (
    "register",
    "version",
    "consent",
    "reveal",
    "embargo",
    "assign",
    "accept",
    "licence",
    "withdraw",
    "dispute",
    "answer",
    "key-rotate",
    "anchor",
    "renew",
)
SIZE = re.compile(r"0|[1-9][0-9]*", re.ASCII)
EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True)
class Leaf:
    """One entry of the log. `after` is a checkpoint that its signer had seen: the leaf is younger than that."""

    type: str
    c: str
    k: str
    after_size: int
    after_root: bytes
    prev: str | None
    n: str | None
    s: bytes
    data: bytes

    @property
    def hash(self) -> str:
        """The leaf hash, by which everything else names this entry."""
        return hashlib.sha256(b"\0" + self.data).hexdigest()


def make_leaf(
    *,
    key: LeafKey,
    type: str,  # noqa: A002 - what the format calls it
    c: str,
    after: tuple[int, bytes],
    prev: str | None = None,
    next_key: str | None = None,
) -> Leaf:
    """A signed leaf. `after` is size and root of a checkpoint that was verified just before."""
    fields: dict[str, Any] = {
        "v": 1,
        "t": type,
        "c": c,
        "k": key.vkey,
        "after": f"{after[0]}:{base64.b64encode(after[1]).decode()}",
        "prev": prev,
    }
    if next_key is not None:
        fields["n"] = next_key
    signature = key.sign(LEAF + canonical(fields))
    return parse_leaf(canonical({**fields, "s": base64.b64encode(signature).decode()}))


def parse_leaf(data: bytes) -> Leaf:
    """The leaf of exact bytes, its form, its size and its signature checked."""
    if len(data) > LARGEST_LEAF:
        raise EnvelopeError(N_("The leaf is larger than %(most)s bytes."), most=LARGEST_LEAF)
    value = parse_canonical(data)
    found = check_fields("The leaf", value, _fields_of(value))
    leaf = Leaf(
        type=found["t"],
        c=found["c"],
        k=found["k"],
        after_size=found["after"][0],
        after_root=found["after"][1],
        prev=found["prev"],
        n=found.get("n"),
        s=found["s"],
        data=data,
    )
    _check_prev(leaf)
    _check_signature(leaf, value)
    return leaf


def _fields_of(value: Any) -> dict[str, Any]:
    kind = value.get("t") if isinstance(value, dict) else None
    fields = {
        "v": version_one,
        "t": one_of(*TYPES),
        "c": hash_text,
        "k": _log_vkey if kind in OF_THE_LOG else owner_vkey,
        "after": _after,
        "prev": optional(hash_text),
        "s": _signature,
    }
    return {**fields, "n": owner_vkey} if kind in WITH_NEXT_KEY else fields


def _log_vkey(name: str, value: Any) -> str:
    found, _ = parse_vkey(name, value)
    if found == OWNER:
        raise EnvelopeError(N_("“%(field)s” must be the registry's own key."), field=name)
    return str(value)


def _after(name: str, value: Any) -> tuple[int, bytes]:
    size, _, root = value.partition(":") if isinstance(value, str) else ("", "", "")
    if SIZE.fullmatch(size) and len(size) <= LARGEST_INTEGER_DIGITS and int(size) <= LARGEST_INTEGER:
        found = base64_bytes(name, root)
        if len(found) == HASH and (int(size) > 0 or found == EMPTY_ROOT):
            return int(size), found
    raise EnvelopeError(N_("“%(field)s” must be the size and the root of a checkpoint, size:root."), field=name)


def _signature(name: str, value: Any) -> bytes:
    found = base64_bytes(name, value)
    if len(found) != SIGNATURE:
        raise EnvelopeError(N_("“%(field)s” must be a signature of 64 bytes."), field=name)
    return found


def _check_prev(leaf: Leaf) -> None:
    if leaf.type in WITHOUT_PREV and leaf.prev is not None:
        raise EnvelopeError(N_("A leaf of type “%(type)s” follows no other: “prev” must be null."), type=leaf.type)
    if leaf.type not in WITHOUT_PREV and leaf.prev is None:
        raise EnvelopeError(N_("A leaf of type “%(type)s” must name the one before it in “prev”."), type=leaf.type)


def _check_signature(leaf: Leaf, value: dict[str, Any]) -> None:
    """What was signed is the same object without its signature: its canonical bytes with that field cut out.

    No text can hold these bytes, since its quotation marks are escaped, and `after` stands before every `s`.
    """
    unsigned = leaf.data.replace(f',"s":"{value["s"]}"'.encode(), b"", 1)
    verify_signature(leaf.k, LEAF + unsigned, leaf.s)
