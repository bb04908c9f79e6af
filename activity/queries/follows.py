from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_

from activity.models import Follow, Level
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

PAGE = 40


@dataclass(frozen=True, slots=True)
class FollowRow:
    """Something that one hears more or less of than usual; `card` is None once it is gone or out of sight."""

    ref: Ref
    level: Level
    mail: str | None
    since: datetime
    card: Card | None


def levels_for(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, Level]:
    """How much the viewer hears of each of `refs`; one query."""
    wanted = list(refs)
    levels = dict.fromkeys(wanted, Level.NORMAL)
    if viewer.user_id is not None and wanted:
        rows = session().execute(
            select(Follow.kind, Follow.ref_id, Follow.level).where(
                Follow.user_id == viewer.user_id,
                tuple_(Follow.kind, Follow.ref_id).in_([(ref.kind, ref.id) for ref in wanted]),
            )
        )
        levels.update({Ref(row.kind, row.ref_id): Level(row.level) for row in rows})
    return levels


def followed(viewer: Viewer, *, kinds: Sequence[str], limit: int = 50) -> list[tuple[Card, Level]]:
    """What of these kinds the viewer tracks or watches, newest first."""
    if viewer.user_id is None:
        return []
    rows = (
        session()
        .execute(
            select(Follow.kind, Follow.ref_id, Follow.level)
            .where(
                Follow.user_id == viewer.user_id,
                Follow.kind.in_(kinds),
                Follow.level.in_([Level.TRACKING, Level.WATCHING]),
            )
            .order_by(Follow.created_at.desc())
            .limit(limit)
        )
        .all()
    )
    found = cards(viewer, [Ref(row.kind, row.ref_id) for row in rows])
    pairs = [(found.get(Ref(row.kind, row.ref_id)), Level(row.level)) for row in rows]
    return [(card, level) for card, level in pairs if card is not None]


def followers(ref: Ref, levels: Iterable[Level]) -> list[int]:
    """Who follows `ref` at one of these levels; to tell them, name it as `watched` to `notify`."""
    return list(
        session().scalars(
            select(Follow.user_id).where(
                Follow.kind == ref.kind, Follow.ref_id == ref.id, Follow.level.in_(list(levels))
            )
        )
    )


def follows_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[FollowRow]:
    """All that the viewer follows or muted, what was followed last first."""
    query = select(Follow).where(Follow.user_id == viewer.me)
    keys = [Follow.created_at, Follow.kind, Follow.ref_id]
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor)
    return Page(_rows(viewer, [row[0] for row in page.items]), page.next)


def follow_row(viewer: Viewer, ref: Ref) -> FollowRow | None:
    """How the viewer follows this one thing, if they do."""
    row = session().get(Follow, (viewer.me, ref.kind, ref.id))
    return None if row is None else _rows(viewer, [row])[0]


def _rows(viewer: Viewer, follows: Sequence[Follow]) -> list[FollowRow]:
    refs = [Ref(row.kind, row.ref_id) for row in follows]
    found = cards(viewer, refs)
    return [
        FollowRow(ref, Level(row.level), row.mail, row.created_at, found.get(ref))
        for ref, row in zip(refs, follows, strict=True)
    ]
