"""Keys that are kept here, and what the calendar does with them: the same events, signed by the site when asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Notice
from ip_registry.actions import disclosing, embargoes
from ip_registry.actions.custody import act_in_custody, lock, unlock
from ip_registry.actions.embargoes import end_embargoes
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.envelopes.openings import new_author
from ip_registry.jobs import life
from ip_registry.jobs.sequencing import place_what_waits
from ip_registry.models import Deposit, LedgerEntry, RecordEvent
from ip_registry.queries.records import record_view
from ip_registry.sequencing import sequenced
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.i18n import speaking
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import PASSWORD, person

SECRET = "a secret of this site, and of no other one"
DAY = datetime(2031, 5, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_english(database: Session) -> Iterator[None]:
    """Refusals are read in English."""
    with speaking("en"):
        yield


def in_custody(owner: User, **facts: Any) -> make.Made:
    """A record whose key lies with the site."""
    made = make.record(owner, **facts)
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, SECRET)
    return made


def act(made: make.Made, by: User, kind: str, **given: Any) -> RecordEvent:
    with unit_of_work():
        event = act_in_custody(viewer_for(by.id), record=acts.record_now(made), type=kind, secret=SECRET, **given)
    sequenced(event.leaf_hash)
    return event


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(embargoes, "now", lambda: moment)


def end_what_is_due() -> int:
    with unit_of_work():
        return end_embargoes(secret=SECRET)


def told(database: Session, user: User) -> list[str]:
    return list(database.scalars(select(Notice.event).where(Notice.user_id == user.id).order_by(Notice.id)))


def test_a_kept_key_opens_with_the_sites_secret_only() -> None:
    key = OwnerKey.generate()
    locked = lock(key, SECRET)
    assert unlock(locked, SECRET).vkey == key.vkey
    assert locked != lock(key, SECRET)
    assert key.seed not in locked
    with pytest.raises(ConflictError, match="secret was changed"):
        unlock(locked, SECRET + "!")
    for torn in (b"", locked[:-1], locked[:20] + bytes([locked[20] ^ 1]) + locked[21:]):
        with pytest.raises(ConflictError):
            unlock(torn, SECRET)


def test_the_site_signs_what_the_owner_asks_for(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = in_custody(owner)
    event = act(made, owner, "reveal", **acts.REVEAL)
    leaf = parse_leaf(database.scalars(select(LedgerEntry.leaf).where(LedgerEntry.leaf_hash == event.leaf_hash)).one())
    assert (leaf.k, leaf.prev) == (made.sealed.key.vkey, made.sealed.leaf.hash)
    assert record_view(Viewer(), made.number).title == made.record.title


def test_the_site_signs_for_nobody_but_the_owner(client: FlaskClient, database: Session) -> None:
    made, blind = in_custody(person()), make.record(blind=True)
    for record in (made, blind):  # the refusal does not tell where a key lies
        with pytest.raises(ForbiddenError, match="Only the owner"):
            act(record, person(), "reveal", **acts.REVEAL)
    assert list(database.scalars(select(RecordEvent.type))) == ["register", "register"]


def test_a_key_that_is_not_kept_here_cannot_sign(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with pytest.raises(InvalidError, match="not kept here"):
        act(made, owner, "withdraw", reason="")


def test_what_is_typed_is_checked_like_what_is_signed(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = in_custody(owner)
    with pytest.raises(InvalidError):
        act(made, owner, "licence", to_name="", terms="None.", exclusive=False, until=None)
    with pytest.raises(InvalidError):
        act(made, owner, "assign", next_key="no key", to=person().handle, to_name="N", note="")


def test_consent_and_dispute_are_signed_with_a_key_that_is_forgotten(client: FlaskClient, database: Session) -> None:
    owner, author, other = person(), person(), person()
    made = in_custody(owner, others=[new_author(author.display_name, author.handle)])
    me = next(party for party in record_view(viewer_for(author.id), made.number).authors if party.is_me)
    act(made, author, "consent", author=me.position, id_commit=me.id_commit)
    act(made, owner, "reveal", **acts.REVEAL)
    disputed = act(made, other, "dispute", statement="Mine.", own_record=None)
    act(made, owner, "answer", dispute=disputed.leaf_hash.hex(), statement="No.")
    view = record_view(Viewer(), made.number)
    assert (view.consents, view.is_disputed) == ((2, 2), True)
    assert len({event.key for event in view.events}) == 3


def test_a_record_changes_hands_without_script_and_the_old_key_goes(client: FlaskClient, database: Session) -> None:
    owner, buyer = person(), person()
    made = in_custody(owner)
    assigned = act(made, owner, "assign", to=buyer.handle, to_name=buyer.display_name, note="")
    assert record_view(viewer_for(buyer.id), made.number).is_in_custody
    act(made, buyer, "accept", assign=assigned.leaf_hash.hex())
    kept = database.get_one(Deposit, made.record.id, populate_existing=True)
    assert kept.next_custody is None
    assert kept.custody is not None
    assert unlock(kept.custody, SECRET).vkey == acts.record_now(made).owner_key != made.sealed.key.vkey
    act(made, buyer, "reveal", **acts.REVEAL)


def test_a_key_is_taken_home(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = in_custody(owner)
    mine = OwnerKey.generate()
    act(made, owner, "key-rotate", next_key=mine.vkey, reason="", password=PASSWORD)
    assert acts.record_now(made).owner_key == mine.vkey
    assert not record_view(viewer_for(owner.id), made.number).is_in_custody
    acts.act(made, owner, "reveal", key=mine, **acts.REVEAL)


# The calendar


def test_nothing_happens_before_the_day_has_begun_everywhere(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = in_custody(owner)
    act(made, owner, "embargo", until=DAY.date().isoformat(), mode="reveal")
    at(monkeypatch, DAY + timedelta(hours=11, minutes=59))
    assert end_what_is_due() == 0
    at(monkeypatch, DAY + timedelta(hours=12))
    assert end_what_is_due() == 1
    assert record_view(Viewer(), made.number).state == "disclosed"
    assert told(database, owner) == ["record.published"]
    assert end_what_is_due() == 0


def test_the_worker_publishes_what_is_due_with_the_sites_own_secret(
    app: Flask, client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = make.record(owner)
    secret = app.config["SECRET_KEY"]
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, secret)
    acts.act(made, owner, "embargo", until=DAY.date().isoformat(), mode="reveal")
    at(monkeypatch, DAY + timedelta(days=1))
    with unit_of_work():
        life.end_what_is_due()
        life.settle_keys()
    with unit_of_work():
        place_what_waits()
    view = record_view(Viewer(), made.number)
    assert (view.state, view.events[-1].type, view.events[-1].index is None) == ("disclosed", "reveal", False)


def test_a_reminder_publishes_nothing_and_comes_once(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = in_custody(owner)
    act(made, owner, "embargo", until=DAY.date().isoformat(), mode="remind")
    at(monkeypatch, DAY + timedelta(days=1))
    assert (end_what_is_due(), end_what_is_due()) == (1, 0)
    assert record_view(Viewer(), made.number).is_sealed_to_me
    assert told(database, owner) == ["record.embargo-ended"]


def presigned(client: FlaskClient, owner: User, made: make.Made) -> None:
    """An embargo, and the disclosure that its owner signs for the day."""
    embargo = acts.signed(made, "embargo", until=DAY.date().isoformat(), mode="reveal")
    then = acts.signed(made, "reveal", prev=embargo.leaf.hash, **acts.REVEAL)
    sent = Program(client, owner).post(f"/registrations/{made.number}/events", {**embargo.body, "then": then.body})
    assert sent.status_code == 201, sent.json


def test_a_disclosure_signed_beforehand_publishes_by_itself(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = make.record(owner)
    presigned(client, owner, made)
    at(monkeypatch, DAY + timedelta(days=1))
    assert end_what_is_due() == 1
    view = record_view(Viewer(), made.number)
    assert (view.state, view.events[-1].key) == ("disclosed", made.sealed.key.vkey)


def test_what_happened_since_makes_it_a_reminder(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = make.record(owner)
    presigned(client, owner, made)
    acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    at(monkeypatch, DAY + timedelta(days=1))
    assert (end_what_is_due(), end_what_is_due()) == (1, 0)
    assert record_view(Viewer(), made.number).is_sealed_to_me
    assert told(database, owner) == ["record.embargo-ended"]


def test_only_a_disclosure_that_follows_the_embargo_is_kept(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    first = acts.signed(made, "reveal", **acts.REVEAL)
    with pytest.raises(InvalidError, match="follows the embargo"), unit_of_work():
        disclosing.keep_presigned(
            viewer_for(owner.id),
            record=acts.record_now(made),
            leaf=first.leaf.data.decode(),
            details=first.details,
            salt=first.salt.hex(),
        )


def test_the_owner_of_an_embargo_who_is_suspended_publishes_nothing(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made = in_custody(owner)
    act(made, owner, "embargo", until=DAY.date().isoformat(), mode="reveal")
    with unit_of_work() as work:
        work.get_one(User, owner.id).suspended_at = DAY
    at(monkeypatch, DAY + timedelta(days=1))
    end_what_is_due()
    assert record_view(Viewer(), made.number).is_sealed_to_me


def test_a_day_that_has_passed_is_no_embargo(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with pytest.raises(InvalidError) as refusal:
        acts.act(made, owner, "embargo", until="2001-01-01", mode="remind")
    assert "until" in refusal.value.errors
