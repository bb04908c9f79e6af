from dataclasses import dataclass
from datetime import datetime

from kernel.clock import now
from kernel.errors import UnauthenticatedError

PUBLIC = "public"
MEMBERS = "members"
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking, and with which rights: built once per request by accounts and passed on explicitly.

    `audience` holds the tokens of what this person may see (`public`, `members`, `alliance:7`, `user:9`);
    `rights` what this person may do beyond being a member (`staff`, `moderator:3`). With `impersonator_id`, it is
    somebody of the staff who looks as this person, within narrower bounds. Nothing below the
    views reads a global, so whoever holds a Viewer holds all there is to know. `waiting` counts what they sent in and
    nobody has approved yet.
    """

    user_id: int | None = None
    handle: str = ""
    display_name: str = ""
    avatar_url: str | None = None
    audience: frozenset[str] = frozenset({PUBLIC})
    rights: frozenset[str] = frozenset()
    locale: str = "zh_Hans"
    timezone: str = "Asia/Shanghai"
    theme: str = "system"
    unread_notices: int = 0
    open_reviews: int = 0
    unseen_sanctions: int = 0
    waiting: int = 0
    session_id: int | None = None
    impersonator_id: int | None = None
    trust: int = 0
    silenced_until: datetime | None = None

    @property
    def me(self) -> int:
        """The id of whoever is signed in, for deeds that only a person can do; raises `UnauthenticatedError`."""
        if self.user_id is None:
            raise UnauthenticatedError("Nobody is signed in.")
        return self.user_id

    @property
    def own_id(self) -> int | None:
        """Whose drafts, files, votes and marks stand beside what is public: nobody's while the staff look as them."""
        return None if self.impersonator_id is not None else self.user_id

    @property
    def signed_in(self) -> bool:
        """Somebody, not an outsider."""
        return self.user_id is not None

    @property
    def is_member(self) -> bool:
        """Signed in with a confirmed address: may write."""
        return MEMBERS in self.audience

    @property
    def is_silenced(self) -> bool:
        """May read and look after their own things, but not write where others read."""
        return self.silenced_until is not None and self.silenced_until > now()

    @property
    def is_staff(self) -> bool:
        """Runs the site."""
        return STAFF in self.rights

    @property
    def moderates_anything(self) -> bool:
        """Looks after some community, or the rooms of some alliance."""
        return any(right.startswith("moderator:") for right in self.rights)

    def moderates(self, community_id: int) -> bool:
        """Staff everywhere, moderators in their communities."""
        return self.is_staff or f"moderator:{community_id}" in self.rights
