"""Secret ballots as rows: how one is written, and how what the database remembers of its coming is let go."""

import secrets
from typing import Any

from sqlalchemy import delete, insert, select

from alliances.models import CastBallot, Proposal
from kernel.db import overwrite_what_is_deleted, session
from kernel.ids import hash_token, new_token

RANDOM_BITS = 62


def write_secret(proposal: Proposal, choice: dict[str, Any], reason: str) -> str:
    """Write a ballot from which nothing leads to its voter: no author, no time, a random number. Gives its receipt."""
    receipt = new_token()
    session().add(
        CastBallot(
            id=secrets.randbits(RANDOM_BITS),
            proposal_id=proposal.id,
            choice=choice,
            reason=reason,
            receipt_hash=hash_token(receipt),
        )
    )
    return receipt


def shuffle(proposal: Proposal) -> None:
    """Write the secret ballots anew, in the order of their receipts.

    What the database kept of the order in which they came, and of the transaction that each shared with a mark on the
    roll, goes with the rows that are deleted.
    """
    overwrite_what_is_deleted()
    mine = CastBallot.proposal_id == proposal.id
    query = select(CastBallot.choice, CastBallot.reason, CastBallot.receipt_hash).where(mine)
    rows = [
        {
            "id": secrets.randbits(RANDOM_BITS),
            "proposal_id": proposal.id,
            "choice": row.choice,
            "reason": row.reason,
            "receipt_hash": row.receipt_hash,
        }
        for row in session().execute(query.order_by(CastBallot.receipt_hash))
    ]
    session().execute(delete(CastBallot).where(mine).execution_options(synchronize_session=False))
    if rows:
        session().execute(insert(CastBallot), rows)
