"""What the API says and takes of follows, bookmarks, notices and the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from accounts.queries import PersonFacts
from accounts.schemas import Author
from activity.actions.bookmarks import LONGEST_NOTE
from activity.models import Level
from activity.queries import BookmarkRow, FollowRow, LogRow, NoticeRow
from activity.topics import Cadence, Topic, Wish
from kernel.api import Given, Id, Listing, Shown, link
from kernel.refs import Card, Ref

Kind = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=30),
    Field(description="Such as `forum.thread`, `forum.post`, `forum.community`, `forum.tag`, `accounts.user`."),
]


def _author(person: PersonFacts | None) -> Author | None:
    return None if person is None else Author.of(name=person.name, handle=person.handle, url=person.url)


class Thing(Shown):
    """Anything that has a title and an address here."""

    kind: str
    ref_id: int
    title: str
    url: str

    @classmethod
    def of(cls, card: Card) -> "Thing":
        """What the viewer may see of it."""
        return cls(kind=card.ref.kind, ref_id=card.ref.id, title=card.title, url=link(card.url))


class Named(Given):
    """A thing, by its kind and number."""

    kind: Kind
    ref_id: Id

    @property
    def ref(self) -> Ref:
        """The same as a reference."""
        return Ref(self.kind, self.ref_id)


class FollowGiven(Named):
    """How much one wants to hear of a thing."""

    level: Level
    mail: Cadence | None = Field(None, description="When it comes by mail; null: as all that one watches.")


class FollowShown(Shown):
    """How much one hears of a thing."""

    kind: str
    ref_id: int
    level: Level
    mail: Cadence | None


class FollowListed(FollowShown):
    """Something that one follows or muted."""

    thing: Thing | None = Field(description="Null once it is gone or out of sight.")

    @classmethod
    def of(cls, row: FollowRow) -> "FollowListed":
        """From the row of the page."""
        return cls(
            kind=row.ref.kind,
            ref_id=row.ref.id,
            level=row.level,
            mail=Cadence(row.mail) if row.mail else None,
            thing=Thing.of(row.card) if row.card else None,
        )


class FollowList(Listing[FollowListed]):
    """What one follows or muted, what was followed last first."""


class BookmarkGiven(Named):
    """A thing to put aside."""

    note: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")] = ""


class BookmarkQuery(BaseModel):
    """Which bookmark."""

    kind: Kind
    ref_id: Id


class BookmarkShown(Shown):
    """A thing put aside."""

    id: int
    thing: Thing
    note: str
    created_at: datetime

    @classmethod
    def of(cls, row: BookmarkRow) -> "BookmarkShown":
        """From the row of the page."""
        return cls(id=row.id, thing=Thing.of(row.card), note=row.note, created_at=row.at)


class BookmarkList(Listing[BookmarkShown]):
    """What one has put aside, newest first."""


class NoticeShown(Shown):
    """Something one should hear."""

    id: int
    event: str
    topic: Topic
    reason: str = Field(description="Why it was sent: `mention`, `quote`, `reply`, `watching:forum.thread`, …")
    actor: Author | None
    thing: Thing
    place: Thing
    created_at: datetime
    is_read: bool

    @classmethod
    def of(cls, row: NoticeRow) -> "NoticeShown":
        """From the row of the page."""
        return cls(
            id=row.notice.id,
            event=row.notice.event,
            topic=Topic(row.notice.topic),
            reason=row.notice.reason,
            actor=_author(row.actor),
            thing=Thing.of(row.card),
            place=Thing.of(row.place),
            created_at=row.notice.created_at,
            is_read=row.notice.read_at is not None,
        )


class NoticeList(Listing[NoticeShown]):
    """One's notices, newest first."""


class ReadGiven(Given):
    """Which notices are read: those of a place, those gathered under a source, these, or all."""

    place: Named | None = None
    source: Named | None = None
    ids: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None


class WishShown(Shown):
    """How one hears of a topic."""

    topic: Topic
    bell: bool
    mail: Cadence
    push: bool

    @classmethod
    def of(cls, topic: Topic, wish: Wish) -> "WishShown":
        """From the settings."""
        return cls(topic=topic, bell=wish.bell, mail=wish.mail, push=wish.push)


class WishList(Shown):
    """How one hears of every topic."""

    items: list[WishShown]

    @classmethod
    def of(cls, wishes: Mapping[Topic, Wish]) -> "WishList":
        """From the settings."""
        return cls(items=[WishShown.of(topic, wish) for topic, wish in wishes.items()])


class WishGiven(Given):
    """How one wants to hear of a topic. `push` does nothing on a site without push."""

    topic: Topic
    bell: bool
    mail: Cadence
    push: bool


class WishesGiven(Given):
    """The topics that change; the others stay."""

    items: Annotated[list[WishGiven], Field(min_length=1, max_length=len(Topic))]


class LogEntryShown(Shown):
    """An act with rights over others' things."""

    id: int
    act: str
    actor: Author | None
    thing: Thing | None = Field(description="Null once it is gone or out of sight.")
    reason: str
    details: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, row: LogRow) -> "LogEntryShown":
        """From the row of the page."""
        return cls(
            id=row.entry.id,
            act=row.entry.act,
            actor=_author(row.actor),
            thing=Thing.of(row.card) if row.card else None,
            reason=row.entry.reason,
            details=row.entry.details,
            created_at=row.entry.created_at,
        )


class LogList(Listing[LogEntryShown]):
    """The log, newest first."""
