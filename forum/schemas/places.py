from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from forum.addresses import tag_url
from forum.models import Tag
from forum.models.thread import Lens
from forum.queries.rows import BoardRow, CommunityRow, Place
from kernel.api import Listing, PageQuery, Shown, link

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class PlaceShown(Shown):
    """A community or a board, named in your language."""

    slug: str
    name: str
    url: str

    @classmethod
    def of(cls, place: Place) -> "PlaceShown":
        """As the pages name it."""
        return cls(slug=place.slug, name=place.name, url=link(place.url))


class BoardShown(PlaceShown):
    """A board and what is on it."""

    is_private: bool
    thread_count: int
    post_count: int
    open_question_count: int

    @classmethod
    def of_row(cls, row: BoardRow) -> "BoardShown":
        """From the row of the page."""
        return cls(
            slug=row.place.slug,
            name=row.place.name,
            url=link(row.place.url),
            is_private=row.place.is_private,
            thread_count=row.thread_count,
            post_count=row.post_count,
            open_question_count=row.open_question_count,
        )


class DayShown(Shown):
    """How many posts a day brought."""

    day: date
    posts: int


class CommunityShown(Shown):
    """A sector; the numbers are over the boards that you see."""

    id: int
    slug: str
    name: str
    about: str
    code: str
    url: str
    thread_count: int
    post_count: int
    open_question_count: int
    follower_count: int
    days: list[DayShown]
    boards: list[BoardShown]

    @classmethod
    def of(cls, row: CommunityRow) -> "CommunityShown":
        """From the row of the page."""
        return cls(
            id=row.place.id,
            slug=row.place.slug,
            name=row.place.name,
            about=row.about,
            code=row.code,
            url=link(row.place.url),
            thread_count=row.thread_count,
            post_count=row.post_count,
            open_question_count=row.open_question_count,
            follower_count=row.follower_count,
            days=[DayShown(day=day.day, posts=day.posts) for day in row.days],
            boards=[BoardShown.of_row(board) for board in row.boards],
        )


class CommunityList(Listing[CommunityShown]):
    """All sectors of which you see a board; always one page."""


class TagShown(Shown):
    """A word that threads share."""

    id: int
    name: str
    url: str
    thread_count: int = Field(description="Live threads on public boards.")
    follower_count: int

    @classmethod
    def of(cls, tag: Tag) -> "TagShown":
        """From the row."""
        return cls(
            id=tag.id,
            name=tag.name,
            url=link(tag_url(tag.name)),
            thread_count=tag.public_thread_count,
            follower_count=tag.follower_count,
        )


class TagList(Listing[TagShown]):
    """The tags of public threads, the most used first; always one page."""


class ThreadQuery(PageQuery):
    """Which threads."""

    view: Annotated[
        Literal["latest", "open"], Field(description="All by their last post, or the questions without an answer.")
    ] = "latest"
    lens: Annotated[Lens | None, Field(description="Only what was started through this lens.")] = None


class CommunityThreadQuery(ThreadQuery):
    """Which threads of a community."""

    board: Annotated[Slug | None, Field(description="Only those of this board.")] = None
