"""For every right, role and state, matrix.toml says yes or no, and the rules say the same."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from alliances.here import here_of
from alliances.models import State
from alliances.policy import AllianceRight
from kernel.errors import NotFoundError
from kernel.policy import verdict
from kernel.viewer import Viewer
from tests.alliances.people import ROLES, Stage, people, stage
from tests.conftest import Ground, standing

ROWS = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text(encoding="utf-8"))["row"]
INSIDE = ("observer", "member", "council", "chair")
SETS = {"all": ROLES, "signed": ROLES[1:], "inside": INSIDE, "voices": INSIDE[1:]}


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, lambda: stage(people())) as ground:
        yield ground


def test_every_right_has_a_row_and_every_word_in_it_is_known() -> None:
    assert {row["right"] for row in ROWS} == set(map(str, AllianceRight))
    for row in ROWS:
        assert set(row) - {"right", "on", "then"} <= set(State), row["right"]
        assert set().union(*(row.get(state, "").split() for state in State)) <= {*ROLES, *SETS}, row["right"]


@pytest.mark.parametrize("state", list(State))
def test_the_rules_say_what_the_matrix_says(database: Session, ground: Ground, state: State) -> None:
    here = ground.built.turn(state)
    wrong = []
    for role in ROLES:
        viewer = here.viewer(role)
        things = _things(here, viewer)
        for row in ROWS:
            said, written = _ask(viewer, row, things), _written(row, state, role)
            if said != written:
                wrong.append(f"{row['right']} on {row['on']}, {state}: {role} is {said}, the matrix says {written}")
    assert wrong == []


def _written(row: dict[str, Any], state: State, role: str) -> str:
    named = row.get(state, "").split()
    if role in named or any(role in SETS[name] for name in named if name in SETS):
        return "allowed"
    is_hidden = state is State.DRAFT and role not in INSIDE and row["on"] != "nothing"
    return "hidden" if is_hidden else "denied"


def _things(stage: Stage, viewer: Viewer) -> dict[str, Any]:
    """What the rights are asked of; of an alliance that the viewer does not see, nothing."""
    try:
        here = here_of(viewer, stage.made.alliance.id)
    except NotFoundError:
        return {"nothing": None}
    rooms, group, vote = (here, None), (here, stage.group.id), (here, stage.vote)
    return {"nothing": None, "alliance": here, "rooms": rooms, "group": group, "vote": vote}


def _ask(viewer: Viewer, row: dict[str, Any], things: dict[str, Any]) -> str:
    if row["on"] not in things:
        return "hidden"
    return "allowed" if verdict(viewer, row["right"], things[row["on"]]) else "denied"
