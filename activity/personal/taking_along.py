"""What somebody takes along: follows, bookmarks, notices, how they are told, and what they did with rights."""

from collections.abc import Iterable
from typing import Any

from flask import current_app
from sqlalchemy import select

from activity.models import Bookmark, Follow, LogEntry, Notice, NoticeSetting
from kernel.personal import Piece, Table, exports
from kernel.refs import Ref, cards
from kernel.viewer import Viewer

NAMED = {"title": "string", "url": "string"}


@exports("activity")
def my_follows(viewer: Viewer) -> Iterable[Piece]:
    """Each thing with its title and address, as far as the viewer still sees it."""

    def named(rows: list[dict[str, Any]]) -> None:
        base = str(current_app.config["BASE_URL"])
        found = cards(viewer, [Ref(row["kind"], row["ref_id"]) for row in rows])
        for row in rows:
            card = found.get(Ref(row["kind"], row["ref_id"]))
            row["title"], row["url"] = (card.title, f"{base}{card.url}") if card else ("", "")

    yield Table(
        "follows",
        "What I follow",
        select(Follow.kind, Follow.ref_id, Follow.level, Follow.mail, Follow.created_at).where(
            Follow.user_id == viewer.me
        ),
        key=(Follow.kind, Follow.ref_id),
        complete=named,
        more=NAMED,
    )
    yield Table(
        "bookmarks",
        "Bookmarks, with my notes",
        select(Bookmark.kind, Bookmark.ref_id, Bookmark.note, Bookmark.created_at).where(Bookmark.user_id == viewer.me),
        key=(Bookmark.id,),
        complete=named,
        more=NAMED,
    )
    yield Table(
        "notices",
        "Notices to me",
        select(
            Notice.event, Notice.reason, Notice.topic, Notice.kind, Notice.ref_id, Notice.created_at, Notice.read_at
        ).where(Notice.user_id == viewer.me, Notice.audience.in_(sorted(viewer.audience))),
        key=(Notice.id,),
        complete=named,
        more=NAMED,
    )
    yield Table(
        "notice-settings",
        "How I want to be told",
        select(NoticeSetting.topic, NoticeSetting.bell, NoticeSetting.mail, NoticeSetting.push).where(
            NoticeSetting.user_id == viewer.me
        ),
    )
    yield Table(
        "acts",
        "What I did with rights over what is others’",
        select(LogEntry.act, LogEntry.kind, LogEntry.ref_id, LogEntry.reason, LogEntry.created_at).where(
            LogEntry.actor_id == viewer.me
        ),
        key=(LogEntry.id,),
    )
