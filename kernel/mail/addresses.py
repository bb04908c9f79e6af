"""Signed addresses: `reply+r.<person>.<ref>.<day>.<signature>@…` says who may answer what, and cannot be made up.

They are lower-case and hold nothing but letters, digits, dots and hyphens, since mail servers change the rest at will.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date

from flask import current_app

from kernel.clock import now
from kernel.refs import Ref
from kernel.secrets import derived_key

REPLY, BOUNCE, UNSUBSCRIBE = "r", "b", "u"
LONGEST_LOCAL = 64
SIGNATURE = 16  # characters of base32, 80 bits
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LOCAL = re.compile(r"(?P<text>[rbu](?:\.[a-z0-9_-]+)+)\.(?P<signature>[a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a signed address of ours stands for."""

    purpose: str
    user_id: int | None = None
    ref: Ref | None = None
    day: date | None = None
    mail_id: int | None = None


def reply_address(user_id: int, ref: Ref) -> str:
    """Where this person answers that thing by mail; empty where the site reads no mail."""
    return _address(f"{REPLY}.{_short(user_id)}.{ref.kind}.{_short(ref.id)}.{_short(now().toordinal())}")


def bounce_address(mail_id: int) -> str:
    """Where this mail comes back to; empty where the site reads no mail."""
    return _address(f"{BOUNCE}.{_short(mail_id)}")


def unsubscribe_address(mail_id: int) -> str:
    """Where a mail ends what sent this one; empty where the site reads no mail."""
    return _address(f"{UNSUBSCRIBE}.{_short(mail_id)}")


def read_address(address: str) -> Addressed | None:
    """What an address of ours stands for; None when it is somebody else's, or was never given out."""
    box, domain = _box()
    local, _, at = address.lower().rpartition("@")
    found = _LOCAL.fullmatch(local.removeprefix(f"{box}+"))
    if not box or at != domain or not local.startswith(f"{box}+") or found is None:
        return None
    if not hmac.compare_digest(_signature(found["text"]), found["signature"]):
        return None
    purpose, first, *rest = found["text"].split(".")
    if purpose == REPLY:
        *kind, number, day = rest
        when = date.fromordinal(int(day, 36))
        return Addressed(REPLY, user_id=int(first, 36), ref=Ref(".".join(kind), int(number, 36)), day=when)
    return Addressed(BOUNCE if purpose == BOUNCE else UNSUBSCRIBE, mail_id=int(first, 36))


def is_nobodys(address: str) -> bool:
    """Whether it lies under the site's own mailbox, and was never given out: mail to it reaches nobody, ever."""
    box, domain = _box()
    local, _, at = address.strip().lower().rpartition("@")
    return box != "" and at == domain and local.startswith(f"{box}+") and read_address(address.strip()) is None


def _address(text: str) -> str:
    box, domain = _box()
    local = f"{box}+{text}.{_signature(text)}"
    return f"{local}@{domain}" if box and len(local) <= LONGEST_LOCAL else ""


def _box() -> tuple[str, str]:
    box, _, domain = str(current_app.config["MAIL_REPLY_ADDRESS"]).lower().rpartition("@")
    return box, domain


def _signature(text: str) -> str:
    digest = hmac.digest(derived_key("addresses of mail"), text.encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()[:SIGNATURE]


def _short(number: int) -> str:
    """The number in as few letters and digits as there are."""
    digits = ""
    while number or not digits:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
