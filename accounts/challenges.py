"""Challenges that a key has to sign: ours, fresh, for one purpose, and good once.

A challenge says by itself that it is ours and how old it is, so that showing one to a stranger costs no row and no
cookie. Only one that was answered is kept, as a hash, so that it counts no second time.
"""

import hashlib
import hmac
import secrets
import struct
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from accounts.models import SpentProof
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.secrets import derived_key
from kernel.words import gettext as _

GOOD_FOR = timedelta(minutes=15)
_HEAD = struct.Struct(">16sQ")


def new_challenge(purpose: str) -> bytes:
    """A fresh challenge that counts for `purpose` alone (what is asked, and of whom)."""
    head = _HEAD.pack(secrets.token_bytes(16), int(now().timestamp()))
    return head + _mark(head, purpose)


def take_challenge(challenge: bytes, purpose: str) -> None:
    """Use it up; refuses what is not ours, not for this, too old, or was answered before."""
    head, mark = challenge[: _HEAD.size], challenge[_HEAD.size :]
    if len(head) != _HEAD.size or not hmac.compare_digest(mark, _mark(head, purpose)):
        raise InvalidError(_("This was asked for by another page. Reload it, and try again."))
    if _HEAD.unpack(head)[1] < (now() - GOOD_FOR).timestamp():
        raise InvalidError(_("The page was open for too long. Reload it, and try again."))
    spend(challenge.hex())


def spend(proof: str) -> None:
    """Let this proof count now, and never again: of two who bring it at once, one is refused."""
    try:
        with session().begin_nested():
            session().add(SpentProof(proof_hash=hashlib.sha256(proof.encode()).hexdigest()))
    except IntegrityError:
        raise InvalidError(_("This was used already. Reload the page, and try again.")) from None


def _mark(head: bytes, purpose: str) -> bytes:
    return hmac.digest(derived_key("challenges"), head + purpose.encode(), hashlib.sha256)[:16]
