"""Authenticator apps and recovery codes: added, checked, removed."""

import base64
import secrets

from sqlalchemy import delete, select, update

from accounts.actions.security_log import note, tell
from accounts.devices import Origin
from accounts.factors import has_second_step
from accounts.models import Authenticator, RecoveryCode, User
from accounts.names import clean_line
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.security_log import Kind
from accounts.totp import seal, step_of, unseal
from kernel.clock import now
from kernel.db import changed, session
from kernel.errors import InvalidError, NotFoundError
from kernel.ids import hash_token
from kernel.policy import authorise
from kernel.texts import composed
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_NAME = 80
MOST_AUTHENTICATORS = 10
CODES, CODE_BYTES, CODE_GROUP = 10, 10, 4
SETUP_SECONDS = 30 * 60
DIGITS = 6


def add_authenticator(viewer: Viewer, *, name: str, sealed: str, code: str) -> list[str]:
    """Take an app whose first code proves that it was set up; with the first app, recovery codes are told, once."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    user = my_account(viewer)
    secret = unseal(sealed, owner=user.id, within=SETUP_SECONDS)
    if secret is None:
        raise InvalidError(_("The page was open for too long. Reload it, and try again."))
    name = fault_free_name(name)
    step = step_of(_typed(code), secret)
    if step is None:
        raise InvalidError(errors={"code": _("This is not what the app shows now. Is the clock right?")})
    mine = list(session().scalars(select(Authenticator.id).where(Authenticator.user_id == user.id)))
    if len(mine) >= MOST_AUTHENTICATORS:
        raise InvalidError(_("There are %(count)s already; remove one first.", count=len(mine)))
    session().add(Authenticator(user_id=user.id, name=name, sealed_secret=seal(secret, owner=user.id), last_step=step))
    tell(user, Kind.AUTHENTICATOR_ADDED, detail=name, viewer=viewer)
    session().flush()
    return [] if mine else make_recovery_codes(viewer)


def remove_authenticator(viewer: Viewer, *, authenticator_id: int) -> None:
    """Take an app away; with the last one, the second step is off, and the recovery codes open nothing."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    row = session().get(Authenticator, authenticator_id)
    if row is None or row.user_id != viewer.me:
        raise NotFoundError
    session().delete(row)
    session().flush()
    tell(my_account(viewer), Kind.AUTHENTICATOR_REMOVED, detail=row.name, viewer=viewer)
    if not has_second_step(viewer.me):
        session().execute(delete(RecoveryCode).where(RecoveryCode.user_id == viewer.me))


def make_recovery_codes(viewer: Viewer) -> list[str]:
    """Ten fresh codes; this is the only time that they are told, and those from before open nothing."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    if not has_second_step(viewer.me):
        raise InvalidError(_("Recovery codes stand in for an authenticator app; add one first."))
    session().execute(delete(RecoveryCode).where(RecoveryCode.user_id == viewer.me))
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _number in range(CODES)]
    session().add_all(RecoveryCode(user_id=viewer.me, code_hash=hash_token(code)) for code in codes)
    note(viewer.me, Kind.CODES_MADE, viewer=viewer)
    return ["-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP)) for code in codes]


def remove_all_factors(user_id: int) -> None:
    """Turn somebody's second step off."""
    session().execute(delete(Authenticator).where(Authenticator.user_id == user_id))
    session().execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def check_code(user: User, code: str, *, origin: Origin | None = None) -> str:
    """Take a code of an app or of the paper, and say which: `code` or `recovery`.

    Each counts once; of two who bring it at the same time, one is refused.
    """
    typed = _typed(code)
    is_of_app = len(typed) == DIGITS and typed.isdecimal()
    if is_of_app and _take_step(user.id, typed):
        return "code"
    if not is_of_app and _take_recovery_code(user.id, typed):
        tell(user, Kind.CODE_USED, origin=origin)
        return "recovery"
    raise InvalidError(errors={"code": _("This code is not right, or was used already.")})


def fault_free_name(name: str) -> str:
    """What its owner calls an app or a key; refused when empty or too long."""
    name = clean_line(name)
    if not name or len(name) > LONGEST_NAME:
        fault = _("Please give it a name of at most %(count)s characters.", count=LONGEST_NAME)
        raise InvalidError(errors={"name": fault})
    return name


def _take_step(user_id: int, code: str) -> bool:
    for row in session().scalars(select(Authenticator).where(Authenticator.user_id == user_id)):
        secret = unseal(row.sealed_secret, owner=user_id)
        step = step_of(code, secret) if secret else None
        if step is not None:
            newer = update(Authenticator).where(Authenticator.id == row.id, Authenticator.last_step < step)
            return changed(newer.values(last_step=step, last_used_at=now())) > 0
    return False


def _take_recovery_code(user_id: int, code: str) -> bool:
    unused = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hash_token(code), RecoveryCode.used_at.is_(None)
    )
    return changed(unused.values(used_at=now())) > 0


def _typed(code: str) -> str:
    """As it was meant: people type blanks, hyphens, capitals and wide digits."""
    return "".join(char for char in composed(code, "NFKC") if char.isascii() and char.isalnum()).lower()
