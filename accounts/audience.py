from sqlalchemy import ColumnElement, String, cast, literal_column, or_, select

from accounts.models import Grant, User
from kernel.viewer import MEMBERS, PUBLIC

# Constants of the statement that runs on every signed-in request: written out, they need not be bound each time.
_PUBLIC, _MEMBERS, _ONE = (literal_column(f"'{word}'", String) for word in (PUBLIC, MEMBERS, "user:"))


def holds(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the person of the statement's `user` row holds the audience token.

    The same rule by which `accounts.viewers` fills `Viewer.audience`, for statements over many people.
    """
    user, grant = User.__table__, Grant.__table__
    held = select(grant.c.token).where(grant.c.user_id == user.c.id).correlate(user)
    return or_(
        token == _PUBLIC,
        token == _ONE.concat(cast(user.c.id, String)),
        user.c.email_confirmed_at.is_not(None) & or_(token == _MEMBERS, token.in_(held)),
    )
