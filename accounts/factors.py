"""The second step of signing in: who is asked for it, and with what they can answer."""

from dataclasses import dataclass

from sqlalchemy import func, select

from accounts.models import Authenticator, Passkey, RecoveryCode
from kernel.db import session
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Factors:
    """What of somebody opens their account beside the password."""

    authenticators: list[Authenticator]
    passkeys: list[Passkey]
    codes_left: int


def my_factors(viewer: Viewer) -> Factors:
    """One's own, oldest first."""
    mine = select(Authenticator).where(Authenticator.user_id == viewer.me).order_by(Authenticator.id)
    left = select(func.count()).where(RecoveryCode.user_id == viewer.me, RecoveryCode.used_at.is_(None))
    return Factors(list(session().scalars(mine)), passkeys_of(viewer.me), session().scalar(left) or 0)


def passkeys_of(user_id: int) -> list[Passkey]:
    """The passkeys of somebody, oldest first."""
    return list(session().scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def has_second_step(user_id: int) -> bool:
    """Whether a password alone does not open the account: there is an authenticator app."""
    return session().scalar(select(Authenticator.id).where(Authenticator.user_id == user_id).limit(1)) is not None
