"""Passwords: argon2id, and a check that keeps out what is tried first."""

from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.words import gettext as _

SHORTEST, LONGEST = 10, 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_COMMON = Path(__file__).resolve().parent / "data" / "common-passwords.txt"


def hash_password(password: str) -> str:
    """The argon2id hash, with the parameters that OWASP names as the least."""
    return _hasher.hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Whether `password` belongs to the hash; an empty hash costs the same time and is never right."""
    try:
        return _hasher.verify(password_hash or _nobody(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def fault_of(password: str, *, handle: str = "", email: str = "") -> str | None:
    """Why a password is refused, in a sentence, or None."""
    if len(password) < SHORTEST:
        return _("A password needs at least %(count)s characters.", count=SHORTEST)
    if len(password) > LONGEST:
        return _("A password may have at most %(count)s characters.", count=LONGEST)
    folded = password.casefold()
    if folded in _common() or len(set(folded)) < 4:  # noqa: PLR2004 - fewer is one key held down
        return _("This password is among the first that anyone would try.")
    own = {handle.casefold(), email.casefold(), email.casefold().partition("@")[0]} - {""}
    if any(_core(folded) == _core(name) for name in own) or folded in own:
        return _("The password must not be your name here or your e-mail address.")
    return None


def _core(text: str) -> str:
    """Letters only, so that `lin-wei-2026` counts as `lin-wei`."""
    return "".join(char for char in text if char.isalpha())


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


@cache
def _nobody() -> str:
    """The hash that is checked where there is no account, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")
