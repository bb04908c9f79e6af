"""The way in, from the first proof to the open session, with the second step between where one is asked for."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Response, after_this_request, current_app, g, request
from flask import session as cookie

from accounts import login
from accounts.actions import signing
from accounts.devices import Origin
from accounts.factors import has_second_step
from accounts.models import User, UserSession
from kernel.clock import now
from kernel.db import session
from kernel.ids import hash_token, new_token
from kernel.web import current_viewer

PENDING = "second_step"
PENDING_FOR = timedelta(minutes=10)
DEVICE_KEPT = timedelta(days=365)
SECOND_STEP = "/sign-in/second"


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody whose first proof was right, and who still owes the second."""

    user: User
    way: str
    remember: bool
    onward: str


def come_in(user: User, *, way: str, remember: bool, onward: str) -> str:
    """Where to send whoever gave a first proof: to the second step, or, with an open session, onward."""
    signing.must_be_open(user)
    if not has_second_step(user.id):
        enter(user, way=way, remember=remember)
        return onward
    cookie[PENDING] = {
        "user": user.id,
        "stamp": _stamp(user),
        "at": int(now().timestamp()),
        "way": way,
        "remember": remember,
        "onward": onward,
    }
    return SECOND_STEP


def enter(user: User, *, way: str, remember: bool) -> None:
    """Open a session of `user` in this browser."""
    token = signing.open_session(current_viewer(), user, way=way, remember=remember, origin=origin())
    login.open_session(token, remember=remember)


def way_of_this_session() -> str:
    """By which way whoever is signed in came."""
    row = session().get(UserSession, current_viewer().session_id or 0)
    return row.way if row else ""


def pending() -> Pending | None:
    """Who stands between the two steps in this browser; nobody after ten minutes, or once the password changed."""
    kept = cookie.get(PENDING)
    if not kept or kept["at"] < (now() - PENDING_FOR).timestamp():
        return None
    user = session().get(User, kept["user"])
    if user is None or user.is_suspended or kept["stamp"] != _stamp(user):
        return None
    return Pending(user, kept["way"], kept["remember"], kept["onward"])


def pending_id() -> str:
    """Whose second step is tried, for counting failures: the account, from wherever it is tried."""
    return f"second:{(cookie.get(PENDING) or {}).get('user', '')}"


def origin() -> Origin:
    """Where this request comes from. A browser without a device cookie gets one with the answer."""
    name = "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
    if "device" not in g:
        g.device = request.cookies.get(name, "") or new_token()

        @after_this_request
        def _remember(response: Response) -> Response:
            secure = current_app.config["SESSION_COOKIE_SECURE"]
            response.set_cookie(name, g.device, max_age=DEVICE_KEPT, secure=secure, httponly=True, samesite="Lax")
            return response

    return Origin(request.remote_addr or "", request.user_agent.string, g.device)


def _stamp(user: User) -> str:
    """Changes with the password, so that a first proof does not outlive what it proved."""
    return hash_token(f"{user.id}:{user.password_hash}")[:16]
