"""What a push service carries: a message that only one browser can open (RFC 8291), and who sends it (RFC 8292).

The key that says who sends is made of the site's secret, so that every machine of the site has the same. A site whose
secret changes signs everybody out, and no subscription outlives that.
"""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import http_ece
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app

from kernel.clock import now
from kernel.secrets import derived_key

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GOOD_FOR = timedelta(hours=12)
POINT, SECRET = 65, 16  # bytes of a browser's key and of what it shares with us


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser is told, and the keys by which only it understands."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def is_sound(self) -> bool:
        """Whether its keys are such keys: a point on the curve, and a secret of sixteen bytes."""
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unpadded(self.p256dh))
            return len(unpadded(self.p256dh)) == POINT and len(unpadded(self.auth)) == SECRET
        except ValueError:
            return False

    def kept(self) -> str:
        """As the database keeps it."""
        words = json.dumps([self.endpoint, self.p256dh, self.auth])
        return _vault().encrypt(words.encode()).decode()


def browser_of(kept: str) -> Browser:
    """The browser out of what the database kept; raises `InvalidToken` when the site's secret has changed since."""
    return Browser(*json.loads(_vault().decrypt(kept.encode())))


def sealed(
    message: bytes, browser: Browser, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The message for that browser alone, under a fresh key and salt; those given are for the example of the RFC."""
    once = key or ec.generate_private_key(CURVE)
    body: bytes = http_ece.encrypt(
        message,
        salt=salt,
        private_key=once,
        dh=unpadded(browser.p256dh),
        auth_secret=unpadded(browser.auth),
        version="aes128gcm",
    )
    return body


def sender(endpoint: str) -> str:
    """The `Authorization` by which the push service knows the site again (VAPID)."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now() + GOOD_FOR).timestamp()),
        "sub": current_app.config["BASE_URL"],
    }
    said = ".".join(padless(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(_key(current_app.config["SECRET_KEY"]).sign(said.encode(), ec.ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"vapid t={said}.{padless(signature)}, k={public_key()}"


def public_key() -> str:
    """By which a browser binds its subscription to this site."""
    point = _key(current_app.config["SECRET_KEY"]).public_key()
    return padless(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def unpadded(text: str) -> bytes:
    """Bytes of base64url, as browsers write it; raises `ValueError`."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def padless(data: bytes) -> str:
    """Base64url, without the signs that only fill up."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@lru_cache(maxsize=2)
def _key(_secret: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(base64.urlsafe_b64decode(derived_key("push sender")), "big")
    return ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)


def _vault() -> Fernet:
    return Fernet(derived_key("push subscriptions"))
