"""What the pages show: plain rows, complete when they reach a template, so that no query starts in one."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from markupsafe import Markup

from forum.addresses import PAGE
from forum.models.community import GENERAL


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a page: a member (with `handle`), or the author of an imported post (perhaps with a `url`)."""

    name: str
    id: int | None = None
    handle: str | None = None
    url: str | None = None
    avatar_url: str | None = None
    affiliation: str = ""
    job_title: str = ""
    orcid: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A community or a board, in the viewer's language."""

    id: int
    slug: str
    name: str
    url: str
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class LensPlace:
    """One of the three ways to look across all sectors."""

    slug: str
    name: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class Day:
    """One point of a sparkline."""

    day: date
    posts: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A board in the list of its community."""

    place: Place
    audience: str
    alliance_id: int | None
    is_closed: bool
    thread_count: int
    post_count: int
    open_question_count: int


@dataclass(frozen=True, slots=True)
class AllianceBoards:
    """An alliance's boards in the list of its community, each with its short name."""

    name: str
    url: str
    boards: list[tuple[Place, str]]


@dataclass(frozen=True, slots=True)
class Company:
    """Who looks after a community, and what the viewer's own profile says where lenses ask for it."""

    moderators: list[Person]
    my_fields: tuple[str, ...]
    my_affiliation_kind: str


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """A community in the list of all: counts over the boards that this viewer sees."""

    place: Place
    about: str
    code: str
    thread_count: int
    post_count: int
    open_question_count: int
    follower_count: int
    days: list[Day]
    boards: list[BoardRow] = field(default_factory=list)
    level: str = "normal"

    @property
    def own_boards(self) -> list[BoardRow]:
        """Those of the sector itself, the general one aside."""
        return [row for row in self.boards if row.alliance_id is None and row.place.slug != GENERAL]


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in a list, with what this viewer has read of it."""

    id: int
    title: str
    url: str
    kind: str
    lens: str | None
    lang: str
    tags: tuple[str, ...]
    author: Person
    created_at: datetime
    last_post_at: datetime
    last_author: Person
    reply_count: int
    community: Place
    board: Place
    is_pinned: bool
    is_locked: bool
    is_answered: bool
    is_deleted: bool
    has_poll: bool
    unread: int = 0
    is_new: bool = False
    first_unread_url: str | None = None
    level: str = "normal"
    source_name: str = ""


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """One kind of reaction under a post."""

    name: str
    count: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post on its page. `html` is safe; of a deleted post it is empty unless the viewer moderates."""

    id: int
    number: int
    url: str
    author: Person
    lang: str
    html: Markup
    created_at: datetime
    edited_at: datetime | None
    edit_count: int
    score: int
    reactions: tuple[ReactionCount, ...]
    is_accepted: bool
    is_deleted: bool
    is_purged: bool
    is_mine: bool
    is_bookmarked: bool
    is_unread: bool
    reply_to: tuple[int, str] | None
    may_edit: bool
    may_delete: bool
    is_muted: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class PollOptionRow:
    """An answer of a poll with its share in percent."""

    id: int
    text: str
    vote_count: int
    percent: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class PollRow:
    """A poll; counts are shown to whoever has voted, or may not vote any more."""

    id: int
    question: str
    max_choices: int
    closes_at: datetime | None
    is_open: bool
    has_voted: bool
    voter_count: int
    options: tuple[PollOptionRow, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Where in a thread one is: post numbers `first`–`last` of `total`, and where the other pages are."""

    first: int
    last: int
    total: int
    number: int
    count: int
    links: list[tuple[int, str]]
    previous_url: str | None
    next_url: str | None
    jump_url: str

    @property
    def end(self) -> int:
        """The last number that this page has room for."""
        return self.first + PAGE - 1


class PostsOnPage(Protocol):
    """The posts of a page, read when they are asked for, and the key of all that their looks depend on."""

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Two viewers with equal keys see the same."""

    @property
    def posts(self) -> list[PostRow]:
        """In the order of their numbers."""

    @property
    def accepted(self) -> PostRow | None:
        """The accepted answer, on the first page of its question."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A reply that the viewer began."""

    body: str
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ThreadView:
    """Everything a thread's page shows."""

    thread: ThreadRow
    alliance: Place | None
    page: PostsOnPage
    poll: PollRow | None
    pages: Pages
    accepted_number: int | None
    my_level: str
    is_bookmarked: bool
    read_number: int
    draft: DraftRow | None
    has_math: bool
    source_url: str
    source_name: str
    licence: str
    merged_into_url: str | None
    may_reply: bool
    why_not_reply: str
    may_accept: bool
    may_moderate: bool


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A former text of a post."""

    number: int
    editor: Person
    reason: str
    created_at: datetime
