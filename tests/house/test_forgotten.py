"""Somebody who deleted their account is found nowhere: every route is walked for their handle, name and address."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from accounts.models import User
from kernel.checks import run_checks
from kernel.db import db, session
from tests.conftest import Ground, standing
from tests.house.test_walk import addresses, gets, walker
from tests.house.town import Town, build_town
from tests.makers import archives as make
from tests.makers.search import catch_up, index
from tests.makers.suggestions import offer_everything

BEFORE: list[str] = []  # what the town itself has wrong on purpose
TRACES = ("insider", "Insider", "zqaddress")


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, _a_town_that_somebody_left) as ground:
        yield ground


def _a_town_that_somebody_left() -> Town:
    town = build_town()
    for thing in list(session()):
        if inspect(thing).expired_attributes:
            session().refresh(thing)
    BEFORE[:] = run_checks(mend=False)
    db.session.remove()  # what the town knows of its things stays, also of those that go now
    make.gone(town.users["insider"], hindered=True)
    offer_everything()
    db.session.remove()
    return town


@pytest.fixture
def town(app: Flask, ground: Ground, database: Session) -> Iterator[Town]:
    with index(app, "whoosh"):
        catch_up()
        yield replace(ground.built)


@pytest.mark.parametrize(("app", "who"), [("sqlite", "staff"), ("postgres", "outsider")], indirect=["app"])
def test_nothing_names_them(app: Flask, client: FlaskClient, database: Session, town: Town, who: str) -> None:
    me = walker(app, client, town, who)
    left = town.users["insider"]
    traces, nameless = [], 0
    for url in _everywhere(app, town):
        if "insider" not in url:
            answer = me.ask("GET", url)
            text = f"{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"
            nameless += "Former member" in text
            traces += [f"{url}: {word}" for word in TRACES if word in text]
    assert traces == []
    assert nameless > len(TRACES), "a walk through an empty house"
    assert me.ask("GET", "/people/insider").status_code == 404
    assert session().scalar(select(func.count()).select_from(User).where(User.id == left.id)) == 1


def _everywhere(app: Flask, town: Town) -> Iterator[str]:
    for rule in gets(app):
        try:
            yield from list(addresses(town, rule))
        except AssertionError:
            continue  # test_walk.py says what it does not know


def test_everything_still_agrees(database: Session, town: Town) -> None:
    assert set(run_checks(mend=False)) - set(BEFORE) == set()
