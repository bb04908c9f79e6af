"""Keys for programs."""

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import update

from accounts.actions.security_log import note
from accounts.models import ApiToken
from accounts.names import clean_line
from accounts.policy import AccountRight
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.ids import hash_token, new_token
from kernel.policy import authorise
from kernel.viewer import Viewer

SCOPES = ("read", "write")
PREFIX = "guildhall_"  # so that people and scanners recognise a leaked one
LONGEST_NAME = 80


def create_token(viewer: Viewer, *, name: str, scopes: Sequence[str], lifetime: timedelta | None) -> str:
    """A new key that acts as the viewer within `scopes`; this is the only time that it is told."""
    authorise(viewer, AccountRight.USE_API)
    name = clean_line(name)
    errors = {}
    if not name or len(name) > LONGEST_NAME:
        errors["name"] = _("Please give the token a name of at most %(count)s characters.", count=LONGEST_NAME)
    if not scopes or not set(scopes) <= set(SCOPES):
        errors["scopes"] = _("Please choose what the token may do.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    secret = PREFIX + new_token()
    session().add(
        ApiToken(
            user_id=viewer.me,
            name=name,
            token_hash=hash_token(secret),
            scopes=[scope for scope in SCOPES if scope in scopes],
            expires_at=now() + lifetime if lifetime else None,
        )
    )
    note(viewer.me, Kind.TOKEN_MADE, detail=name, viewer=viewer)
    return secret


def revoke_token(viewer: Viewer, *, token_id: int) -> None:
    """One's own key opens nothing any more."""
    authorise(viewer, AccountRight.USE_API)
    mine = (ApiToken.id == token_id, ApiToken.user_id == viewer.me, ApiToken.revoked_at.is_(None))
    name = session().scalar(update(ApiToken).where(*mine).values(revoked_at=now()).returning(ApiToken.name))
    if name is None:
        raise NotFoundError
    note(viewer.me, Kind.TOKEN_REVOKED, detail=name, viewer=viewer)
