"""Second factors for tests: an authenticator app whose codes can be made, and a passkey in software."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.models import Authenticator, RecoveryCode, User
from accounts.totp import seal
from kernel.clock import now
from kernel.ids import hash_token
from kernel.work import unit_of_work

ORIGIN, DOMAIN = "http://localhost:8000", "localhost"
PRESENT_AND_VERIFIED, WITH_KEY = 0x05, 0x40


def authenticator(user: User, *, name: str = "Phone") -> str:
    """The secret of a new app of `user`."""
    secret = pyotp.random_base32()
    with unit_of_work() as work:
        work.add(Authenticator(user_id=user.id, name=name, sealed_secret=seal(secret, owner=user.id), last_step=0))
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many half-minutes later."""
    return pyotp.TOTP(secret).at(int(now().timestamp()) + 30 * steps)


def recovery_code(user: User) -> str:
    """A code on paper."""
    code = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    with unit_of_work() as work:
        work.add(RecoveryCode(user_id=user.id, code_hash=hash_token(code)))
    return code


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SoftKey:
    """An authenticator of WebAuthn, as a device has it: signs what the browser at `origin` says it was asked."""

    def __init__(self, *, origin: str = ORIGIN, domain: str = DOMAIN) -> None:
        self.origin, self.domain = origin, domain
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.count = 0
        self.owner = b""

    def create(self, options: str, **changes: Any) -> str:
        """What the browser sends for `navigator.credentials.create`."""
        asked = json.loads(options)
        self.owner = _raw(asked["user"]["id"])
        point = self.private.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._data(PRESENT_AND_VERIFIED | WITH_KEY) + attested
        told = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"clientDataJSON": self._client("webauthn.create", asked, changes), "attestationObject": _text(told)}
        return self._sent(said | {"transports": ["internal", "hybrid"]})

    def get(self, options: str, *, count: int | None = None, **changes: Any) -> str:
        """What the browser sends for `navigator.credentials.get`; the counter grows, or is `count`."""
        asked = json.loads(options)
        self.count = self.count + 1 if count is None else count
        client = self._client("webauthn.get", asked, changes)
        data = self._data(PRESENT_AND_VERIFIED)
        signature = self.private.sign(data + hashlib.sha256(_raw(client)).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": _text(data), "signature": _text(signature)}
        return self._sent(said | {"userHandle": _text(self.owner)})

    def _client(self, kind: str, asked: dict[str, Any], changes: dict[str, Any]) -> str:
        data = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False} | changes
        return _text(json.dumps(data).encode())

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _sent(self, response: dict[str, Any]) -> str:
        return json.dumps({"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response})
