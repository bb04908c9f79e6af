"""What alliances are called, by the tokens that viewers hold, and people, by their handles."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from accounts.models import User
from alliances.models import Alliance
from kernel.db import session

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NamedAlliance:
    """An alliance as one mentions it."""

    name: str
    url: str


def alliances_by_token(tokens: Iterable[str], locale: str) -> dict[str, NamedAlliance]:
    """Of `alliance:7` and `alliance:7:council` alike; what is no alliance is not in it. One query."""
    numbers = {token: _number(token) for token in tokens}
    wanted = sorted({number for number in numbers.values() if number is not None})
    if not wanted:
        return {}
    rows = session().scalars(select(Alliance).where(Alliance.id.in_(wanted)))
    found = {row.id: NamedAlliance(row.name_in(locale), row.url) for row in rows}
    return {token: found[number] for token, number in numbers.items() if number is not None and number in found}


def names_of_people(handles: Iterable[str]) -> dict[str, str]:
    """What people are called, by their handles. One query for five hundred, none for nobody."""
    wanted, found = sorted(set(handles)), dict[str, str]()
    for at in range(0, len(wanted), AT_ONCE):
        query = select(User.handle, User.display_name).where(User.handle.in_(wanted[at : at + AT_ONCE]))
        found |= {row.handle: row.display_name for row in session().execute(query)}
    return found


def _number(token: str) -> int | None:
    parts = token.split(":")
    return int(parts[1]) if parts[0] == "alliance" and len(parts) > 1 and parts[1].isdecimal() else None
