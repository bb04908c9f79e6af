"""The change feed: which documents changed, in the same transaction as the change, in an order every replica reads."""

from collections.abc import Iterable

from sqlalchemy import String, func, insert

from kernel.clock import now
from kernel.db import BigInt, db, session
from kernel.refs import Ref
from search_index.models import SearchChange


def changed(*refs: Ref, hides: bool = False) -> None:
    """Say that the documents of `refs` changed, appeared or went: with `hides` when fewer people see them than before.

    Call it inside the unit of work of the deed, after the change; the indexer re-reads the present state, so that
    order and repetition do not matter.
    """
    note((str(ref) for ref in refs), hides=hides)


def note(keys: Iterable[str], *, hides: bool = False) -> None:
    """The same, by key."""
    moment = now()
    rows = [{"key": key, "hides": hides, "at": moment} for key in dict.fromkeys(keys)]
    if not rows:
        return
    statement = insert(SearchChange)
    if db.engine.dialect.name == "postgresql":
        statement = statement.values(txid=func.pg_current_xact_id().cast(String).cast(BigInt))
    session().execute(statement, rows)
