"""Placing what a web process accepted and died before it placed. A job runs in a unit of work; this must not."""

from datetime import timedelta

from ip_registry.sequencing import is_waiting, sequence
from kernel.jobs import job
from kernel.work import after_commit

EVERY = timedelta(seconds=5)


@job("registry.sequence", every=EVERY)
def place_what_waits() -> None:
    """Sequence until nothing waits."""
    after_commit(_place)


def _place() -> None:
    while is_waiting() and sequence() is not None:
        pass
