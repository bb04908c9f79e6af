"""What the API says and takes of events."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from accounts.schemas import Author
from alliances.actions.events import LONGEST_MINUTES
from alliances.event_text import (
    LARGEST_CAPACITY,
    LONGEST_BODY,
    LONGEST_LINK,
    LONGEST_PLACE,
    LONGEST_TITLE,
    MOST_SLOTS,
    EventFacts,
    facts_of,
    there,
)
from alliances.models import Event, EventState
from alliances.queries.events import AllyRow, AskedRow, EventRow, EventView, PlaceRow
from alliances.readers import Readers
from alliances.rules import LONGEST_VOTE
from alliances.schemas.shapes import Handle, author_of
from kernel.api import Given, Id, Listing, PageQuery, Plain, Shown, link

Title = Annotated[Plain, Field(min_length=1, max_length=LONGEST_TITLE)]
Long = Annotated[Plain, Field(max_length=LONGEST_BODY)]
Place = Annotated[Plain, Field(max_length=LONGEST_PLACE)]
Address = Annotated[Plain, Field(max_length=LONGEST_LINK)]
Zone = Annotated[Plain, Field(max_length=40)]
Moment = Annotated[AwareDatetime, Field(strict=False)]


class EventItem(Shown):
    """An event in a calendar; without a time while one is being found."""

    id: int
    title: str
    url: str
    host: str
    state: EventState
    starts_at: datetime | None
    ends_at: datetime | None
    timezone: str
    place: str
    is_public: bool
    my_answer: str = Field(description="going, waiting, declined, or empty.")

    @classmethod
    def of(cls, row: EventRow) -> "EventItem":
        """From the row of the page."""
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            host=row.host_name,
            state=EventState(row.state),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            timezone=row.timezone,
            place=row.place,
            is_public=row.is_public,
            my_answer=row.my_answer,
        )


class EventList(Listing[EventItem]):
    """Events: what comes, the soonest first; or what is over, the latest first."""


class EventQuery(PageQuery):
    """Which events."""

    past: bool = False
    group_id: Id | None = None


class AllyShown(Shown):
    """An alliance that was asked to hold an event together."""

    name: str
    url: str
    accepted: bool
    refused: bool
    answer: str

    @classmethod
    def of(cls, row: AllyRow) -> "AllyShown":
        """From the row of the page."""
        return cls(
            name=row.name,
            url=link(row.url),
            accepted=row.is_accepted,
            refused=row.is_refused,
            answer=row.answer,
        )


class AttendeeShown(Shown):
    """Somebody who comes or waits for a place."""

    person: Author
    state: str
    was_there: bool | None

    @classmethod
    def of(cls, row: PlaceRow) -> "AttendeeShown":
        """From the row of the page."""
        return cls(person=author_of(row.person), state=row.state, was_there=row.was_there)


class CardShown(Shown):
    """A resolution, a proposal or a document that hangs on an event."""

    title: str
    url: str


class EventShown(EventItem):
    """An event with all that its page shows. Its time is chosen by ballots on the proposal `poll`."""

    body: str
    link: str
    readers: Readers
    capacity: int | None
    going: int
    waiting: int
    minutes: str
    cancelled_reason: str
    calendar_url: str
    poll: int | None
    people: list[AttendeeShown]
    allies: list[AllyShown]
    links: list[CardShown]

    @classmethod
    def of_view(cls, view: EventView) -> "EventShown":
        """From all that its page shows."""
        event = view.event
        return cls(
            **dict(EventItem.of(view.row)),
            body=event.body,
            link=event.link,
            readers=view.readers,
            capacity=event.capacity,
            going=view.going,
            waiting=view.waiting,
            minutes=event.minutes,
            cancelled_reason=event.cancelled_reason,
            calendar_url=link(f"{view.row.url}.ics"),
            poll=view.poll.number if view.poll else None,
            people=[AttendeeShown.of(row) for row in view.people],
            allies=[AllyShown.of(row) for row in view.allies],
            links=[CardShown(title=card.title, url=link(card.url)) for card in view.links],
        )


class SpanGiven(Given):
    """A time that can be chosen."""

    starts_at: Moment
    ends_at: Moment


class EventGiven(Given):
    """An event at a fixed time, or with two or more times to choose from; `timezone` is where it is held."""

    title: Title
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    slots: Annotated[list[SpanGiven], Field(max_length=MOST_SLOTS)] = Field(default_factory=list)
    poll_days: Annotated[int | None, Field(ge=1, le=LONGEST_VOTE)] = None
    timezone: Zone = "Asia/Shanghai"
    body: Long = ""
    place: Place = ""
    link: Address = ""
    readers: Readers = Field(default=Readers.MEMBERS, strict=False)
    capacity: Annotated[int | None, Field(ge=1, le=LARGEST_CAPACITY)] = None
    group_id: Annotated[Id | None, Field(description="The working group whose event it is.")] = None

    @property
    def facts(self) -> EventFacts:
        """As the action takes it."""
        return EventFacts(
            title=self.title,
            body=self.body,
            place=self.place,
            link=self.link,
            audience=self.readers.value,
            timezone=self.timezone,
            capacity=self.capacity,
            starts=there(self.starts_at, self.timezone) if self.starts_at else None,
            ends=there(self.ends_at, self.timezone) if self.ends_at else None,
            slots=tuple((there(one.starts_at, self.timezone), there(one.ends_at, self.timezone)) for one in self.slots),
        )


class EventChange(Given):
    """What changes of an event; what is left out stays. A time that is set here ends the search for one."""

    title: Title = ""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    timezone: Zone = ""
    body: Long = ""
    place: Place = ""
    link: Address = ""
    readers: Readers = Field(default=Readers.MEMBERS, strict=False)
    capacity: Annotated[int | None, Field(ge=1, le=LARGEST_CAPACITY)] = None

    def over(self, event: Event, *, readers: Readers) -> EventFacts:
        """The event with what was given in its place; in another zone it takes place at the same moment."""
        kept = facts_of(event, readers=readers, timezone=self.timezone)
        given = self.model_dump(exclude_unset=True, exclude={"starts_at", "ends_at", "readers"})
        return replace(
            kept,
            **given,
            audience=self.readers if "readers" in self.model_fields_set else kept.audience,
            starts=there(self.starts_at, kept.timezone) if self.starts_at else kept.starts,
            ends=there(self.ends_at, kept.timezone) if self.ends_at else kept.ends,
        )


class AttendanceShown(Shown):
    """Whether you come: going, waiting (for a place), declined."""

    state: str


class MinutesGiven(Given):
    """What was said and agreed, in Markdown."""

    text: Annotated[Plain, Field(min_length=1, max_length=LONGEST_MINUTES)]


class PresenceGiven(Given):
    """The handles of those who were there, of those who had a place."""

    handles: Annotated[list[Handle], Field(max_length=LARGEST_CAPACITY)]


class AskedShown(Shown):
    """An event that another alliance wants to hold together with this one."""

    event_id: int
    title: str
    host: str
    host_url: str
    starts_at: datetime | None
    message: str
    asked_at: datetime

    @classmethod
    def of(cls, row: AskedRow) -> "AskedShown":
        """From the row of the page."""
        return cls(
            event_id=row.event_id,
            title=row.title,
            host=row.host_name,
            host_url=link(row.host_url),
            starts_at=row.starts_at,
            message=row.message,
            asked_at=row.asked_at,
        )


class AskedList(Listing[AskedShown]):
    """What nobody has answered yet."""
