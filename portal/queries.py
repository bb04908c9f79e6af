"""What the front pages show, gathered from the rooms below."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select

from accounts.models import User
from activity.models import Follow, Level
from forum.models import Board, Community, Post, Thread
from forum.policy import live_threads, visible_boards
from forum.queries import lists
from forum.queries.rows import ThreadRow
from kernel import refs
from kernel.db import session
from kernel.markup import excerpt
from kernel.refs import Card, Ref
from kernel.viewer import Viewer
from portal.achievement_lists import has_card

SOME = 8
MOST_COUNTED = 1000
RECENT = 10
EXCERPT = 180
FOLLOWED_KINDS = ("forum.community", "forum.tag", "accounts.user")


@dataclass(frozen=True, slots=True)
class Totals:
    """How large the place is, as this viewer sees it."""

    threads: int
    posts: int
    people: int


@dataclass(frozen=True, slots=True)
class RecentPost:
    """A reply on its author's page."""

    title: str
    url: str
    excerpt: str
    at: datetime
    lang: str


@dataclass(frozen=True, slots=True)
class PersonStats:
    """What somebody contributed, each counted up to a thousand."""

    threads: int
    posts: int
    accepted: int


def totals(viewer: Viewer) -> Totals:
    """Threads and posts from the boards' counters, people counted."""
    row = (
        session()
        .execute(
            select(func.coalesce(func.sum(Board.thread_count), 0), func.coalesce(func.sum(Board.post_count), 0)).where(
                visible_boards(viewer)
            )
        )
        .one()
    )
    people = session().scalar(select(func.count()).select_from(User).where(User.suspended_at.is_(None)))
    return Totals(int(row[0]), int(row[1]), int(people or 0))


def answered_lately(viewer: Viewer) -> list[ThreadRow]:
    """Questions that have their answer, the most recently active first."""
    return lists.thread_page(viewer, lists.answered(), limit=SOME).items


def active_lately(viewer: Viewer) -> list[ThreadRow]:
    """What is being discussed now."""
    return lists.thread_page(viewer, limit=SOME).items


def answered_for_me(viewer: Viewer) -> list[ThreadRow]:
    """Newly answered questions in what I follow that I have not seen to the end."""
    found = lists.thread_page(
        viewer, lists.answered(), lists.followed_by_me(viewer), lists.not_muted(viewer), limit=SOME * 2
    )
    return [row for row in found.items if row.unread or row.is_new][:SOME]


def unread_for_me(viewer: Viewer) -> list[ThreadRow]:
    """Threads I take part in that went on without me."""
    return lists.thread_page(viewer, lists.unread_by_me(), limit=SOME).items


def new_for_me(viewer: Viewer, *, follows_anything: bool) -> list[ThreadRow]:
    """New threads in what I follow; for those who follow nothing yet, everywhere."""
    where = [lists.new_to_me(viewer), lists.not_muted(viewer)]
    if follows_anything:
        where.append(lists.followed_by_me(viewer))
    return lists.thread_page(viewer, *where, limit=SOME * 2).items


def followed_by(viewer: Viewer) -> list[Card]:
    """Communities, tags and people that I track or watch."""
    rows = session().execute(
        select(Follow.kind, Follow.ref_id)
        .where(
            Follow.user_id == viewer.user_id,
            Follow.kind.in_(FOLLOWED_KINDS),
            Follow.level.in_([Level.TRACKING, Level.WATCHING]),
        )
        .order_by(Follow.kind, Follow.created_at)
        .limit(60)
    )
    return list(refs.cards(viewer, [Ref(row.kind, row.ref_id) for row in rows]).values())


def recent_posts(viewer: Viewer, user_id: int) -> list[RecentPost]:
    """The latest replies of a person that this viewer sees."""
    rows = session().execute(
        select(Post.id, Post.html, Post.created_at, Post.lang, Thread.title)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(Post.author_id == user_id, Post.number > 1, Post.deleted_at.is_(None), live_threads(viewer))
        .order_by(Post.id.desc())
        .limit(RECENT)
    )
    return [
        RecentPost(row.title, f"/posts/{row.id}", excerpt(row.html, EXCERPT), row.created_at, row.lang) for row in rows
    ]


def stats_of(viewer: Viewer, user_id: int) -> PersonStats:
    """Counted no further than a thousand, so that no page grows with what it counts: one query."""
    threads = (
        select(literal(1))
        .select_from(Thread)
        .join(Board, Board.id == Thread.board_id)
        .where(Thread.author_id == user_id, live_threads(viewer))
        .limit(MOST_COUNTED)
        .subquery()
    )
    mine = (
        select(literal(1))
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(Post.author_id == user_id, Post.deleted_at.is_(None), live_threads(viewer))
        .limit(MOST_COUNTED)
    )
    accepted = mine.where(Thread.accepted_number == Post.number).subquery()
    row = (
        session()
        .execute(
            select(
                select(func.count()).select_from(threads).scalar_subquery(),
                select(func.count()).select_from(mine.subquery()).scalar_subquery(),
                select(func.count()).select_from(accepted).scalar_subquery(),
            )
        )
        .one()
    )
    return PersonStats(*row)


def feed_threads(viewer: Viewer, *, community: str | None = None, tag_id: int | None = None) -> list[ThreadRow]:
    """The newest threads of the site, a community or a tag, for a feed."""
    where: list[ColumnElement[bool]] = []
    if community is not None:
        where.append(Thread.community_id.in_(select(Community.id).where(Community.slug == community)))
    if tag_id is not None:
        where.append(lists.tagged(tag_id))
    return lists.thread_page(viewer, *where, keys=lists.BY_BIRTH, with_muted=True).items


def feed_achievements(viewer: Viewer) -> list[ThreadRow]:
    """The newest threads with an achievement's card."""
    return lists.thread_page(viewer, has_card(), keys=lists.BY_BIRTH, with_muted=True).items
