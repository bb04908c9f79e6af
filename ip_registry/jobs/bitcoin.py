"""Asking OpenTimestamps calendars, over the network and therefore never inside a unit of work."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog

from ip_registry.actions.bitcoin import AT_ONCE, Wish, keep_progress, note_refusal, open_wishes
from ip_registry.time.configured import configured_calendars
from ip_registry.time.errors import AskingError
from kernel.jobs import job
from kernel.work import after_commit, unit_of_work

log = structlog.get_logger("guildhall.registry")


@job("registry.bitcoin", every=timedelta(seconds=30))
def stamp_by_bitcoin() -> None:
    """Have the newest checkpoint put into a block of Bitcoin, and ask what became of those before."""
    if configured_calendars():
        after_commit(ask_calendars)


def ask_calendars() -> None:
    """Ask what has to be asked now, and keep what came. Never inside a unit of work."""
    calendars = configured_calendars()
    with unit_of_work():
        wishes = open_wishes()
    if not wishes:
        return
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        outcomes = list(pool.map(partial(_outcome, calendars), wishes))
    for wish, outcome in zip(wishes, outcomes, strict=True):
        with unit_of_work():
            if isinstance(outcome, str):
                log.warning("no progress towards a block", size=wish.size, reason=outcome)
                note_refusal(wish, outcome)
            else:
                keep_progress(wish, proof=outcome[0], block=outcome[1])


def _outcome(calendars: tuple[str, ...], wish: Wish) -> tuple[bytes, int | None] | str:
    # Only here: the library behind it is an extra, which is there wherever calendars are configured.
    from ip_registry.time.bitcoin import submit, upgrade

    try:
        found = submit(wish.imprint, calendars) if wish.proof is None else upgrade(wish.proof, calendars)
    except AskingError as error:
        return str(error)
    return found.proof, found.block
