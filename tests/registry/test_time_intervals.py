"""The interval of a leaf, from tokens, anchors and cosignatures in every constellation."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy.orm import Session

from ip_registry.envelopes.keys import OwnerKey
from ip_registry.logs import current_log
from ip_registry.models import Cosignature, LedgerEntry, TimeToken, TokenState
from ip_registry.queries.times import Interval, proven_intervals
from ip_registry.time.agreement import is_contested
from kernel.work import unit_of_work
from tests.queries import queries

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
_number = count(1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def log_id(database: Session) -> int:
    here = current_log(database)
    assert here is not None
    return here.id


def token(
    log_id: int,
    size: int,
    minutes: float,
    *,
    anchor: int | None = None,
    name: str = "One",
    state: str = TokenState.GOOD,
    is_demo: bool = False,
) -> None:
    """A token over the first `size` entries, whose anchor stands at `anchor`."""
    number = next(_number)
    anchor_hash = hashlib.sha256(f"anchor {number}".encode()).digest()
    with unit_of_work() as work:
        work.add(
            TimeToken(
                log_id=log_id,
                size=size,
                imprint=f"{number:064x}",
                url=f"https://{number}.example/",
                authority=name,
                is_demo=is_demo,
                state=state,
                stated_at=at(minutes),
                asked_at=at(minutes),
                anchor_hash=anchor_hash,
            )
        )
        if anchor is not None:
            work.add(LedgerEntry(log_id=log_id, index=anchor, leaf_hash=anchor_hash, leaf=b"{}"))


def cosignature(log_id: int, size: int, minutes: float, *, name: str = "Witness") -> None:
    with unit_of_work() as work:
        work.add(
            Cosignature(
                log_id=log_id,
                size=size,
                vkey=OwnerKey.generate().vkey,
                name=name,
                line="—",
                stated_at=at(minutes),
                asked_at=at(minutes),
            )
        )


def only(log_id: int, index: int, after: int = 0) -> Interval | None:
    return proven_intervals(log_id, [(index, after)]).get(index)


def test_nobody_has_said_anything(database: Session, log_id: int) -> None:
    assert proven_intervals(log_id, []) == {}
    assert proven_intervals(log_id, [(0, 0), (1, 1)]) == {}


def test_a_checkpoint_says_nothing_about_the_entry_after_it(database: Session, log_id: int) -> None:
    token(log_id, 5, 10)
    found = proven_intervals(log_id, [(4, 0), (5, 0)])
    assert set(found) == {4}
    assert found[4].not_after == at(10)


def test_the_upper_bound_is_the_earliest_word_about_the_first_stamped_checkpoint(
    database: Session, log_id: int
) -> None:
    token(log_id, 5, 10, name="Slow")
    token(log_id, 5, 9, name="Quick")
    token(log_id, 9, 20)
    cosignature(log_id, 7, 8)
    found = only(log_id, 4)
    assert found is not None
    assert found.not_after == at(8)
    assert found.names == ("Witness", "Quick", "Slow")
    later = only(log_id, 6)
    assert later is not None
    assert later.not_after == at(8)
    last = only(log_id, 8)
    assert last is not None
    assert last.not_after == at(20)


def test_the_lower_bound_needs_the_anchor_inside_the_named_checkpoint(database: Session, log_id: int) -> None:
    token(log_id, 3, 10, anchor=3)
    token(log_id, 6, 20, anchor=8)
    token(log_id, 30, 50)
    bounds = {after: only(log_id, 20 + after, after) for after in (3, 4, 6, 7, 8, 9)}
    assert {after: found and found.not_before for after, found in bounds.items()} == {
        3: None,  # the anchor stands at 3: three entries do not contain it
        4: at(10),
        6: at(10),
        7: at(10),
        8: at(10),
        9: at(20),
    }


def test_a_token_that_was_never_anchored_bounds_nothing_from_below(database: Session, log_id: int) -> None:
    token(log_id, 3, 10)
    token(log_id, 30, 50)
    found = only(log_id, 20, 10)
    assert found is not None
    assert (found.not_before, found.since) == (None, None)


def test_the_name_of_the_lower_bound_is_told(database: Session, log_id: int) -> None:
    token(log_id, 3, 10, anchor=3, name="First")
    token(log_id, 3, 11, anchor=4, name="Second")
    token(log_id, 30, 50)
    found, earlier = only(log_id, 20, 5), only(log_id, 20, 4)
    assert found is not None
    assert earlier is not None
    assert found.since is not None
    assert earlier.since is not None
    assert (found.not_before, found.since.name) == (at(11), "Second")
    assert (earlier.not_before, earlier.since.name) == (at(10), "First")


def test_a_demo_authority_counts_only_where_nobody_else_spoke(database: Session, log_id: int) -> None:
    token(log_id, 3, 10, anchor=3, is_demo=True, name="demo")
    token(log_id, 9, 20, is_demo=True, name="demo")
    found = only(log_id, 5, 4)
    assert found is not None
    assert (found.is_demo, found.not_before, found.not_after) == (True, at(10), at(20))
    token(log_id, 12, 40, name="Real")
    found = only(log_id, 5, 4)
    assert found is not None
    assert (found.is_demo, found.not_before, found.not_after) == (False, None, at(40))


def test_a_contested_token_counts_only_where_nothing_better_follows(database: Session, log_id: int) -> None:
    token(log_id, 3, 1, anchor=3, state=TokenState.CONTESTED)
    token(log_id, 9, 20, state=TokenState.CONTESTED, name="One")
    token(log_id, 9, 60, state=TokenState.CONTESTED, name="Two")
    found = only(log_id, 5, 4)
    assert found is not None
    assert (found.is_contested, found.not_before, found.not_after) == (True, None, at(60))
    token(log_id, 12, 90)
    found = only(log_id, 5, 4)
    assert found is not None
    assert (found.is_contested, found.not_after) == (False, at(90))


def test_what_waits_or_was_refused_says_nothing(database: Session, log_id: int) -> None:
    token(log_id, 9, 20, state=TokenState.WAITING)
    token(log_id, 9, 20, state=TokenState.REFUSED)
    assert only(log_id, 5) is None


def test_clocks_that_differ_by_seconds_make_no_interval_that_ends_before_it_begins(
    database: Session, log_id: int
) -> None:
    token(log_id, 3, 10.2, anchor=3, name="Fast clock")
    token(log_id, 9, 10, name="Slow clock")
    found = only(log_id, 5, 4)
    assert found is not None
    assert (found.not_before, found.not_after) == (None, at(10))


def test_another_log_says_nothing_about_this_one(database: Session, log_id: int) -> None:
    token(log_id, 9, 20)
    assert proven_intervals(log_id + 1, [(5, 0)]) == {}


def test_three_queries_for_any_number_of_leaves(database: Session, log_id: int) -> None:
    for size in range(1, 200, 3):
        token(log_id, size, size, anchor=size)
        cosignature(log_id, size + 1, size)
    few: Sequence[tuple[int, int]] = [(5, 4)]
    many = [(index, index) for index in range(190)]
    with queries(at_most=3):
        assert len(proven_intervals(log_id, few)) == 1
    with queries(at_most=3):
        found = proven_intervals(log_id, many)
    assert len(found) == 190
    for index, one in found.items():
        assert one.not_before is None or one.not_before <= one.not_after
        assert one.not_after == at(min(size for size in range(1, 200, 3) if size + 1 > index))


@pytest.mark.parametrize(
    ("mine", "others", "expected"),
    [
        (0, [], False),
        (4, [], False),
        (6, [], True),
        (0, [4], False),
        (0, [6], True),
        (60, [60], False),
        (0, [0, 60], False),
        (60, [0, 0], True),
        (0, [60, 61], True),
        (0, [0, 60, 60], True),
        (0, [0, 0, 60, 60], False),
    ],
)
def test_whom_the_others_contradict(mine: int, others: list[int], *, expected: bool) -> None:
    assert is_contested(timedelta(minutes=mine), [timedelta(minutes=other) for other in others]) is expected
