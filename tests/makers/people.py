"""People for tests, made directly: what the forms do is tested in test_accounts*.py."""

from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from flask.testing import FlaskClient

from accounts.models import ApiToken, Grant, User, UserSession
from accounts.passwords import hash_password
from kernel.clock import now
from kernel.ids import hash_token, new_token
from kernel.refs import Ref
from kernel.viewer import STAFF
from kernel.work import unit_of_work
from search_index import feed

PASSWORD = "a walk along the river"
_number = count(1)


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


def person(
    *,
    handle: str = "",
    display_name: str = "",
    email: str = "",
    confirmed: bool = True,
    staff: bool = False,
    suspended: bool = False,
    locale: str = "en",
    timezone: str = "UTC",
    grants: tuple[str, ...] = (),
    **profile: Any,
) -> User:
    """Somebody with the password `PASSWORD`; without a handle, one is made up. `profile` goes into the columns.

    They are known here (trust level 2), so that nothing that they write has to wait.
    """
    handle = handle or f"person-{next(_number)}"
    profile = {"trust_level": 2, **profile}
    with unit_of_work() as work:
        user = User(
            handle=handle,
            display_name=display_name or handle.replace("-", " ").title(),
            email=email or f"{handle}@example.cn",
            email_confirmed_at=now() if confirmed else None,
            suspended_at=now() if suspended else None,
            password_hash=_password_hash(),
            locale=locale,
            timezone=timezone,
            **profile,
        )
        work.add(user)
        work.flush()
        for token in (*grants, *((STAFF,) if staff else ())):
            work.add(Grant(user_id=user.id, token=token))
        feed.changed(Ref("accounts.user", user.id))
    return user


def newcomer(**facts: Any) -> User:
    """Somebody who has just joined, and whom nobody knows."""
    return person(trust_level=0, **facts)


def sign_in(client: FlaskClient, user: User) -> UserSession:
    """Put the cookie of a new session of `user` into `client`."""
    token = new_token()
    with unit_of_work() as work:
        row = UserSession(user_id=user.id, token_hash=hash_token(token), expires_at=now() + timedelta(days=1))
        work.add(row)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return row


def api_token(user: User, *, scopes: tuple[str, ...] = ("read", "write")) -> str:
    """The secret of a new API token of `user`."""
    secret = new_token()
    with unit_of_work() as work:
        work.add(ApiToken(user_id=user.id, name="test", token_hash=hash_token(secret), scopes=list(scopes)))
    return secret


def another(client: FlaskClient) -> FlaskClient:
    """Another browser of the same kind, in which nobody is signed in."""
    return type(client)(client.application, client.application.response_class, use_cookies=True)
