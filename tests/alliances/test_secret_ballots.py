"""A secret ballot: cast once, by the member itself, and nothing anywhere leads from the voter to it."""

from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from alliances.counting import Outcome
from alliances.models import CastBallot, Proposal, Voter
from kernel.db import db
from kernel.errors import ConflictError, InvalidError
from tests.makers import decisions as make
from tests.makers.alliances import alliance


def test_a_secret_ballot_is_cast_once_and_only_by_the_member(database: Session) -> None:
    made = alliance(members=3)
    make.proxy(made, 2, 1)
    on = make.proposal(made, is_secret=True)
    assert on.hides_results
    make.vote(made, on, 0, make.YES)
    with pytest.raises(ConflictError):
        make.vote(made, on, 0, make.NO)
    with pytest.raises(ConflictError):
        make.proxy(made, 2, 1, on)
    voter = make.voter_of(on, made.members[2])
    with pytest.raises(Exception, match=r".*"):
        make.vote(made, on, 1, make.NO, voter_id=voter.id)
    assert not voter.has_voted


def test_a_receipt_finds_its_ballot_in_the_published_list(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, is_secret=True)
    receipts = {make.vote(made, on, who, choice).receipt: choice for who, choice in ((0, make.YES), (1, make.NO))}
    assert make.end(on).outcome is Outcome.TIE
    kept = {row.receipt_hash: row.choice for row in database.scalars(select(CastBallot))}
    assert kept == {sha256(receipt.encode()).hexdigest(): choice for receipt, choice in receipts.items()}


def test_nothing_in_any_table_leads_from_a_voter_to_a_secret_ballot(database: Session) -> None:
    """Every row of every table that was written by voting is looked at: it tells who voted, or how, never both."""
    made = alliance(members=4)
    on = make.proposal(made, is_secret=True, method="consent")
    before = _rows(database)
    secret = make.vote(made, on, 3, {"stance": "objection"}, reason="quite unmistakable words").receipt
    changed = _rows(database) - before
    ballot = database.scalars(select(CastBallot)).one()
    assert (ballot.voter_id, ballot.cast_at) == (None, None)
    assert {table for table, _row in changed} == {"alliance_ballot", "alliance_voter", "alliance_proposal"}
    people = {f"'{name}': {made.people[3].id}," for name in ("user_id", "voted_by_id", "author_id", "actor_id")}
    for table, row in changed:
        tells_how = "quite unmistakable" in row or ballot.receipt_hash in row or str(ballot.id) in row
        tells_who = any(name in row for name in people) or table == "alliance_voter"
        assert not (tells_how and tells_who), (table, row)
        assert str(secret) not in row
    voter = make.voter_of(on, made.members[3])
    assert (voter.voted_by_id, voter.voted_as, voter.proxy_id) == (None, "", None)


def test_after_the_count_not_even_transactions_and_places_of_rows_link_the_two(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, is_secret=True)
    for who in range(3):
        make.vote(made, on, who)
    numbers = set(database.scalars(select(CastBallot.id)))
    make.end(on)
    rows = database.execute(select(CastBallot.id, CastBallot.receipt_hash).order_by(CastBallot.id)).all()
    assert not numbers & {row.id for row in rows}
    if db.engine.dialect.name == "postgresql":
        placed = database.execute(text("SELECT receipt_hash FROM alliance_ballot ORDER BY ctid")).scalars().all()
        assert placed == sorted(placed)


def test_a_vote_that_was_opened_in_secret_hides_its_results_until_the_end(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, is_secret=True, hides_results=False)
    assert on.hides_results
    with pytest.raises(InvalidError):
        make.proposal(made, is_secret=True, method="time")
    assert database.scalars(select(Voter.has_voted).where(Voter.proposal_id == on.id)).all() == [False] * 3
    assert database.get_one(Proposal, on.id).is_secret


def _rows(database: Session) -> set[tuple[str, str]]:
    """Everything in the database, a text a row."""
    database.flush()
    return {
        (table.name, repr(dict(row._mapping)))
        for table in db.metadata.sorted_tables
        for row in database.execute(select(table))
    }
