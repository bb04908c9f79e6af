"""A log is closed and another one opened while records live: every number, date and act stays right."""

from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions.registering import register
from ip_registry.cli import COMMANDS
from ip_registry.jobs.time import ask_authorities
from ip_registry.logs import begin_log, current_log
from ip_registry.models import LedgerEntry, PendingLeaf, Record
from ip_registry.queries.records import record_view
from ip_registry.sequencing import sequence, sequenced
from ip_registry.views.records import _intervals
from kernel.clock import now
from kernel.db import session
from kernel.work import reading, unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.authorities import Maker, listening
from tests.makers.people import person, sign_in
from tests.registry.test_time_stamping import Asked, asked

__all__ = ["asked"]

registry = next(command for command in COMMANDS if command.name == "registry")


def accept(owner: User) -> tuple[bytes, Record]:
    """A registration that waits."""
    one = make.sealed(owner)
    with unit_of_work():
        made = register(viewer_for(owner.id), leaf=one.leaf.data, deposit=make.deposit(one))
    return made.leaf_hash, made


def freeze(app: Flask) -> None:
    done = app.test_cli_runner().invoke(registry, ["freeze", "--yes"])
    assert done.exit_code == 0, done.output
    session().expire_all()


def test_what_waited_when_a_log_was_closed_is_called_by_its_place_in_the_next(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    other = make.record()
    waiting, _record = accept(person())
    freeze(app)
    assert sequenced(waiting) == 0
    entry = database.scalars(select(LedgerEntry).where(LedgerEntry.leaf_hash == waiting)).one()
    here = current_log(database)
    assert here is not None
    assert entry.log_id == here.id
    answer = client.get(f"/v/{waiting.hex()}")
    assert answer.location == f"/registry/{here.label}-0"
    assert here.label.endswith("b")
    assert client.get(answer.location).status_code == 200
    assert client.get(f"/registry/{other.number}").text.count(other.sealed.leaf.hash)


def test_a_leaf_that_came_while_the_log_was_closed_is_not_left_behind(database: Session, client: FlaskClient) -> None:
    make.record()
    old = current_log(database)
    assert old is not None
    with unit_of_work() as work:
        begin_log(work)
    waiting, record = accept(person())
    with unit_of_work() as work:  # as another process wrote it, which had not seen the new log
        work.scalars(select(PendingLeaf)).one().log_id = old.id
        work.get_one(Record, record.id).log_id = old.id
    assert sequenced(waiting) == 0
    assert client.get(f"/v/{waiting.hex()}").location.endswith("b-0")


def test_no_event_borrows_the_date_of_another_log(
    app: Flask, client: FlaskClient, database: Session, asked: Asked
) -> None:
    """The first entry of the new log is younger than the first of the old one, whatever their indexes are."""
    owner = person()
    maker = Maker(begins=now() - timedelta(days=400))
    with listening(maker.answer) as url, time_machine.travel(now() - timedelta(days=300), tick=True):
        asked.authority(url, maker)
        made = make.record(owner)
        ask_authorities()
        sequence()
    freeze(app)
    acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    view = record_view(viewer_for(owner.id), made.number)
    assert [(event.type, event.index) for event in view.events] == [("register", 0), ("licence", 0)]
    times = _intervals(view)
    assert times[view.events[0].leaf_hash].not_after < now() - timedelta(days=299)
    assert view.events[1].leaf_hash not in times


def test_a_record_of_a_closed_log_goes_on_living(app: Flask, client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    freeze(app)
    here = current_log(database)
    assert here is not None
    sign_in(client, owner)
    page = client.get(f"/registry/{made.number}/acts/withdraw").text
    assert 'data-after="0:' in page
    sent = acts.signed(made, "withdraw", reason="")
    assert Program(client, owner).post(f"/registrations/{made.number}/events", sent.body).status_code == 201


def test_leaves_of_two_logs_share_no_checkpoint(app: Flask, client: FlaskClient, database: Session) -> None:
    owner = person()
    old = make.record(owner)
    freeze(app)
    fresh = make.sealed(owner)
    items = [{"leaf": leaf.data.decode()} for leaf in (old.sealed.leaf, fresh.leaf)]
    answer = Program(client, owner).post("/registrations:batch", {"items": items})
    assert answer.status_code == 409
    with reading() as work:
        assert work.scalar(select(Record.id).where(Record.leaf_hash == bytes.fromhex(fresh.leaf.hash))) is not None
