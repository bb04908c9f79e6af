"""Codes of the minute (TOTP, RFC 6238): the secret, how it is shown and kept, and whether a code is of it."""

import hmac
import io

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from markupsafe import Markup

from kernel.clock import now
from kernel.secrets import derived_key

STEP_SECONDS = 30
SKEW = 1  # steps that a clock may go wrong, either way


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def seal(secret: str, *, owner: int) -> str:
    """The secret, encrypted, for its owner: in a row, or in the form of whoever is setting it up."""
    return _vault().encrypt(f"{owner}:{secret}".encode()).decode()


def unseal(sealed: str, *, owner: int, within: int | None = None) -> str | None:
    """The secret again, if it is the owner's and (in forms) not older than `within` seconds."""
    try:
        found = _decrypt(sealed.encode(), within).decode()
    except InvalidToken:
        return None
    whose, _colon, secret = found.partition(":")
    return secret if whose == str(owner) else None


def step_of(code: str, secret: str) -> int | None:
    """The half-minute whose code this is, if it is of now or one step off; else None."""
    present = _seconds() // STEP_SECONDS
    made = pyotp.TOTP(secret, interval=STEP_SECONDS)
    steps = range(present - SKEW, present + SKEW + 1)
    return next((step for step in steps if hmac.compare_digest(made.generate_otp(step), code)), None)


def address_of(secret: str, *, name: str, site: str) -> str:
    """The `otpauth://` address that an app reads."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=site)


def picture_of(address: str) -> Markup:
    """The address as a QR code: an SVG that inherits nothing and runs nothing."""
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, omitsize=True, border=4, dark="#1C1A17", light="#FFFFFF", svgclass="qr")
    return Markup(out.getvalue().decode())  # noqa: S704 - made here, of nothing but squares


def _decrypt(sealed: bytes, within: int | None) -> bytes:
    """What is stored opens whatever the clock says; only what waits in a form grows old."""
    return _vault().decrypt(sealed) if within is None else _vault().decrypt_at_time(sealed, within, _seconds())


def _seconds() -> int:
    return int(now().timestamp())


def _vault() -> Fernet:
    return Fernet(derived_key("authenticators"))
