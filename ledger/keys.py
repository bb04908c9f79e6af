"""Keys of notes: who signs, with which algorithm, over which message (C2SP signed-note, tlog-cosignature)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger.encoding import as_text, from_base64, to_base64
from ledger.errors import FormatError, SignatureError
from ledger.heads import parse_checkpoint

KEY_ID_SIZE = 4
TIME_SIZE = 8
SEED_SIZE = 32
_LATEST = 2**63 - 1
_LONGEST_NAME = 255
_SECRET = ["PRIVATE", "KEY"]


class Kind(IntEnum):
    """The types of signatures that are understood; a note may carry others, which are ignored."""

    ED25519 = 1
    ECDSA = 2
    ED25519_COSIGNATURE = 4
    ML_DSA_44 = 6

    @property
    def is_timestamped(self) -> bool:
        """Whether the signature says when it was made."""
        return self in (Kind.ED25519_COSIGNATURE, Kind.ML_DSA_44)


_PUBLIC_SIZES = {Kind.ED25519: 32, Kind.ED25519_COSIGNATURE: 32, Kind.ML_DSA_44: 1312}


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name it signs under. Its text is a vkey."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        must_be_name(self.name)
        if len(self.public) != _PUBLIC_SIZES.get(self.kind, len(self.public)):
            raise FormatError(f"a public key of type {self.kind} has another size")
        _public_check(self.kind, self.public)

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line says which key made it."""
        if self.kind == Kind.ECDSA:
            return sha256(self.public).digest()[:KEY_ID_SIZE]
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Check what follows the key id on a signature line; returns the time that the signature vouches for, if any.

        A time of 0 in an ML-DSA-44 signature means that its signer says nothing about time.
        """
        time = None
        if self.kind.is_timestamped:
            time, signature = int.from_bytes(signature[:TIME_SIZE], "big"), signature[TIME_SIZE:]
            if time > _LATEST:
                raise SignatureError(f"a signature of {self.name} is of no time")
        try:
            _public_check(self.kind, self.public)(signature, _message(self.name, self.kind, text, time or 0))
        except (InvalidSignature, FormatError) as wrong:
            raise SignatureError(f"a signature of {self.name} is false") from wrong
        return time


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name it signs under."""

    name: str
    kind: Kind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.kind == Kind.ECDSA or len(self.seed) != SEED_SIZE:
            raise FormatError(f"a signer needs a seed of {SEED_SIZE} bytes and a type that is signed with")
        must_be_name(self.name)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return _verifier_of(self.name, self.kind, self.seed)

    @property
    def secret(self) -> str:
        """The key as text, for a settings file or a safe."""
        verifier = self.verifier
        return "+".join([*_SECRET, self.name, verifier.key_id.hex(), to_base64(bytes([self.kind]) + self.seed)])

    def sign(self, text: str, *, time: int = 0) -> bytes:
        """What follows the key id on a signature line."""
        if not 0 <= time <= _LATEST:
            raise FormatError(f"{time} is no time of a signature")
        signature = _private_sign(self.kind, self.seed)(_message(self.name, self.kind, text, time))
        return time.to_bytes(TIME_SIZE, "big") + signature if self.kind.is_timestamped else signature


def parse_vkey(text: str) -> Verifier:
    """The key that a vkey spells: name, key id, type and key. Base64 may contain a plus, names may not."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    kind, public = _kind_and_key(encoded)
    verifier = Verifier(name, kind, public)
    if verifier.key_id.hex() != key_id:
        raise FormatError(f"the key id of {name!r} does not belong to its key")
    return verifier


def parse_signer(text: str) -> Signer:
    """The private key that `Signer.secret` wrote."""
    parts = text.split("+", 4)
    if parts[:2] != _SECRET or len(parts) != len(_SECRET) + 3:
        raise FormatError("not the text of a signer")
    kind, seed = _kind_and_key(parts[4])
    signer = Signer(parts[2], kind, seed)
    if signer.verifier.key_id.hex() != parts[3]:
        raise FormatError("the key id of the signer does not belong to its key")
    return signer


def must_be_name(name: str) -> None:
    """A name stands between spaces on a line, and before a plus in a vkey."""
    if not name or "+" in as_text(name) or any(sign.isspace() or sign < " " for sign in name):
        raise FormatError(f"not a name of a key: {name[:60]!r}")


def _kind_and_key(encoded: str) -> tuple[Kind, bytes]:
    data = from_base64(encoded)
    if not data or data[0] not in set(Kind):
        raise FormatError("a key of an unknown type")
    return Kind(data[0]), data[1:]


def _message(name: str, kind: Kind, text: str, time: int) -> bytes:
    """What a signature of each type is made over."""
    if kind == Kind.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    if kind == Kind.ML_DSA_44:
        head = parse_checkpoint(text)
        numbers = bytes(8) + head.size.to_bytes(8, "big")
        return b"subtree/v1\n\0" + _short(name) + time.to_bytes(8, "big") + _short(head.origin) + numbers + head.root
    return text.encode()


def _short(text: str) -> bytes:
    data = text.encode()
    if not 0 < len(data) <= _LONGEST_NAME:
        raise FormatError(f"longer than {_LONGEST_NAME} bytes: {text[:60]!r}")
    return bytes([len(data)]) + data


@lru_cache(maxsize=256)
def _public_check(kind: Kind, public: bytes) -> Callable[[bytes, bytes], None]:
    """The check of a raw signature over a message."""
    try:
        if kind == Kind.ECDSA:
            key = load_der_public_key(public)
            if not isinstance(key, EllipticCurvePublicKey):
                raise FormatError("not a key for ECDSA")
            return lambda signature, message: key.verify(signature, message, ECDSA(SHA256()))
        if kind == Kind.ML_DSA_44:
            return MLDSA44PublicKey.from_public_bytes(public).verify
        return Ed25519PublicKey.from_public_bytes(public).verify
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise FormatError(f"not a public key of type {kind}") from wrong


@lru_cache(maxsize=64)
def _private_sign(kind: Kind, seed: bytes) -> Callable[[bytes], bytes]:
    if kind == Kind.ML_DSA_44:
        return MLDSA44PrivateKey.from_seed_bytes(seed).sign
    return Ed25519PrivateKey.from_private_bytes(seed).sign


@lru_cache(maxsize=64)
def _verifier_of(name: str, kind: Kind, seed: bytes) -> Verifier:
    return Verifier(name, kind, _public_of(kind, seed))


def _public_of(kind: Kind, seed: bytes) -> bytes:
    if kind == Kind.ML_DSA_44:
        return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
