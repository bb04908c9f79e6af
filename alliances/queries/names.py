"""What alliances are called, by the tokens that viewers hold."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from alliances.models import Alliance
from kernel.db import session


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


def _number(token: str) -> int | None:
    parts = token.split(":")
    return int(parts[1]) if parts[0] == "alliance" and len(parts) > 1 and parts[1].isdecimal() else None
