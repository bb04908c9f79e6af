"""What the API says of people."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from accounts.avatars import avatar_url
from accounts.models import User
from kernel.api import Shown, link
from kernel.viewer import STAFF, Viewer


class Author(Shown):
    """Who wrote something: a member, or (without a handle) the author of an imported text."""

    name: str
    handle: str | None
    url: str | None

    @classmethod
    def of(cls, *, name: str, handle: str | None, url: str | None) -> "Author":
        """From what the rows of any room know."""
        return cls(name=name, handle=handle, url=link(url) if url else None)


class Person(Shown):
    """What somebody tells of themselves."""

    handle: str
    name: str
    url: str
    avatar_url: str | None
    affiliation: str
    affiliation_kind: str
    job_title: str
    region: str
    fields: list[str]
    sectors: list[str]
    bio_html: str
    website: str
    orcid: str | None
    joined_at: datetime

    @classmethod
    def of(cls, user: User) -> "Person":
        """The public side of an account."""
        photo = avatar_url(user.handle, user.avatar_hash)
        return cls(
            handle=user.handle,
            name=user.display_name,
            url=link(f"/people/{user.handle}"),
            avatar_url=link(photo) if photo else None,
            affiliation=user.affiliation,
            affiliation_kind=user.affiliation_kind,
            job_title=user.job_title,
            region=user.region,
            fields=user.fields,
            sectors=user.sectors,
            bio_html=user.bio_html,
            website=user.website,
            orcid=user.orcid,
            joined_at=user.created_at,
        )


class Me(Shown):
    """Whose token this is, and what it opens."""

    handle: str
    name: str
    url: str
    is_confirmed: bool
    is_staff: bool
    rights: list[str] = Field(description="Such as `moderator:3`.")
    scopes: list[str]
    locale: str
    timezone: str
    unread_notices: int = Field(description="At most 100.")

    @classmethod
    def of(cls, viewer: Viewer, *, scopes: Iterable[str]) -> "Me":
        """From the viewer alone: no query."""
        return cls(
            handle=viewer.handle,
            name=viewer.display_name,
            url=link(f"/people/{viewer.handle}"),
            is_confirmed=viewer.is_member,
            is_staff=viewer.is_staff,
            rights=sorted(viewer.rights - {STAFF}),
            scopes=sorted(scopes),
            locale=viewer.locale,
            timezone=viewer.timezone,
            unread_notices=viewer.unread_notices,
        )
