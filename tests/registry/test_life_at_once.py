"""Several windows, one instant: the life of a record stays one chain."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions.erasing import erase
from ip_registry.actions.events import add_event
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.models import Deposit, RecordEvent
from ip_registry.sequencing import sequence
from kernel.checks import run_checks
from kernel.db import db, session
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person

__all__ = ["site"]


def sending(made: make.Made, by: User, one: acts.Signed) -> Callable[[], object]:
    """Send it from a window of its own."""
    viewer = viewer_for(by.id)
    return lambda: add_event(
        viewer, record=acts.record_now(made), leaf=one.leaf.data, details=one.details, salt=one.salt
    )


def types(made: make.Made) -> list[str]:
    db.session.remove()
    query = select(RecordEvent.type).where(RecordEvent.record_id == made.record.id)
    return list(session().scalars(query.order_by(RecordEvent.id)))


def faults() -> list[str]:
    while sequence() is not None:
        pass
    return [fault for fault in run_checks(mend=False) if "record" in fault or "event" in fault]


def test_of_two_events_that_follow_the_same_one_only_one_is_added(site: Flask) -> None:
    owner = person()
    made = make.record(owner)
    licence = {"to_name": "Firm", "terms": "None.", "exclusive": False, "until": None}
    leaves = [
        acts.signed(made, "licence", **licence),
        acts.signed(made, "withdraw", reason=""),
        acts.signed(made, "reveal", **acts.REVEAL),
    ]
    done = at_once(site, *(sending(made, owner, one) for one in leaves))
    assert sorted(type(one).__name__ for one in done) == ["ConflictError", "ConflictError", "RecordEvent"]
    assert len(types(made)) == 2
    assert faults() == []


def test_the_same_leaf_from_three_windows_is_one_event(site: Flask) -> None:
    owner = person()
    made = make.record(owner)
    one = acts.signed(made, "reveal", **acts.REVEAL)
    done = at_once(site, *[sending(made, owner, one)] * 3)
    assert [type(result).__name__ for result in done] == ["RecordEvent"] * 3
    assert types(made) == ["register", "reveal"]
    assert faults() == []


def test_what_is_erased_is_erased_whoever_acts_at_the_same_time(site: Flask) -> None:
    owner, challenger = person(), person()
    made = make.record(owner)
    acts.reveal(made, owner)
    dispute = acts.signed(made, "dispute", key=OwnerKey.generate(), statement="Mine.", own_record=None)
    mine = viewer_for(owner.id)
    at_once(
        site,
        lambda: erase(mine, record=acts.record_now(made)),
        sending(made, challenger, dispute),
    )
    db.session.remove()
    assert acts.record_now(made).state == "erased"
    assert session().get(Deposit, made.record.id) is None
    kept = session().scalars(select(RecordEvent.details).where(RecordEvent.record_id == made.record.id))
    assert set(kept) == {None}
    assert faults() == []
