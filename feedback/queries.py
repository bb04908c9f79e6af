"""Reads: suggestions as rows of threads with their state, and what changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select

from accounts.models import User
from feedback.models import Change, Suggestion, SuggestionState, SuggestionVote
from forum.addresses import thread_url
from forum.models import Board, Thread
from forum.policy import live_threads
from forum.queries import lists
from forum.queries.rows import ThreadRow
from kernel.db import session
from kernel.paging import Key, Page, keyset_page
from kernel.viewer import Viewer

PAGE = 30

BY_VOTES: tuple[Key, ...] = (Suggestion.votes, Suggestion.thread_id)
BY_BIRTH: tuple[Key, ...] = (Suggestion.thread_id,)


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """A suggestion with where it stands, and whether the viewer wants it."""

    thread: ThreadRow
    state: str
    note: str
    link: str
    votes: int
    decided_at: datetime | None
    is_wanted: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line of what changed; `thanks` names whoever suggested it."""

    id: int
    title: str
    lang: str
    url: str
    note: str
    link: str
    thanks: str
    thanks_url: str
    is_mine: bool
    is_suggested: bool
    created_at: datetime


def suggestion_page(
    viewer: Viewer, *, state: str = "", by_votes: bool = True, cursor: str | None = None, limit: int = PAGE
) -> Page[SuggestionRow]:
    """Suggestions that the viewer sees: those in one state, or all; most wanted first, or newest."""
    where = [Suggestion.state == state] if state else []
    query = _rows(viewer).where(live_threads(viewer), *where)
    keys = BY_VOTES if by_votes else BY_BIRTH
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor, params={"me": viewer.user_id})
    return page.map(lambda row: _row(row, viewer))


def suggestion_of(viewer: Viewer, thread_id: int) -> SuggestionRow | None:
    """The suggestion that a thread is, if it is one that the viewer sees in lists."""
    query = _rows(viewer).where(Thread.id == thread_id, live_threads(viewer))
    row = session().execute(query, {"me": viewer.user_id}).first()
    return None if row is None else _row(row, viewer)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many suggestions the viewer sees in each state."""
    query = (
        select(Suggestion.state, func.count())
        .join(Thread, Thread.id == Suggestion.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(live_threads(viewer))
        .group_by(Suggestion.state)
    )
    found = dict(session().execute(query).all())
    return {state.value: found.get(state.value, 0) for state in SuggestionState}


def change_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[ChangeRow]:
    """What changed, newest first; of a suggestion only while the viewer sees its thread."""
    thread: list[Any] = [Thread.id.label("thread_id"), Thread.title, Thread.slug, Thread.lang, Thread.author_id]
    query = (
        select(Change, *thread, User.handle, User.display_name)
        .outerjoin(Thread, Thread.id == Change.thread_id)
        .outerjoin(Board, Board.id == Thread.board_id)
        .outerjoin(User, and_(User.id == Thread.author_id, User.suspended_at.is_(None)))
        .where(or_(Change.thread_id.is_(None), live_threads(viewer)))
    )
    page = keyset_page(query, keys=[Change.created_at, Change.id], limit=limit, cursor=cursor)
    in_chinese = viewer.locale.startswith("zh")
    return page.map(
        lambda row: ChangeRow(
            id=row.Change.id,
            title=row.title or (row.Change.title_zh if in_chinese else row.Change.title_en),
            lang=row.lang or "",
            url=thread_url(row.thread_id, row.slug) if row.thread_id else row.Change.link,
            note=row.Change.note,
            link=row.Change.link if row.thread_id else "",
            thanks=row.display_name or "",
            thanks_url=f"/people/{row.handle}" if row.handle else "",
            is_mine=row.author_id is not None and row.author_id == viewer.user_id,
            is_suggested=row.thread_id is not None,
            created_at=row.Change.created_at,
        )
    )


def _rows(viewer: Viewer) -> Select[Any]:
    return (
        lists.list_statement()
        .add_columns(
            Suggestion.state.label("suggestion_state"),
            Suggestion.note.label("suggestion_note"),
            Suggestion.link.label("suggestion_link"),
            Suggestion.votes.label("suggestion_votes"),
            Suggestion.decided_at.label("suggestion_decided_at"),
            _is_wanted(viewer).label("is_wanted"),
        )
        .join(Suggestion, Suggestion.thread_id == Thread.id)
    )


def _is_wanted(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.user_id is None:
        return literal(value=False)
    mine = select(SuggestionVote.user_id).where(
        SuggestionVote.thread_id == Thread.id, SuggestionVote.user_id == viewer.user_id
    )
    return mine.exists()


def _row(row: Row[Any], viewer: Viewer) -> SuggestionRow:
    return SuggestionRow(
        thread=lists.row_of(row, viewer),
        state=row.suggestion_state,
        note=row.suggestion_note,
        link=row.suggestion_link,
        votes=row.suggestion_votes,
        decided_at=row.suggestion_decided_at,
        is_wanted=bool(row.is_wanted),
        is_mine=row.author_id is not None and row.author_id == viewer.user_id,
    )
