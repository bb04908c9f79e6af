from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """The only clock of the house: aware, in UTC."""
    return _standing.get() or datetime.now(UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let it be another moment: the demo town has a past, which it lives through by the same actions as everybody."""
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)
