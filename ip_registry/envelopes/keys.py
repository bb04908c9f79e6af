"""Keys of owners: Ed25519, named as signed notes name theirs, one for each record so that records stay unlinked."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import base64_bytes, check_fields, hash_text, one_of, optional, version_one

OWNER = "owner"
ED25519 = b"\x01"
SEED = 32
KEY_BYTES = 33
LONGEST_NAME = 200
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class LeafKey(Protocol):
    """What can sign a leaf: an owner's key, or the registry's own."""

    @property
    def vkey(self) -> str:
        """The public half, as it stands in the leaf."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes over exactly this message."""


class OwnerKey:
    """A private key. It belongs to the inventor and is kept on no server, save where a page says so."""

    def __init__(self, seed: bytes, *, name: str = OWNER) -> None:
        self.seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.vkey = vkey_of(name, self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "OwnerKey":
        """A new key, which nobody else has."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes, *, name: str = OWNER) -> "OwnerKey":
        """The key of 32 bytes that were kept. The registry's own key bears the log's origin as its name."""
        return cls(seed, name=name)

    def sign(self, message: bytes) -> bytes:
        """64 bytes over exactly this message."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"OwnerKey({self.vkey})"  # never the seed


def vkey_of(name: str, public: bytes) -> str:
    """`name+id+key`: how a public key is written wherever it stands."""
    key = ED25519 + public
    key_id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(key).decode()}"


def owner_vkey(field: str, value: Any) -> str:
    """The vkey of an owner, checked. A field's check."""
    name, _ = parse_vkey(field, value)
    if name != OWNER:
        raise EnvelopeError(N_("“%(field)s” must be a key named “owner”."), field=field)
    return str(value)


def parse_vkey(field: str, value: Any) -> tuple[str, bytes]:
    """The name and the 32 bytes of an Ed25519 vkey; another form or kind of key is refused."""
    parts = value.split("+", 2) if isinstance(value, str) else []
    if len(parts) == 3 and NAME.fullmatch(parts[0]) and len(parts[0]) <= LONGEST_NAME and KEY_ID.fullmatch(parts[1]):  # noqa: PLR2004 - name, id, key
        key = base64_bytes(field, parts[2])
        if len(key) == KEY_BYTES and key[:1] == ED25519 and vkey_of(parts[0], key[1:]) == value:
            return parts[0], key[1:]
    raise EnvelopeError(N_("“%(field)s” must be an Ed25519 key in the form name+id+key."), field=field)


def verify_signature(vkey: str, message: bytes, signature: bytes) -> None:
    """Refuse unless the key signed exactly this."""
    _, public = parse_vkey("key", vkey)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise EnvelopeError(N_("The signature does not belong to this key and these bytes.")) from error


def key_file(key: OwnerKey, leaf_hash: str | None) -> bytes:
    """The owner's key as the file that is kept: whoever holds it speaks for the record."""
    return canonical(
        {
            "v": 1,
            "kind": "guildhall-owner-key",
            "key": base64.b64encode(key.seed).decode(),
            "vkey": key.vkey,
            "leaf_hash": leaf_hash,
        }
    )


@dataclass(frozen=True)
class KeptKey:
    """A key file that was read: the key, and the record it is for."""

    key: OwnerKey
    leaf_hash: str | None


def parse_key_file(data: bytes | str) -> KeptKey:
    """The key of a file. A file whose halves do not belong together is refused."""
    found = check_fields("The key file", parse_canonical(data), KEY_FILE)
    if len(found["key"]) != SEED or OwnerKey(found["key"]).vkey != found["vkey"]:
        raise EnvelopeError(N_("The private and the public key in the key file do not belong together."))
    return KeptKey(OwnerKey(found["key"]), found["leaf_hash"])


KEY_FILE = {
    "v": version_one,
    "kind": one_of("guildhall-owner-key"),
    "key": base64_bytes,
    "vkey": owner_vkey,
    "leaf_hash": optional(hash_text),
}
