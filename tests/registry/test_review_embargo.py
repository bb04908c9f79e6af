"""What is sent to do harm on the day on which an embargo ends: it publishes what was arranged, or reminds."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Notice
from ip_registry.actions import embargoes
from ip_registry.actions.embargoes import end_embargoes
from ip_registry.models import Deposit
from ip_registry.queries.records import record_view
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person
from tests.registry.test_life_custody import act as act_in_custody
from tests.registry.test_life_custody import in_custody

SECRET = "a secret of this site, and of no other one"
DAY = datetime(2031, 5, 6, tzinfo=UTC)
EMBARGO = {"until": DAY.date().isoformat(), "mode": "reveal"}


@pytest.fixture(autouse=True)
def _on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embargoes, "now", lambda: DAY + timedelta(days=1))


def end_what_is_due() -> int:
    with unit_of_work():
        return end_embargoes(secret=SECRET)


def told(database: Session, user: User) -> list[str]:
    return list(database.scalars(select(Notice.event).where(Notice.user_id == user.id).order_by(Notice.id)))


@pytest.mark.parametrize("fault", ["to a person", "single files", "other details", "another salt", "no JSON"])
def test_what_is_signed_beforehand_publishes_the_whole_record_or_is_refused(
    client: FlaskClient, database: Session, fault: str
) -> None:
    owner, reader = person(), person()
    made = make.record(owner)
    embargo = acts.signed(made, "embargo", **EMBARGO)
    wish = {
        "to a person": {"scope": "person", "paths": None, "to": reader.handle},
        "single files": {"scope": "file", "paths": ["draft.txt"], "to": None},
    }.get(fault, acts.REVEAL)
    then = acts.signed(made, "reveal", prev=embargo.leaf.hash, **wish).body
    then |= {
        "other details": {"details": acts.signed(made, "reveal", **{**acts.REVEAL, "record": "0" * 64}).details},
        "another salt": {"salt": "0" * 64},
        "no JSON": {"details": "no"},
    }.get(fault, {})
    sent = Program(client, owner).post(f"/registrations/{made.number}/events", {**embargo.body, "then": then})
    assert sent.status_code == 422, sent.json
    database.expire_all()
    assert database.get_one(Deposit, made.record.id).presigned is None


def test_a_disclosure_that_publishes_nothing_is_handled_once_and_blocks_nobody(
    client: FlaskClient, database: Session
) -> None:
    owner, other, reader = person(), person(), person()
    poison, honest = make.record(owner), in_custody(other)
    acts.act(poison, owner, "embargo", **EMBARGO)
    act_in_custody(honest, other, "embargo", **EMBARGO)
    then = acts.signed(poison, "reveal", scope="person", paths=None, to=reader.handle)
    with unit_of_work() as work:  # as if it had been kept by an older program
        work.get_one(Deposit, poison.record.id).presigned = then.body
    assert (end_what_is_due(), end_what_is_due()) == (2, 0)
    assert told(database, owner) == ["record.embargo-ended"]
    assert record_view(viewer_for(reader.id), poison.number).is_sealed_to_me
    assert record_view(Viewer(), honest.number).state == "disclosed"


@pytest.mark.parametrize("field", ["salt", "leaf", "details"])
def test_what_cannot_be_read_is_a_reminder_and_blocks_nobody(
    client: FlaskClient, database: Session, field: str
) -> None:
    owner, other = person(), person()
    poison, honest = make.record(owner), in_custody(other)
    acts.act(poison, owner, "embargo", **EMBARGO)
    act_in_custody(honest, other, "embargo", **EMBARGO)
    with unit_of_work() as work:
        work.get_one(Deposit, poison.record.id).presigned = {
            **acts.signed(poison, "reveal", **acts.REVEAL).body,
            field: "no",
        }
    assert (end_what_is_due(), end_what_is_due()) == (2, 0)
    assert record_view(Viewer(), poison.number).is_sealed_to_me
    assert record_view(Viewer(), honest.number).state == "disclosed"


def test_what_the_owner_before_arranged_does_not_publish_for_the_next_one(
    client: FlaskClient, database: Session
) -> None:
    before, after = person(), person()
    made = in_custody(before)
    act_in_custody(made, before, "embargo", **EMBARGO)
    act_in_custody(made, before, "assign", to=after.handle, to_name="The next one", note="")
    offered = record_view(viewer_for(after.id), made.number).events[-1].leaf_hash
    act_in_custody(made, after, "accept", assign=offered)
    assert record_view(viewer_for(after.id), made.number).is_in_custody
    assert end_what_is_due() == 1
    assert record_view(Viewer(), made.number).is_sealed_to_me
    assert told(database, after)[-1] == "record.embargo-ended"
