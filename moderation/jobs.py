"""What the worker does for the watch: levels of trust, and forgetting what is kept for a time only."""

from datetime import timedelta

from kernel.jobs import enqueue, job
from moderation.actions import blocking, trusting
from moderation.actions.forgetting import forget_old


@job(trusting.RECKON)
def reckon(user_id: int) -> None:
    """Somebody's level, after they came or something of theirs was approved."""
    trusting.reckon([user_id])


@job("moderation.reckon_all", every=timedelta(hours=3))
def reckon_all() -> None:
    """Everybody's who was here lately, or could fall."""
    enqueue(trusting.RECKON_PORTION, after=0)


@job(trusting.RECKON_PORTION)
def reckon_portion(after: int) -> None:
    """Some of them, and then the next."""
    going_on = trusting.reckon_portion(after)
    if going_on is not None:
        enqueue(trusting.RECKON_PORTION, after=going_on)


@job(blocking.REMOVE)
def remove_blocked(block_id: int, kind: str, after: int) -> None:
    """Some of what somebody blocked made public, and then the next."""
    going_on = blocking.remove_portion(block_id, kind=kind, after=after)
    if going_on is not None:
        enqueue(blocking.REMOVE, block_id=block_id, kind=going_on[0], after=going_on[1])


@job(blocking.BRING_BACK)
def bring_back_blocked(block_id: int) -> None:
    """Some of what a block took that was undone, and then the next."""
    if blocking.bring_back_portion(block_id):
        enqueue(blocking.BRING_BACK, block_id=block_id)


@job("moderation.forget", every=timedelta(hours=6))
def forget() -> None:
    """Fingerprints and refused texts after a month, visits once no level looks at them any more."""
    forget_old()
