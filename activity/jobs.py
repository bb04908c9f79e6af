"""What the worker does for the bell-ringer."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from activity import delivering, letters
from activity.actions.telling import FAN_OUT, is_still_there, tell_portion, unpacked
from activity.digests import running
from activity.push import sending
from kernel.clock import now
from kernel.jobs import enqueue, job
from kernel.refs import Ref

__all__ = ["letters"]


@job(FAN_OUT)
def fan_out(news: Mapping[str, Any], watched: list[list[Any]], after: int = 0) -> None:
    """Tell those who watch, a portion a job: each portion and the job for the next are one transaction."""
    told = unpacked(news)
    if not watched or (after == 0 and not is_still_there(told)):
        return
    kind, ref_id = watched[0]
    last = tell_portion(told, Ref(kind, ref_id), after=after)
    rest = watched if last is not None else watched[1:]
    if rest:
        enqueue(FAN_OUT, news=dict(news), watched=rest, after=last or 0)


@job("activity.deliver", every=timedelta(seconds=20))
def deliver() -> None:
    """Mail, and what other ways there are."""
    delivering.deliver_due()


@job("activity.plan_digests", every=timedelta(minutes=10))
def plan_digests() -> None:
    """Where a morning has come."""
    running.plan(now())


@job("activity.digests", every=timedelta(seconds=5))
def digests() -> None:
    """The next portions of people."""
    running.go_on()


@job(sending.PUSH)
def push(subscription_id: int, notices: list[int]) -> None:
    """To one browser."""
    sending.send(subscription_id, notices)
