from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from accounts.avatars import avatar_url
from accounts.models import ApiToken, User, UserSession
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What a line about a person shows."""

    id: int
    handle: str
    name: str
    affiliation: str
    job_title: str
    avatar_url: str | None

    @property
    def url(self) -> str:
        """The profile."""
        return f"/people/{self.handle}"


@dataclass(frozen=True, slots=True)
class Completion:
    """One offer while somebody types `@`."""

    handle: str
    name: str
    avatar_url: str | None


def person_by_handle(handle: str) -> User:
    """The person; raises `NotFoundError` for unknown and suspended ones alike."""
    user = session().scalar(select(User).where(User.handle == handle.lower(), User.suspended_at.is_(None)))
    if user is None:
        raise NotFoundError
    return user


def ids_by_handle(handles: Iterable[str]) -> set[int]:
    """Those who go by these handles; a handle that is nobody's is left out."""
    names = {handle.removeprefix("@").lower() for handle in handles}
    return set(session().scalars(select(User.id).where(User.handle.in_(sorted(names))))) if names else set()


def persons(ids: Iterable[int]) -> dict[int, PersonFacts]:
    """What is shown of each of these people; one query, none for nobody."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session().execute(
        select(User.id, User.handle, User.display_name, User.affiliation, User.job_title, User.avatar_hash).where(
            User.id.in_(wanted)
        )
    )
    return {
        row.id: PersonFacts(
            id=row.id,
            handle=row.handle,
            name=row.display_name,
            affiliation=row.affiliation,
            job_title=row.job_title,
            avatar_url=avatar_url(row.handle, row.avatar_hash),
        )
        for row in rows
    }


def complete_handles(prefix: str, *, limit: int = 8) -> list[Completion]:
    """People whose handle starts with `prefix`, or whose name does."""
    start = literal_like(prefix.strip()[:30]) + "%"
    if start == "%":
        return []
    rows = session().execute(
        select(User.handle, User.display_name, User.avatar_hash)
        .where(
            *is_shown(),
            or_(
                User.handle.like(start.lower(), escape="\\"),
                func.lower(User.display_name).like(start.lower(), escape="\\"),
            ),
        )
        .order_by(User.handle)
        .limit(limit)
    )
    return [Completion(row.handle, row.display_name, avatar_url(row.handle, row.avatar_hash)) for row in rows]


def my_account(viewer: Viewer) -> User:
    """The viewer's own account."""
    user = session().get(User, viewer.me)
    if user is None:
        raise NotFoundError
    return user


def my_sessions(viewer: Viewer) -> list[UserSession]:
    """Where the viewer is signed in, last used first."""
    query = select(UserSession).where(
        UserSession.user_id == viewer.me, UserSession.impersonator_id.is_(None), UserSession.expires_at > now()
    )
    return list(session().scalars(query.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())))


def my_tokens(viewer: Viewer) -> list[ApiToken]:
    """The viewer's API tokens that still open something, newest first."""
    query = select(ApiToken).where(
        ApiToken.user_id == viewer.me,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now()),
    )
    return list(session().scalars(query.order_by(ApiToken.id.desc())))


def is_shown() -> tuple[ColumnElement[bool], ...]:
    """Who appears in lists: confirmed, and not suspended."""
    return User.suspended_at.is_(None), User.email_confirmed_at.is_not(None)


def literal_like(text: str) -> str:
    """`text` with LIKE's own characters taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
