from datetime import datetime

from pydantic import Field

from accounts.schemas import Author
from activity.models import Level
from forum.models.thread import Lens, ThreadKind
from forum.queries.rows import Person, PollRow, ThreadRow, ThreadView
from forum.schemas.places import PlaceShown
from kernel.api import Listing, Shown, link


def author_of(person: Person) -> Author:
    """An author as the API says it."""
    return Author.of(name=person.name, handle=person.handle, url=person.url)


class SourceShown(Shown):
    """Where an imported thread comes from, and on what terms."""

    name: str
    url: str
    licence: str


class MyThread(Shown):
    """What you made of a thread."""

    level: Level
    unread: int
    is_new: bool
    first_unread_url: str | None

    @classmethod
    def of(cls, row: ThreadRow) -> "MyThread":
        """From the row of the page."""
        first = row.first_unread_url
        return cls(
            level=Level(row.level),
            unread=row.unread,
            is_new=row.is_new,
            first_unread_url=link(first) if first else None,
        )


class ThreadItem(Shown):
    """A thread in a list. `me` is null without a token."""

    id: int
    title: str
    url: str
    kind: ThreadKind
    lens: Lens | None
    lang: str
    tags: list[str]
    community: PlaceShown
    board: PlaceShown
    is_private: bool
    author: Author
    created_at: datetime
    last_post_at: datetime
    last_author: Author
    reply_count: int
    is_pinned: bool
    is_locked: bool
    is_answered: bool
    has_poll: bool
    source_name: str
    me: MyThread | None

    @classmethod
    def of(cls, row: ThreadRow, *, signed_in: bool) -> "ThreadItem":
        """From the row of the page."""
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            kind=ThreadKind(row.kind),
            lens=Lens(row.lens) if row.lens else None,
            lang=row.lang,
            tags=row.tags,
            community=PlaceShown.of(row.community),
            board=PlaceShown.of(row.board),
            is_private=row.board.is_private,
            author=author_of(row.author),
            created_at=row.created_at,
            last_post_at=row.last_post_at,
            last_author=author_of(row.last_author),
            reply_count=row.reply_count,
            is_pinned=row.is_pinned,
            is_locked=row.is_locked,
            is_answered=row.is_answered,
            has_poll=row.has_poll,
            source_name=row.source_name,
            me=MyThread.of(row) if signed_in else None,
        )


class ThreadList(Listing[ThreadItem]):
    """Threads, the newest activity first."""


class PollOptionShown(Shown):
    """An answer of a poll."""

    id: int
    text: str
    vote_count: int | None
    is_mine: bool


class PollShown(Shown):
    """A poll. Counts are null while you may vote and have not."""

    question: str
    max_choices: int
    closes_at: datetime | None
    may_vote: bool
    has_voted: bool
    voter_count: int
    options: list[PollOptionShown]

    @classmethod
    def of(cls, row: PollRow) -> "PollShown":
        """From the row of the page."""
        tells = row.has_voted or not row.is_open
        return cls(
            question=row.question,
            max_choices=row.max_choices,
            closes_at=row.closes_at,
            may_vote=row.is_open,
            has_voted=row.has_voted,
            voter_count=row.voter_count,
            options=[
                PollOptionShown(
                    id=option.id,
                    text=option.text,
                    vote_count=option.vote_count if tells else None,
                    is_mine=option.is_mine,
                )
                for option in row.options
            ],
        )


class MyThreadView(Shown):
    """What you made of a thread, and what you may do there."""

    level: Level
    is_bookmarked: bool
    read_number: int
    unread: int
    may_reply: bool
    why_not_reply: str
    may_accept: bool
    may_moderate: bool


class ThreadShown(Shown):
    """A thread without its posts. `me` is null without a token."""

    id: int
    title: str
    url: str
    kind: ThreadKind
    lens: Lens | None
    lang: str
    tags: list[str]
    community: PlaceShown
    board: PlaceShown
    is_private: bool
    author: Author
    created_at: datetime
    last_post_at: datetime
    reply_count: int
    last_number: int = Field(description="The highest post number given so far.")
    accepted_number: int | None
    is_pinned: bool
    is_locked: bool
    is_deleted: bool
    merged_into_url: str | None
    has_math: bool
    poll: PollShown | None
    source: SourceShown | None
    me: MyThreadView | None

    @classmethod
    def of(cls, view: ThreadView, *, signed_in: bool) -> "ThreadShown":
        """From what the page shows."""
        row = view.thread
        source = SourceShown(name=view.source_name, url=view.source_url, licence=view.licence)
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            kind=ThreadKind(row.kind),
            lens=Lens(row.lens) if row.lens else None,
            lang=row.lang,
            tags=row.tags,
            community=PlaceShown.of(row.community),
            board=PlaceShown.of(row.board),
            is_private=row.board.is_private,
            author=author_of(row.author),
            created_at=row.created_at,
            last_post_at=row.last_post_at,
            reply_count=row.reply_count,
            last_number=view.pages.total,
            accepted_number=view.accepted_number,
            is_pinned=row.is_pinned,
            is_locked=row.is_locked,
            is_deleted=row.is_deleted,
            merged_into_url=link(view.merged_into_url) if view.merged_into_url else None,
            has_math=view.has_math,
            poll=PollShown.of(view.poll) if view.poll else None,
            source=source if view.source_name or view.source_url else None,
            me=_mine(view) if signed_in else None,
        )


def _mine(view: ThreadView) -> MyThreadView:
    return MyThreadView(
        level=Level(view.my_level),
        is_bookmarked=view.is_bookmarked,
        read_number=view.read_number,
        unread=view.thread.unread,
        may_reply=view.may_reply,
        why_not_reply=view.why_not_reply,
        may_accept=view.may_accept,
        may_moderate=view.may_moderate,
    )


class ThreadMade(Shown):
    """A thread was started, or is elsewhere now."""

    id: int
    url: str
    title: str
