from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from activity.digests.sections import sections
from activity.gathering import Group, gathered
from activity.models import Follow, Notice, NoticeSetting
from activity.topics import Cadence, Topic
from activity.wishes import RULE_OF_NOTICE, SETTING_OF_NOTICE, mail_wanted, wishes_of
from kernel.db import session
from kernel.refs import Card, Ref, cards
from kernel.viewer import MEMBERS, PUBLIC, Viewer

MOST_NOTICES = 200
EVERYBODY = {PUBLIC, MEMBERS}

Thing = tuple[Ref, datetime | None]


@dataclass(frozen=True, slots=True)
class Content:
    """What one person is told: the ids of notices, the things of each section, and the audiences of all of it."""

    notices: tuple[int, ...] = ()
    sections: Mapping[str, Sequence[Thing]] = field(default_factory=dict)
    audiences: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.notices or self.sections)

    def packed(self) -> dict[str, Any]:
        """As a digest keeps it."""
        things = {
            key: [[ref.kind, ref.id, until.isoformat() if until else None] for ref, until in some]
            for key, some in self.sections.items()
        }
        return {"notices": list(self.notices), "sections": things}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a section as its reader may see it."""

    card: Card
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A digest as it is read: only what its reader may see at this moment."""

    groups: Sequence[Group]
    sections: Sequence[tuple[str, Sequence[Entry]]]

    def __bool__(self) -> bool:
        return bool(self.groups or self.sections)


def content_for(viewer: Viewer, *, period: Cadence, since: datetime) -> tuple[Content, Sheet]:
    """What this person missed since then and wants to hear of at this pace: as it is kept, and as it is read."""
    notices = (
        session()
        .scalars(
            select(Notice)
            .outerjoin(NoticeSetting, SETTING_OF_NOTICE)
            .outerjoin(Follow, RULE_OF_NOTICE)
            .where(
                Notice.user_id == viewer.me,
                Notice.read_at.is_(None),
                Notice.mailed_at.is_(None),
                Notice.created_at >= since,
                Notice.audience.in_(sorted(viewer.audience)),
                mail_wanted() == period.value,
            )
            .order_by(Notice.id.desc())
            .limit(MOST_NOTICES)
        )
        .all()
    )
    groups = list(gathered(viewer, notices).values())
    told = [one for group in groups for one in group.notices]
    audiences = {one.audience for one in told}
    best: dict[str, list[Thing]] = {}
    if wishes_of(viewer.me)[Topic.SUMMARY].mail is period:
        named = {ref for one in told for ref in (one.ref, one.place)}
        for section in sections():
            items = [item for item in section.pick(viewer, since) if item.ref not in named]
            if items:
                best[section.key] = [(item.ref, item.until) for item in items]
                named |= {item.ref for item in items}
                audiences |= {item.audience for item in items}
    content = Content(tuple(one.id for one in told), best, frozenset(audiences) - EVERYBODY)
    return content, Sheet(groups, _shown(viewer, best))


def sheet_of(viewer: Viewer, content: Mapping[str, Any]) -> Sheet:
    """What a digest holds, as far as its reader may see it now."""
    ids: Collection[int] = content["notices"]
    mine = (Notice.user_id == viewer.me, Notice.audience.in_(sorted(viewer.audience)))
    notices = session().scalars(select(Notice).where(Notice.id.in_(ids), *mine).order_by(Notice.id.desc())).all()
    things = {
        key: [(Ref(kind, ref_id), datetime.fromisoformat(until) if until else None) for kind, ref_id, until in some]
        for key, some in content["sections"].items()
    }
    return Sheet(list(gathered(viewer, notices).values()), _shown(viewer, things))


def _shown(viewer: Viewer, things: Mapping[str, Sequence[Thing]]) -> list[tuple[str, Sequence[Entry]]]:
    found = cards(viewer, [ref for some in things.values() for ref, _until in some])
    shown: list[tuple[str, Sequence[Entry]]] = []
    for section in sections():
        entries = [Entry(found[ref], until) for ref, until in things.get(section.key, ()) if ref in found]
        if entries:
            shown.append((section.title(), entries))
    return shown
