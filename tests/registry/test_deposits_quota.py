"""What opens records takes room that is not for ever: a person has as much of it as of other files."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry import deposits
from ip_registry.actions.erasing import erase
from ip_registry.actions.registering import register
from ip_registry.models import Deposit, Record
from kernel.errors import TooLargeError
from kernel.work import unit_of_work
from tests.makers import registry as make
from tests.makers.people import person

MANY = {f"measurement-{number}.csv": b"a,b\n" for number in range(60)}


def kept(owner: User) -> int:
    with unit_of_work() as work:
        query = select(func.sum(Deposit.size)).join(Record, Record.id == Deposit.record_id)
        return int(work.scalar(query.where(Record.owner_id == owner.id)) or 0)


def test_a_deposit_that_is_too_much_is_refused_and_its_leaf_is_taken_alone(
    database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = person(), person()
    first = make.record(owner, files=MANY)
    given = make.deposit(first.sealed)
    size = deposits.size_of(given)
    assert kept(owner) == size > deposits.SMALL
    assert size >= len(given.opening) + sum(map(len, given.manifest or ()))
    monkeypatch.setattr(deposits, "QUOTA", 2 * size - 100)
    second = make.sealed(owner, files=MANY)
    with pytest.raises(TooLargeError), unit_of_work():
        register(viewer_for(owner.id), leaf=second.leaf.data, deposit=make.deposit(second))
    with unit_of_work():
        register(viewer_for(owner.id), leaf=second.leaf.data)
    with pytest.raises(TooLargeError), unit_of_work():
        register(viewer_for(owner.id), leaf=second.leaf.data, deposit=make.deposit(second))
    assert kept(owner) == size, "nothing of what was refused is kept"
    make.record(other, files=MANY)
    assert make.record(owner).record.id, "for a small one there is always room"


def test_what_is_erased_makes_room(database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    first = make.record(owner, files=MANY)
    monkeypatch.setattr(deposits, "QUOTA", kept(owner) + 100)
    with unit_of_work():
        erase(viewer_for(owner.id), record=first.record)
    assert kept(owner) == 0
    assert make.record(owner, files=MANY).record.id
