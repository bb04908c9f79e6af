"""The second wall: hits as this viewer may see them now, read from the database; the invisible is not among them."""

from collections.abc import Iterable, Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from accounts.models import User
from forum.addresses import community_url, number_url, thread_url
from forum.models import Board, Community, Post, Thread
from forum.models.thread import ThreadKind
from forum.policy import live_threads, visible_boards
from forum.search.documents import COMMUNITY, POST, THREAD, board_token
from kernel.db import session
from kernel.markup import plain_text
from kernel.refs import Ref
from kernel.viewer import Viewer
from search_index.documents import EPOCH, Shown

TAGS = 2


def tokens(viewer: Viewer) -> Iterable[str]:
    """The boards that the viewer sees at this moment."""
    return [board_token(board_id) for board_id in session().scalars(select(Board.id).where(visible_boards(viewer)))]


def threads(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Shown]:
    """Threads with their opening text, place, author and what came of them."""
    rows = session().execute(
        select(
            Thread.id,
            Thread.title,
            Thread.slug,
            Thread.lang,
            Thread.kind,
            Thread.tags,
            Thread.created_at,
            Thread.accepted_number,
            Thread.live_post_count,
            Thread.author_id,
            Thread.author_name,
            Post.html,
            User.display_name,
            Community.slug.label("sector"),
            Community.name_zh,
            Community.name_en,
        )
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .join(Post, (Post.thread_id == Thread.id) & (Post.number == 1))
        .outerjoin(User, User.id == Thread.author_id)
        .where(Thread.id.in_(ids), live_threads(viewer))
    )
    found: dict[int, Shown] = {}
    for row in rows:
        replies = max(row.live_post_count - 1, 0)
        facts = [
            _place(viewer, row.name_zh, row.name_en),
            row.display_name or row.author_name,
            ngettext("%(num)s reply", "%(num)s replies", replies),
        ]
        if row.kind == ThreadKind.QUESTION:
            facts.append(_("answered") if row.accepted_number is not None else _("waiting for an answer"))
        facts += [f"#{tag}" for tag in row.tags[:TAGS]]
        found[row.id] = Shown(
            ref=Ref(THREAD, row.id),
            title=row.title,
            url=thread_url(row.id, row.slug),
            text=plain_text(row.html),
            at=row.created_at,
            kind="thread",
            lang=row.lang,
            facts=tuple(fact for fact in facts if fact),
            sectors=(row.sector,),
            author_id=row.author_id,
        )
    return found


def posts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Shown]:
    """Replies under the title of their thread."""
    rows = session().execute(
        select(
            Post.id,
            Post.number,
            Post.html,
            Post.lang,
            Post.created_at,
            Post.author_name,
            Thread.id.label("thread_id"),
            Thread.title,
            Thread.slug,
            Thread.accepted_number,
            User.display_name,
            Community.name_zh,
            Community.name_en,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(Post.id.in_(ids), Post.number > 1, Post.deleted_at.is_(None), live_threads(viewer))
    )
    found: dict[int, Shown] = {}
    for row in rows:
        facts = [_place(viewer, row.name_zh, row.name_en), row.display_name or row.author_name]
        if row.accepted_number == row.number:
            facts.append(_("accepted answer"))
        found[row.id] = Shown(
            ref=Ref(POST, row.id),
            title=row.title,
            url=number_url(thread_url(row.thread_id, row.slug), row.number),
            text=plain_text(row.html),
            at=row.created_at,
            kind="post",
            lang=row.lang,
            facts=tuple(fact for fact in facts if fact),
            within=Ref(THREAD, row.thread_id),
        )
    return found


def communities(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Shown]:
    """Communities in the viewer's language."""
    return {
        row.id: Shown(
            ref=Ref(COMMUNITY, row.id),
            title=row.name(viewer.locale),
            url=community_url(row.slug),
            text=row.about(viewer.locale),
            at=EPOCH,
            kind="community",
        )
        for row in session().scalars(select(Community).where(Community.id.in_(ids)))
    }


def _place(viewer: Viewer, name_zh: str, name_en: str) -> str:
    return name_zh if viewer.locale.startswith("zh") else name_en
