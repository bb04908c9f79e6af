"""Our clock was wrong for a while and is set right: nothing waits for the time that it had shown."""

from datetime import timedelta

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ip_registry.actions import stamping
from ip_registry.jobs import time as jobs
from ip_registry.models import LedgerCheckpoint, TimeToken, TokenState
from ip_registry.time.authorities import Authority
from kernel.clock import now
from tests.makers import registry as make
from tests.makers.people import person

AHEAD = timedelta(days=365)
AUTHORITY = Authority("https://tsa.example.cn/")


def test_an_authority_is_asked_again_as_soon_as_the_clock_is_right(client: FlaskClient, database: Session) -> None:
    owner = person()
    with time_machine.travel(now() + AHEAD, tick=True):
        make.record(owner)
        assert len(stamping.open_questions([AUTHORITY])) == 1  # and nobody answers
        assert stamping.open_questions([AUTHORITY]) == []
    make.record(owner)
    asked = stamping.open_questions([AUTHORITY])
    assert [database.get_one(TimeToken, one.token_id).size for one in asked] == [2]
    assert stamping.open_questions([AUTHORITY]) == []


def test_what_was_stamped_by_a_wrong_clock_holds_up_no_next_stamp(client: FlaskClient, database: Session) -> None:
    owner = person()
    with time_machine.travel(now() + AHEAD, tick=True):
        make.record(owner)
        for one in stamping.open_questions([AUTHORITY]):
            database.get_one(TimeToken, one.token_id).state = TokenState.GOOD
    make.record(owner)
    assert len(stamping.open_questions([AUTHORITY])) == 1


def test_a_witness_is_asked_again_as_soon_as_the_clock_is_right(client: FlaskClient) -> None:
    url = "https://witness.example.cn"
    jobs._silences.clear()
    with time_machine.travel(now() + AHEAD, tick=True):
        jobs._leave_alone(url)
        assert jobs._is_silent(url)
    assert not jobs._is_silent(url)
    jobs._leave_alone(url)
    assert jobs._is_silent(url)
    jobs._silences.clear()


def test_the_order_of_the_log_asks_no_clock(client: FlaskClient, database: Session) -> None:
    owner = person()
    first = make.record(owner)
    with time_machine.travel(now() - AHEAD, tick=True):
        second = make.record(owner)
    assert (first.index, second.index) == (0, 1)
    sizes = database.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.created_at)).all()
    assert sorted(sizes) == [0, 1, 2]
    assert client.get(f"/registry/{second.number}").status_code == 200
    assert client.get("/registry/log").status_code == 200
    assert client.get("/healthz").json["ledger"]["state"] == "ok"
