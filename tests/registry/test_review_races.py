"""Two at one instant, one of whom should not win: whoever loses is told, and the log and the records agree."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions import embargoes
from ip_registry.actions.custody import lock
from ip_registry.actions.embargoes import end_embargoes
from ip_registry.actions.erasing import erase
from ip_registry.actions.registering import register, register_all
from ip_registry.actions.transfers import take_back
from ip_registry.checks.ledger import audit_of
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.highwater import high_water_path
from ip_registry.jobs.sequencing import place_what_waits
from ip_registry.logs import current_log
from ip_registry.models import Deposit, LedgerEntry, LedgerLog, PendingLeaf, Record, RecordEvent
from ip_registry.sequencing import sequence, sequenced
from kernel.db import db, session
from kernel.work import reading, unit_of_work
from ledger import highwater
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person
from tests.registry.test_life_at_once import faults, sending, types

__all__ = ["site"]

SECRET = "only-for-tests-" * 4
DAY = datetime(2031, 5, 6, tzinfo=UTC)


def names(done: list[object]) -> list[str]:
    return sorted(type(one).__name__ for one in done)


def test_an_offer_is_accepted_or_taken_back(site: Flask) -> None:
    owner, heir = person(), person()
    made = make.record(owner)
    key = acts.assign(made, owner, heir)
    offered = acts.record_now(made).last_hash.hex()
    accept = acts.signed(made, "accept", key=key, assign=offered)
    mine = viewer_for(owner.id)
    done = at_once(site, sending(made, heir, accept), lambda: take_back(mine, record=acts.record_now(made)))
    db.session.remove()
    record = acts.record_now(made)
    is_accepted = types(made)[-1] == "accept"
    assert record.owner_id == (heir.id if is_accepted else owner.id)
    assert (record.next_owner_id, record.next_key) == (None, None)
    assert len([one for one in names(done) if one.endswith("Error")]) == 1
    assert faults() == []


def test_of_a_disclosure_by_the_owner_before_and_an_acceptance_one_happens(site: Flask) -> None:
    owner, heir = person(), person()
    made = make.record(owner)
    key = acts.assign(made, owner, heir)
    offered = acts.record_now(made).last_hash.hex()
    accept = acts.signed(made, "accept", key=key, assign=offered)
    reveal = acts.signed(made, "reveal", **acts.REVEAL)
    done = at_once(site, sending(made, heir, accept), sending(made, owner, reveal))
    assert [one for one in names(done) if one.endswith("Error")] in (["ConflictError"], ["ForbiddenError"])
    assert len(types(made)) == 3
    assert faults() == []


@pytest.mark.parametrize("deed", ["erase", "withdraw"])
def test_the_day_of_an_embargo_publishes_nothing_that_left_at_that_instant(
    site: Flask, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    owner = person()
    made = make.record(owner)
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, SECRET)
    acts.act(made, owner, "embargo", until=DAY.date().isoformat(), mode="reveal")
    monkeypatch.setattr(embargoes, "now", lambda: DAY + timedelta(days=1))
    mine = viewer_for(owner.id)
    other: Callable[[], object] = sending(made, owner, acts.signed(made, "withdraw", reason=""))
    if deed == "erase":
        other = lambda: erase(mine, record=acts.record_now(made))  # noqa: E731 - the other of two deeds
    done = at_once(site, other, lambda: end_embargoes(secret=SECRET))
    db.session.remove()
    record = acts.record_now(made)
    if not isinstance(done[0], Exception):
        assert (record.state, record.audience) == ({"erase": "erased"}.get(deed, "withdrawn"), f"user:{owner.id}")
    else:  # the day came first: the withdrawal followed another event than the last
        assert record.state == "disclosed"
    assert faults() == []


def test_one_commitment_in_two_leaves_is_registered_once(site: Flask) -> None:
    owner, thief = person(), person()
    one = make.sealed(owner)
    stolen = make_leaf(key=OwnerKey.generate(), type="register", c=one.leaf.c, after=make.after())
    mine, theirs = viewer_for(owner.id), viewer_for(thief.id)
    done = at_once(site, lambda: register(mine, leaf=one.leaf.data), lambda: register(theirs, leaf=stolen.data))
    assert names(done) == ["ConflictError", "Record"]
    while sequence() is not None:
        pass
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(LedgerEntry)) == 1
        assert work.scalar(select(func.count()).select_from(Record)) == 1


def test_web_and_worker_place_everything_once(site: Flask) -> None:
    """Web threads that register and ask for their proof, and workers that place what waits, all at once."""
    people = [viewer_for(person().id) for _ in range(6)]
    make.record()
    works = [[make.sealed(session().get_one(User, one.me)) for _ in range(5)] for one in people]
    db.session.remove()
    start = Barrier(len(people) + 2)

    def web(place: int) -> list[int]:
        with site.app_context():
            start.wait(30)
            found = []
            for one in works[place]:
                with unit_of_work():
                    leaf_hash = register(people[place], leaf=one.leaf.data, deposit=make.deposit(one)).leaf_hash
                found.append(sequenced(leaf_hash))
            db.session.remove()
            return found

    def worker(_place: int) -> list[int]:
        with site.app_context():
            start.wait(30)
            for _ in range(10):
                with unit_of_work():
                    place_what_waits()
            db.session.remove()
            return []

    with ThreadPoolExecutor(len(people) + 2) as pool:
        workers = [pool.submit(worker, place) for place in range(2)]
        placed = [pool.submit(web, place) for place in range(len(people))]
        indexes = sorted(index for one in placed for index in one.result(120))
        assert [one.result(120) for one in workers] == [[], []]
    assert indexes == list(range(1, 31))
    assert faults() == []
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(PendingLeaf)) == 0
        here = work.scalars(select(LedgerLog)).one()
        assert audit_of(here).faults == ()
        seen = highwater.read(high_water_path(here.label))
        assert seen is not None
        assert seen.size == here.size == 31


def test_two_batches_that_overlap_are_both_answered(site: Flask) -> None:
    owner = person()
    sealed = [make.sealed(owner) for _ in range(20)]
    db.session.remove()
    mine = viewer_for(owner.id)
    sent = [(one.leaf.data, None) for one in sealed]
    done = at_once(site, lambda: register_all(mine, sent[:15]), lambda: register_all(mine, list(reversed(sent[5:]))))
    assert names(done) == ["list", "list"], done
    db.session.remove()
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(Record)) == 20
        assert work.scalar(select(func.count()).select_from(RecordEvent)) == 20
        assert current_log(work) is not None
