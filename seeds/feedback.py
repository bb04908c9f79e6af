"""What the people of the demo town suggest about the site, lived by the same actions as everybody's."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.viewers import viewer_for
from feedback import actions
from forum.models import Thread
from kernel.clock import standing_at
from kernel.work import unit_of_work
from seeds.parsing import SeedError, duration

FILE = Path(__file__).parent / "town" / "feedback.toml"


@dataclass(frozen=True, slots=True)
class SeedSuggestion:
    """A suggestion with who wants it too, and what became of it `decided` before the moment of seeding."""

    author: str
    age: timedelta
    title: str
    body: str
    votes: list[str] = field(default_factory=list)
    state: str = "received"
    decided: timedelta = timedelta()
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class SeedChange:
    """A line of what changed, by the staff."""

    age: timedelta
    title_zh: str
    title_en: str
    note: str = ""
    link: str = ""


def read_feedback(people: Iterable[str], path: Path = FILE) -> tuple[list[SeedSuggestion], list[SeedChange]]:
    """Read and check the file; raises `SeedError`."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    known = set(people)
    suggestions = [SeedSuggestion(**_timed(row)) for row in data["suggestion"]]
    for row in suggestions:
        unknown = {row.author, *row.votes} - known
        if unknown:
            raise SeedError(path, 1, f"nobody is called {sorted(unknown)}")
    return suggestions, [SeedChange(**_timed(row)) for row in data["change"]]


def add_feedback(
    suggestions: Iterable[SeedSuggestion],
    changes: Iterable[SeedChange],
    *,
    users: Mapping[str, int],
    steward: str,
    moment: datetime,
) -> None:
    """Let it all happen, each thing at its time."""
    for row in suggestions:
        with standing_at(moment - row.age), unit_of_work():
            thread = actions.suggest(viewer_for(users[row.author]), title=row.title, body=row.body)
            if not isinstance(thread, Thread):
                raise SeedError(FILE, 1, f"what {row.author} suggests would have to wait")
        for voter in row.votes:
            with standing_at(moment - row.age / 2), unit_of_work():
                actions.vote(viewer_for(users[voter]), thread_id=thread.id, wanted=True)
        if row.state != "received":
            with standing_at(moment - row.decided), unit_of_work():
                actions.decide(
                    viewer_for(users[steward]),
                    thread_id=thread.id,
                    state=row.state,
                    note=row.note,
                    link=row.link,
                )
    for line in changes:
        with standing_at(moment - line.age), unit_of_work():
            actions.announce_change(
                viewer_for(users[steward]),
                title_zh=line.title_zh,
                title_en=line.title_en,
                note=line.note,
                link=line.link,
            )


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: duration(value) if key in {"age", "decided"} else value for key, value in row.items()}
