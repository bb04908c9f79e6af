"""Proofs that an account is one's own: the second step of signing in, and the one that is asked for again."""

from accounts.actions.factors import check_code
from accounts.actions.passkeys import use_passkey
from accounts.actions.resets import stop_resets
from accounts.devices import Origin
from accounts.factors import has_second_step
from accounts.models import User
from accounts.passwords import is_password
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.recent import note_proof
from kernel.errors import InvalidError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


def take_second_proof(user: User, *, code: str, credential: str, origin: Origin | None = None) -> str:
    """Take what answers the second step, and say what it was: `passkey`, `code` or `recovery`."""
    if credential:
        use_passkey(credential, purpose=second_step_of(user.id), owner=user)
        by = "passkey"
    else:
        by = check_code(user, code, origin=origin)
    stop_resets(user.id)
    return by


def prove(viewer: Viewer, *, password: str = "", code: str = "", credential: str = "") -> None:
    """Take any one proof; it counts for this session and for a short time. What is not one is refused.

    Where there is a second step, the password alone is not enough: whoever looked over a shoulder has it.
    """
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    user = my_account(viewer)
    try:
        _take_any(user, password=password, code=code, credential=credential)
    except InvalidError as refusal:
        errors = {f"proof_{name}": why for name, why in refusal.errors.items()}
        raise InvalidError(refusal.detail, errors=errors) from None
    note_proof(viewer)


def _take_any(user: User, *, password: str, code: str, credential: str) -> None:
    if credential or code:
        take_second_proof(user, code=code, credential=credential)
    elif has_second_step(user.id):
        raise InvalidError(errors={"code": _("Please type a code of your authenticator app.")})
    elif not is_password(password, user.password_hash):
        raise InvalidError(errors={"password": _("This is not your present password.")})


def second_step_of(user_id: int) -> str:
    """The purpose of a challenge that a passkey of this person answers, after the password or instead of it anew."""
    return f"second:{user_id}"
