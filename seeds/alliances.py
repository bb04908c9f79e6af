"""The alliances of the demo town: each lives its story by the same actions as everybody's, at the moments it tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from accounts.places import region_code
from accounts.viewers import viewer_for
from alliances.actions import closing, founding
from alliances.facts import FoundingFacts
from alliances.models import Alliance, Proposal, ProposalState
from kernel.clock import now, standing_at
from kernel.jobs import run_due
from kernel.work import unit_of_work
from seeds.alliance_lives import LIFE
from seeds.alliance_scenes import Scene, party_named
from seeds.alliance_votes import VOTES
from seeds.alliance_work import WORK
from seeds.offers import rows_of
from seeds.parsing import TOWN, SeedError, duration

FIELDS = ("template", "name", "name_en", "summary", "summary_en")
DEEDS = LIFE | VOTES | WORK


@dataclass(frozen=True, slots=True)
class SeedStep:
    """Something that somebody did, so long ago; the rest of the row says what."""

    age: timedelta
    by: str
    do: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeedAlliance:
    """An alliance and what happened in it, the oldest first; `party` founded it."""

    facts: FoundingFacts
    age: timedelta
    by: str
    party: str
    steps: list[SeedStep]


def read_alliances(people: Iterable[str], folder: Path = TOWN) -> list[SeedAlliance]:
    """All of them, in the order of the file."""
    known, path = set(people), folder / "alliances.toml"
    return [_alliance(path, line, row, known) for line, row in rows_of(path, "alliance")]


def add_alliances(stories: Iterable[SeedAlliance], *, users: Mapping[str, int], moment: datetime) -> None:
    """Let every alliance live its story; what the worker would have done meanwhile is done after each step."""
    for story in stories:
        with standing_at(moment - story.age), unit_of_work():
            viewer = viewer_for(users[story.by])
            made = founding.found(viewer, story.facts, party=party_named(story.party))
        alliance_id = made.id
        for step in story.steps:
            with standing_at(moment - step.age):
                _count_what_is_due(alliance_id)
                with unit_of_work() as work:
                    scene = Scene(viewer_for(users[step.by]), work.get_one(Alliance, alliance_id))
                    DEEDS[step.do](scene, **step.said)
                run_due()
    run_due()


def _count_what_is_due(alliance_id: int) -> None:
    with unit_of_work() as work:
        due = select(Proposal.id).where(
            Proposal.alliance_id == alliance_id, Proposal.state == ProposalState.OPEN, Proposal.closes_at <= now()
        )
        numbers = work.scalars(due.order_by(Proposal.id)).all()
    for number in numbers:
        with unit_of_work():
            closing.close_due(number)


def _alliance(path: Path, line: int, row: dict[str, Any], people: set[str]) -> SeedAlliance:
    try:
        facts = FoundingFacts(
            **{name: row[name] for name in FIELDS if name in row},
            sectors=tuple(row["sectors"]),
            place=region_code(row["place"]),
        )
        steps = [_step(path, line, dict(step)) for step in row["steps"]]
        story = SeedAlliance(facts, _age(path, line, row["age"]), row["by"], row["party"], steps)
    except KeyError as fault:
        raise SeedError(path, line, f"{fault} is missing") from None
    strangers = sorted({story.by, *(step.by for step in steps)} - people)
    unknown = sorted({step.do for step in steps} - set(DEEDS))
    if strangers or unknown:
        raise SeedError(path, line, f"nobody is called {strangers}, and nothing is done by {unknown}")
    return story


def _step(path: Path, line: int, row: dict[str, Any]) -> SeedStep:
    return SeedStep(_age(path, line, row.pop("age")), row.pop("by"), row.pop("do"), row)


def _age(path: Path, line: int, text: str) -> timedelta:
    age = duration(text)
    if age is None:
        raise SeedError(path, line, f"{text!r} is no duration")
    return age
