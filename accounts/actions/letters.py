"""Links sent by mail: made, and redeemed once."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select, update

from accounts.models import EmailToken
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.ids import hash_token, new_token

CONFIRM, RESET = "confirm", "reset"
GOOD_FOR = {CONFIRM: timedelta(days=2), RESET: timedelta(hours=2)}


def new_letter(*, user_id: int, purpose: str, email: str) -> str:
    """A fresh secret for a link; what was sent before for the same purpose no longer opens anything."""
    session().execute(delete(EmailToken).where(EmailToken.user_id == user_id, EmailToken.purpose == purpose))
    token = new_token()
    session().add(
        EmailToken(
            user_id=user_id,
            purpose=purpose,
            email=email,
            token_hash=hash_token(token),
            expires_at=now() + GOOD_FOR[purpose],
        )
    )
    session().flush()
    return token


def is_open(token: str, purpose: str) -> bool:
    """Whether the link still opens something; looking does not use it up."""
    return session().scalar(select(EmailToken.id).where(*_opens(token, purpose))) is not None


def redeem(token: str, purpose: str) -> EmailToken:
    """Use the link up; of two that try at once, one gets it. Raises `InvalidError` when it opens nothing."""
    used = session().scalar(
        update(EmailToken).where(*_opens(token, purpose)).values(used_at=now()).returning(EmailToken.id)
    )
    letter = session().get(EmailToken, used) if used is not None else None
    if letter is None:
        raise InvalidError(_("This link was used already, or it is too old."), errors={"token": "expired"})
    return letter


def _opens(token: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    return (
        EmailToken.token_hash == hash_token(token),
        EmailToken.purpose == purpose,
        EmailToken.used_at.is_(None),
        EmailToken.expires_at > now(),
    )
