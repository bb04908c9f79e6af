"""Notices as they are read: under what they belong to, and there one line for all that read alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.queries import PersonFacts, persons
from activity.models import Notice
from activity.sentences import reason_of, sentence_of
from activity.topics import WATCHING
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

THINGS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """Some notices in one sentence: of what kind, who did it, what it is about, and why one is told."""

    notices: Sequence[Notice]
    words: str
    reason: str
    url: str
    things: Sequence[Card]
    more: int
    """How many things it is about beside `things`, which are named."""

    @property
    def at(self) -> datetime:
        """When the last of them came."""
        return self.notices[0].created_at

    @property
    def is_read(self) -> bool:
        """Lines hold either read or unread notices."""
        return self.notices[0].read_at is not None

    @property
    def rule_url(self) -> str:
        """Where one changes the rule that sent it, and nothing else."""
        return rule_url(self.notices[0])


@dataclass(frozen=True, slots=True)
class Group:
    """The notices of one source."""

    card: Card
    lines: Sequence[Line]

    @property
    def unread(self) -> int:
        """How many of its notices are unread."""
        return sum(len(line.notices) for line in self.lines if not line.is_read)

    @property
    def notices(self) -> list[Notice]:
        """All of them, newest first."""
        return sorted((one for line in self.lines for one in line.notices), key=lambda one: one.id, reverse=True)


def gathered(viewer: Viewer, notices: Sequence[Notice]) -> dict[Ref, Group]:
    """These notices by source, as far as the viewer sees what they are about; newest first, also within."""
    found = cards(viewer, {ref for one in notices for ref in (one.ref, one.place, one.source)})
    actors = persons({one.actor_id for one in notices if one.actor_id is not None})
    by_source: dict[Ref, list[Notice]] = defaultdict(list)
    for one in notices:
        if {one.ref, one.place, one.source} <= found.keys():
            by_source[one.source].append(one)
    return {ref: Group(found[ref], _lines(some, found, actors)) for ref, some in by_source.items()}


def rule_url(notice: Notice) -> str:
    """Where the rule is changed: at what one follows, or at the topic."""
    if notice.reason == f"{WATCHING}{notice.source_kind}":
        return f"/settings/follows?kind={notice.source_kind}&ref_id={notice.source_id}"
    return f"/settings/notices#{notice.topic}"


def _lines(notices: Iterable[Notice], found: dict[Ref, Card], actors: dict[int, PersonFacts]) -> list[Line]:
    alike: dict[tuple[str, str, bool], list[Notice]] = defaultdict(list)
    for one in notices:
        alike[one.event, one.reason, one.read_at is not None].append(one)
    return [_line(some, found, actors) for some in alike.values()]


def _line(notices: Sequence[Notice], found: dict[Ref, Card], actors: dict[int, PersonFacts]) -> Line:
    source = found[notices[0].source]
    named = {card.ref: card for card in (_named(one, found) for one in notices)}
    things = [card for card in named.values() if not card.title.startswith(source.title)]
    oldest = notices[-1]
    who = [actors.get(one.actor_id or 0) for one in notices]
    return Line(
        notices=notices,
        words=sentence_of(notices, who),
        reason=reason_of(notices[0]),
        url=found[oldest.ref].url,
        things=things[:THINGS],
        more=len(things[THINGS:]),
    )


def _named(notice: Notice, found: dict[Ref, Card]) -> Card:
    """What a notice is about; its place, where that says it: “title” for “title #1”."""
    card, place = found[notice.ref], found[notice.place]
    return place if card.title.startswith(place.title) else card
