"""Registrations of one moment share a transaction and a signature, and no fault."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from ip_registry import together
from ip_registry.actions.registering import check, register
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.envelopes.openings import new_author
from ip_registry.highwater import high_water_path
from ip_registry.keys import log_of
from ip_registry.logs import current_log
from ip_registry.models import LedgerCheckpoint, LedgerEntry, PendingLeaf, Record, RecordParty
from ip_registry.proving import proven_at
from ip_registry.sequencing import NotSigningError, Placed
from ip_registry.storage import address_of
from ip_registry.together import register_together
from kernel.db import db, session
from kernel.errors import ConflictError
from kernel.viewer import Viewer
from kernel.work import reading, unit_of_work
from ledger import highwater
from ledger.log import LogState
from ledger.proofs import verify_proof
from tests.integration.test_moderation_at_once import site
from tests.makers import registry as make
from tests.makers.people import person
from tests.queries import queries

__all__ = ["site"]

PATIENCE = 30.0


def sends(app: Flask, viewer: Viewer, leaf: bytes) -> Placed:
    """A request of its own, for a thread of its own."""
    with app.app_context():
        try:
            return register_together(viewer, check(leaf, None))
        finally:
            db.session.remove()


@contextmanager
def at_one_moment(app: Flask, count: int) -> Iterator[Callable[[Viewer, bytes], Future[Placed]]]:
    """Whoever registers inside waits until so many do, and are then led together."""
    with ThreadPoolExecutor(count) as pool, somebody_leads():
        yield lambda viewer, leaf: pool.submit(sends, app, viewer, leaf)
        end = time.monotonic() + PATIENCE
        while len(hall().waiting) < count and time.monotonic() < end:
            time.sleep(0.005)


@contextmanager
def somebody_leads() -> Iterator[None]:
    """Somebody else, all the while; who comes has to wait."""
    hall().is_led = True
    try:
        yield
    finally:
        with hall().door:
            together._next_one(hall())


def hall() -> together._Hall:
    """Where the registrations of this site meet."""
    return together._halls.setdefault(address_of(db.engine), together._Hall())


def newest() -> str:
    with reading() as work:
        here = current_log(work)
        assert here is not None
        return here.origin


def test_a_crowd_is_placed_by_one_checkpoint_and_each_gets_its_own_proof(site: Flask) -> None:
    make.record()
    people = [person(), person()]
    works = [(viewer_for(people[at % 2].id), make.sealed(people[at % 2]).leaf) for at in range(5)]
    session().rollback()
    with at_one_moment(site, len(works)) as sending:
        sent = [sending(viewer, leaf.data) for viewer, leaf in works]
    keys = [signer.verifier for signer in log_of(newest()).signers]
    for (_viewer, leaf), one in zip(works, sent, strict=True):
        proof = proven_at(one.result(), bytes.fromhex(leaf.hash)).proof
        verified = verify_proof(proof, leaf.data, keys)
        assert (verified.index, verified.checkpoint.size) == (one.result().index, 1 + len(works))
    with reading() as work:
        assert list(work.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.size))) == [
            0,
            1,
            1 + len(works),
        ]
        owners = dict(work.execute(select(Record.leaf_hash, Record.owner_id)).all())
        assert [owners[bytes.fromhex(leaf.hash)] for _viewer, leaf in works] == [viewer.me for viewer, _leaf in works]


def test_what_is_wrong_with_one_of_them_hurts_no_other(site: Flask) -> None:
    owner, thief = person(), person()
    first = make.record(owner, blind=True)
    stolen = make_leaf(key=OwnerKey.generate(), type="register", c=first.sealed.leaf.c, after=make.after())
    works = [make.sealed(owner).leaf for _ in range(2)]
    mine, theirs = viewer_for(owner.id), viewer_for(thief.id)
    session().rollback()
    with at_one_moment(site, 3) as sending:
        good, bad = [sending(mine, leaf.data) for leaf in works], sending(theirs, stolen.data)
    with pytest.raises(ConflictError):
        bad.result()
    assert sorted(one.result().index for one in good) == [1, 2]
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(LedgerEntry)) == 3
        assert work.scalar(select(func.count()).select_from(PendingLeaf)) == 0


def test_one_leaf_that_comes_twice_at_one_moment_is_one_record(site: Flask) -> None:
    owner = person()
    make.record(owner)
    leaf, mine = make.sealed(owner).leaf, viewer_for(owner.id)
    session().rollback()
    with at_one_moment(site, 2) as sending:
        sent = [sending(mine, leaf.data) for _ in range(2)]
    assert [one.result().index for one in sent] == [1, 1]
    assert register_together(mine, check(leaf.data, None)).index == 1
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(Record)) == 2


def test_what_opens_a_record_is_kept_with_those_of_others(site: Flask) -> None:
    owner, other = person(), person()
    others = [new_author(other.display_name, other.handle)]
    one, mine = make.sealed(owner, others=others, title="Creep"), viewer_for(owner.id)
    session().rollback()
    place = register_together(mine, check(one.leaf.data, make.deposit(one)))
    with reading() as work:
        record = work.scalars(select(Record).where(Record.leaf_hash == bytes.fromhex(one.leaf.hash))).one()
        named = work.scalars(select(RecordParty.user_id).where(RecordParty.record_id == record.id))
        assert (place.index, record.title, set(named)) == (0, "Creep", {owner.id, other.id})


def test_who_waits_goes_before_those_who_are_let_in_and_whoever_sends_again_hurts_no_crowd(site: Flask) -> None:
    owner, other = person(), person()
    old, waiting = make.record(owner).sealed.leaf, make.sealed(owner).leaf
    mine, theirs = viewer_for(owner.id), viewer_for(other.id)
    with unit_of_work():
        register(mine, leaf=waiting.data)
    fresh = make.sealed(other).leaf
    session().rollback()
    with at_one_moment(site, 3) as sending:
        sent = [sending(mine, old.data), sending(theirs, fresh.data), sending(mine, waiting.data)]
    assert [one.result().index for one in sent] == [0, 2, 1]
    with reading() as work:
        assert list(work.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.size))) == [0, 1, 3]
        assert work.scalar(select(func.count()).select_from(PendingLeaf)) == 0


def test_a_registration_asks_the_database_for_no_more_than_it_needs(site: Flask) -> None:
    """Its row and event, its place, the tiles it is hashed with, the checkpoint: everybody pays each statement."""
    owner = person()
    make.record(owner)
    leaf, mine = make.sealed(owner).leaf, viewer_for(owner.id)
    session().rollback()
    with queries(at_most=11):
        assert register_together(mine, check(leaf.data, None)).index == 1


def test_a_log_that_does_not_sign_keeps_what_it_was_sent(site: Flask) -> None:
    owner = person()
    make.record(owner)
    leaf, mine = make.sealed(owner).leaf, viewer_for(owner.id)
    with reading() as work:
        here = current_log(work)
        assert here is not None
        highwater.record(high_water_path(here.label), LogState(9, bytes(32)))  # as if the database were a backup
    with pytest.raises(NotSigningError):
        register_together(mine, check(leaf.data, None))
    with reading() as work:
        assert list(work.scalars(select(PendingLeaf.leaf))) == [leaf.data]
        assert work.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_who_registers_in_two_ways_gets_one_answer(site: Flask) -> None:
    owner = person()
    leaf, mine = make.sealed(owner).leaf, viewer_for(owner.id)
    with unit_of_work():
        register(mine, leaf=leaf.data)
    assert register_together(mine, check(leaf.data, None)).index == 0


def test_who_was_led_is_answered_while_the_next_crowd_is_led(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a leader who lingers for the last crowd would wait for those whom it keeps waiting itself."""
    make.record()
    owner = person()
    mine, leaves = viewer_for(owner.id), [make.sealed(owner).leaf.data for _ in range(4)]
    session().rollback()
    usual, sent, answered = together.sequence, list[Future[Placed]](), list[bool]()

    def with_others_behind(**options: Any) -> Any:
        if answered:
            return usual(**options)
        if len(sent) == len(leaves):  # the second crowd: the first has been led
            done, _open = wait(sent[:2], PATIENCE)
            answered.append(len(done) == 2)
            return usual(**options)
        batch = usual(**options)
        sent.extend(late.submit(sends, site, mine, leaf) for leaf in leaves[2:])
        return batch

    monkeypatch.setattr(together, "sequence", with_others_behind)
    with ThreadPoolExecutor(2) as late, at_one_moment(site, 2) as sending:
        sent.extend(sending(mine, leaf) for leaf in leaves[:2])
    assert sorted(one.result(PATIENCE).index for one in sent) == [1, 2, 3, 4]
    assert answered == [True]


def test_a_leader_who_fails_lets_the_others_lead(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make.record()
    owner = person()
    mine, leaves = viewer_for(owner.id), [make.sealed(owner).leaf.data for _ in range(3)]
    session().rollback()
    usual, led = together.sequence, []

    def fail_once(**options: Any) -> Any:
        led.append(len(hall().waiting))
        if len(led) == 1:
            raise OSError("the disk is gone for a moment")
        return usual(**options)

    monkeypatch.setattr(together, "sequence", fail_once)
    with at_one_moment(site, 3) as sending:
        sent = [sending(mine, leaf) for leaf in leaves]
    assert sorted(one.result(PATIENCE).index for one in sent) == [1, 2, 3]
    assert not hall().waiting
    assert not hall().is_led
