"""The change feed: which documents changed, in the same transaction as the change, in an order every replica reads.

A **position** says up to where an index is complete. On SQLite writers come one by one, and it is a row's number. On
PostgreSQL it is the id of a transaction: all that transactions up to it wrote is applied, and none of them is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, String, cast, delete, func, insert, literal, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from kernel.clock import now
from kernel.db import BigInt, db, session
from kernel.refs import Ref
from search_index.models import SearchChange, SearchReplica

AT_ONCE = 500
PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class Changes:
    """Some changes after a position: whose documents to read again, and where one is after applying them all."""

    keys: list[str]
    position: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """How many changes wait, counted up to a bound, and since when the oldest of them does."""

    changes: int
    since: datetime | None


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
    if _by_transaction():
        statement = statement.values(txid=func.pg_current_xact_id().cast(String).cast(BigInt))
    session().execute(statement, rows)


def newest() -> int:
    """The position of an index that is made of what can be read from now on."""
    if _by_transaction():
        return int(session().scalar(select(_oldest_open() - 1)) or 0)
    return max(int(session().scalar(select(func.max(SearchChange.seq))) or 0), pruned_to())


def pruned_to() -> int:
    """Up to where changes are gone: an index that is not as far cannot follow any more."""
    return int(session().scalar(select(SearchReplica.position).where(SearchReplica.name == PRUNED)) or 0)


def changes_after(position: int, *, limit: int = AT_ONCE) -> Changes:
    """The next changes, about `limit` of them: on PostgreSQL only whole transactions, however many rows one wrote."""
    place, bound = place_of_change(), (SearchChange.txid < _oldest_open()) if _by_transaction() else literal(True)
    rows = (
        session()
        .execute(
            select(SearchChange.key, place.label("place"))
            .where(place > position, bound)
            .order_by(place, SearchChange.seq)
            .limit(limit + 1)
        )
        .all()
    )
    if len(rows) <= limit:
        return Changes(_distinct(row.key for row in rows), rows[-1].place if rows else position, is_last=True)
    whole = [row for row in rows if row.place < rows[-1].place]
    if whole:
        return Changes(_distinct(row.key for row in whole), whole[-1].place, is_last=False)
    one = rows[-1].place
    keys = session().scalars(select(SearchChange.key).where(place == one).order_by(SearchChange.seq))
    return Changes(_distinct(keys), one, is_last=False)


def hidden_keys(position: int) -> set[str]:
    """What must not be found in an index of this position, because somebody may no longer see it."""
    return set(session().scalars(select(SearchChange.key).where(SearchChange.hides, place_of_change() > position)))


def waiting_keys(position: int) -> set[str]:
    """Everything that changed since, committed or in this very transaction."""
    return set(session().scalars(select(SearchChange.key).where(place_of_change() > position)))


def lag_after(position: int, *, bound: int = 10_000) -> Lag:
    """How far behind an index of this position is."""
    waiting = (
        select(SearchChange.at).where(place_of_change() > position).order_by(place_of_change()).limit(bound).subquery()
    )
    count, since = session().execute(select(func.count(), func.min(waiting.c.at))).one()
    return Lag(count, since)


def up_to(position: int) -> ColumnElement[bool]:
    """The changes that an index of this position has applied."""
    return place_of_change() <= position


def forget_other_cluster() -> None:
    """A PostgreSQL database that was moved to another server brings ids of transactions that mean nothing there."""
    if not _by_transaction():
        return
    bound = cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), String), BigInteger)
    direct = {"synchronize_session": False}
    session().execute(delete(SearchChange).where(SearchChange.txid > bound).execution_options(**direct))
    session().execute(delete(SearchReplica).where(SearchReplica.position > bound).execution_options(**direct))


def place_of_change() -> InstrumentedAttribute[int] | InstrumentedAttribute[int | None]:
    """The column that positions count."""
    return SearchChange.txid if _by_transaction() else SearchChange.seq


# The oldest transaction that is still open in this database, this one too; else the next one. `pg_snapshot_xmin` would
# count those of every other database of the server, and a long one there would hold up the feed here. Whoever is no
# longer, or not yet, seen at work elsewhere counts as one of ours.
_OLDEST_OPEN = """(
SELECT coalesce(
  least(min(ours.xid::text::bigint), pg_current_xact_id_if_assigned()::text::bigint),
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint
)
FROM pg_snapshot_xip(pg_current_snapshot()) AS ours(xid)
WHERE NOT EXISTS (
  SELECT FROM pg_stat_activity AS elsewhere
  WHERE elsewhere.datname <> current_database()
  AND elsewhere.backend_xid::text::bigint = ours.xid::text::bigint % 4294967296
))"""


def _oldest_open() -> ColumnElement[int]:
    return literal_column(_OLDEST_OPEN, BigInteger)


def _by_transaction() -> bool:
    return db.engine.dialect.name == "postgresql"


def _distinct(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))
