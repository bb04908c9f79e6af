"""Between which moments a leaf came to be, by what outsiders said: the only times that the registry states."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ScalarSelect, func, literal, select, union_all

from ip_registry.models import Cosignature, LedgerEntry, TimeToken, TokenState
from ip_registry.time.agreement import is_contested
from kernel.db import session

IN_A_STATEMENT = 200
STATED = (TokenState.GOOD, TokenState.CONTESTED)


@dataclass(frozen=True, slots=True)
class Statement:
    """An outsider's word about the checkpoint of `size` entries: an authority's by a token, a witness's by its line."""

    name: str
    stated_at: datetime
    size: int
    is_witness: bool
    is_demo: bool
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """A leaf came to be after `not_before` and stood in the log at `not_after`.

    The lower bound is strict: the leaf commits to a checkpoint that contains the anchor of a token of that time, the
    one of `since`. It is missing where nothing was stamped before. `outsiders` stand behind the upper bound.
    """

    not_before: datetime | None
    not_after: datetime
    since: Statement | None
    outsiders: tuple[Statement, ...]

    @property
    def is_demo(self) -> bool:
        """Whether it rests on the word of a demo authority, which is for trying only."""
        return all(one.is_demo for one in self.outsiders)

    @property
    def is_contested(self) -> bool:
        """Whether the outsiders disagree by more than a few minutes; the latest of what they state counts then."""
        return all(one.is_contested for one in self.outsiders)

    @property
    def names(self) -> tuple[str, ...]:
        """Whose word it is."""
        return tuple(dict.fromkeys(one.name for one in self.outsiders))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Which checkpoints bound a leaf from above, and over which ones a token was anchored before it."""

    index: int
    after_size: int
    upper: frozenset[int]
    lower: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Token:
    """What a token states, how far that is off our clock, and where its anchor stands in the log that it stamped."""

    statement: Statement
    off: timedelta
    anchored_at: int | None

    def is_before(self, leaf: _Bounds) -> bool:
        """Whether the leaf commits to a checkpoint that contains the anchor, so that it is younger than the token."""
        is_anchored = self.anchored_at is not None and self.anchored_at < leaf.after_size
        return is_anchored and not self.statement.is_contested and self.statement.size in leaf.lower


def proven_intervals(log_id: int, facts: Iterable[tuple[int, int]]) -> dict[int, Interval]:
    """The interval of each leaf, by its index; `facts` are its index and the size of the checkpoint that it names.

    A leaf that is not in it waits for an outside witness. Three queries, however many leaves.
    """
    wanted = list(dict.fromkeys(facts))
    found: dict[int, Interval] = {}
    for at in range(0, len(wanted), IN_A_STATEMENT):
        found.update(_intervals(log_id, wanted[at : at + IN_A_STATEMENT]))
    return found


def proven_interval(log_id: int, *, index: int, after_size: int) -> Interval | None:
    """The same for one leaf."""
    return proven_intervals(log_id, [(index, after_size)]).get(index)


def first_unstated(log_id: int, size: int, *, is_demo: bool) -> int:
    """Up to where the log was vouched for below this size, by outsiders that count at least as much."""
    stamped = select(func.max(TimeToken.size)).where(
        TimeToken.log_id == log_id, TimeToken.state.in_(STATED), TimeToken.size < size
    )
    if not is_demo:
        stamped = stamped.where(TimeToken.is_demo.is_(False))
    cosigned = select(func.max(Cosignature.size)).where(Cosignature.log_id == log_id, Cosignature.size < size)
    return max(session().scalar(stamped) or 0, session().scalar(cosigned) or 0)


def _intervals(log_id: int, facts: Sequence[tuple[int, int]]) -> dict[int, Interval]:
    bounds = _bounds(log_id, facts)
    upper = set().union(*(one.upper for one in bounds))
    tokens = _tokens(log_id, upper.union(*(one.lower for one in bounds)))
    statements = [token.statement for token in tokens] + _cosignatures(log_id, upper, tokens)
    found: dict[int, Interval] = {}
    for one in bounds:
        outsiders = _strongest([statement for statement in statements if statement.size in one.upper])
        if outsiders:
            found[one.index] = _interval(outsiders, [token.statement for token in tokens if token.is_before(one)])
    return found


def _strongest(statements: Sequence[Statement]) -> list[Statement]:
    """Real outsiders before a demo authority, and those that agree before contested ones; the earliest first."""
    ranks = [(one.is_demo, one.is_contested) for one in statements]
    best = [one for one, rank in zip(statements, ranks, strict=True) if rank == min(ranks)]
    return sorted(best, key=lambda one: (one.stated_at, one.name))


def _interval(outsiders: Sequence[Statement], before: Sequence[Statement]) -> Interval:
    is_contested = outsiders[0].is_contested
    not_after = outsiders[-1 if is_contested else 0].stated_at
    # A demo authority bounds nothing that real outsiders bound, and clocks differ by seconds.
    fit = [one for one in before if one.is_demo <= outsiders[0].is_demo and one.stated_at <= not_after]
    since = max(fit, key=lambda one: (not one.is_demo, one.stated_at), default=None)
    return Interval(since.stated_at if since else None, not_after, since, tuple(outsiders))


def _bounds(log_id: int, facts: Sequence[tuple[int, int]]) -> list[_Bounds]:
    if not facts:
        return []
    leaf = union_all(
        *(select(literal(index).label("index"), literal(after).label("after_size")) for index, after in facts)
    ).cte("leaf")
    upper: list[ScalarSelect[Any]] = [
        *(_next_stamped(log_id, leaf, state=state, is_demo=is_demo) for state in STATED for is_demo in (False, True)),
        _next_cosigned(log_id, leaf),
    ]
    lower = [_last_anchored(log_id, leaf, is_demo=is_demo) for is_demo in (False, True)]
    rows = session().execute(select(leaf.c.index, leaf.c.after_size, *upper, *lower))
    return [
        _Bounds(
            index=row[0],
            after_size=row[1],
            upper=frozenset(size for size in row[2 : 2 + len(upper)] if size is not None),
            lower=frozenset(size for size in row[2 + len(upper) :] if size is not None),
        )
        for row in rows
    ]


def _next_stamped(log_id: int, leaf: CTE, *, state: TokenState, is_demo: bool) -> ScalarSelect[int | None]:
    """Every column of the index is said, so that one look into it is enough."""
    return (
        select(TimeToken.size)
        .where(
            TimeToken.log_id == log_id,
            TimeToken.state == state,
            TimeToken.is_demo.is_(is_demo),
            TimeToken.size > leaf.c.index,
        )
        .order_by(TimeToken.size)
        .limit(1)
        .correlate(leaf)
        .scalar_subquery()
    )


def _next_cosigned(log_id: int, leaf: CTE) -> ScalarSelect[int]:
    return (
        select(Cosignature.size)
        .where(Cosignature.log_id == log_id, Cosignature.size > leaf.c.index)
        .order_by(Cosignature.size)
        .limit(1)
        .correlate(leaf)
        .scalar_subquery()
    )


def _last_anchored(log_id: int, leaf: CTE, *, is_demo: bool) -> ScalarSelect[int | None]:
    """The newest stamped checkpoint whose token stood in the log before the leaf's `after`.

    An anchor always stands behind what its token stamped, so that sizes lead to it.
    """
    return (
        select(TimeToken.size)
        .join(LedgerEntry, LedgerEntry.leaf_hash == TimeToken.anchor_hash)
        .where(
            TimeToken.log_id == log_id,
            TimeToken.state == TokenState.GOOD,
            TimeToken.is_demo.is_(is_demo),
            TimeToken.size < leaf.c.after_size,
            LedgerEntry.log_id == log_id,
            LedgerEntry.index < leaf.c.after_size,
        )
        .order_by(TimeToken.size.desc())
        .limit(1)
        .correlate(leaf)
        .scalar_subquery()
    )


def _tokens(log_id: int, sizes: Collection[int]) -> list[_Token]:
    """The tokens over these checkpoints."""
    if not sizes:
        return []
    query = (
        select(
            TimeToken.authority,
            TimeToken.stated_at,
            TimeToken.asked_at,
            TimeToken.size,
            TimeToken.state,
            TimeToken.is_demo,
            LedgerEntry.index.label("anchored_at"),
        )
        .outerjoin(
            LedgerEntry, (LedgerEntry.leaf_hash == TimeToken.anchor_hash) & (LedgerEntry.log_id == TimeToken.log_id)
        )
        .where(
            TimeToken.log_id == log_id, TimeToken.size.in_(sizes)
        )  # the state is looked at afterwards: sizes find few
    )
    return [
        _Token(
            statement=Statement(
                name=row.authority,
                stated_at=row.stated_at,
                size=row.size,
                is_witness=False,
                is_demo=row.is_demo,
                is_contested=row.state == TokenState.CONTESTED,
            ),
            off=row.stated_at - row.asked_at,
            anchored_at=row.anchored_at,
        )
        for row in session().execute(query)
        if row.state in STATED and row.stated_at is not None and row.size is not None
    ]


def _cosignatures(log_id: int, sizes: Collection[int], tokens: Sequence[_Token]) -> list[Statement]:
    """The cosignatures on these checkpoints, each compared with what the other real outsiders state."""
    if not sizes:
        return []
    lines = (
        session().scalars(select(Cosignature).where(Cosignature.log_id == log_id, Cosignature.size.in_(sizes))).all()
    )
    offs = {(line.size, line.name): line.stated_at - line.asked_at for line in lines}
    offs |= {(one.statement.size, one.statement.name): one.off for one in tokens if not one.statement.is_demo}
    return [
        Statement(
            name=line.name,
            stated_at=line.stated_at,
            size=line.size,
            is_witness=True,
            is_demo=False,
            is_contested=is_contested(
                line.stated_at - line.asked_at,
                [off for (size, name), off in offs.items() if size == line.size and name != line.name],
            ),
        )
        for line in lines
    ]
