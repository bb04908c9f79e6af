"""The log of an alliance: lines that the viewer may read, and of the others only what chains them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.log import is_effaced
from alliances.log_words import all_beginnings, beginnings_of, handles_in
from alliances.models import LogLine
from alliances.queries.names import names_of_people
from kernel.db import session
from kernel.paging import Page, keyset_page

COLUMNS: tuple[InstrumentedAttribute[Any], ...] = (
    LogLine.number, LogLine.at, LogLine.actor_id, LogLine.act, LogLine.content, LogLine.audience, LogLine.digest,
    LogLine.hash,
)  # fmt: skip
LIST = 50
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line; of one that is withheld only the number, the digest and the hash are known.

    `content` is what the digest is of: empty where a name was taken out since, though the line still reads.
    """

    number: int
    digest: str
    hash: str
    is_withheld: bool
    at: datetime | None = None
    act: str = ""
    facts: Mapping[str, Any] | None = None
    content: str = ""
    by: str = ""
    actor: PersonFacts | None = None


def log_page(here: Here, *, kind: str = "", cursor: str | None = None, limit: int = LIST) -> Page[LineRow]:
    """The newest first. Asked for one kind of acts, withheld lines are left out: theirs is not to be guessed."""
    query = select(*COLUMNS).where(LogLine.alliance_id == here.alliance.id)
    if kind:
        begins = [LogLine.act.startswith(text) for text in beginnings_of(kind) or all_beginnings()]
        is_of_kind = or_(*begins) if beginnings_of(kind) else not_(or_(*begins))
        query = query.where(is_of_kind, LogLine.audience.in_(sorted(here.viewer.audience)))
    page = keyset_page(query, keys=[LogLine.number], cursor=cursor, limit=limit)
    people = persons({line.actor_id for line in page.items if line.actor_id is not None})
    return page.map(lambda line: _row(line, here, people))


def whole_log(here: Here) -> Iterator[LineRow]:
    """Every line from the first on, in pieces, without names looked up: for exports."""
    after = 0
    while True:
        query = select(*COLUMNS).where(LogLine.alliance_id == here.alliance.id, LogLine.number > after)
        lines = session().execute(query.order_by(LogLine.number).limit(AT_ONCE)).all()
        yield from (_row(line, here, {}) for line in lines)
        if len(lines) < AT_ONCE:
            return
        after = lines[-1].number


def called(lines: Iterable[LineRow]) -> dict[str, str]:
    """What the people are called today whom these lines name by their handles; whoever left is not among them."""
    handles = {handle for line in lines for handle in [line.by, *handles_in(line.act, line.facts or {})] if handle}
    return names_of_people(handles)


def _row(line: Any, here: Here, people: Mapping[int, PersonFacts]) -> LineRow:
    if line.audience not in here.viewer.audience:
        return LineRow(line.number, line.digest, line.hash, is_withheld=True)
    said = json.loads(line.content)
    return LineRow(
        number=line.number,
        digest=line.digest,
        hash=line.hash,
        is_withheld=False,
        at=line.at,
        act=line.act,
        facts=said["facts"],
        content="" if is_effaced(line.content) else line.content,
        by=said["by"] or "",
        actor=people.get(line.actor_id or 0),
    )
