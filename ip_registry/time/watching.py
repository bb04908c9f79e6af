"""The registry's calls to its witnesses."""

from collections.abc import Callable, Iterable
from hashlib import sha256

import structlog

from ip_registry.time.errors import AskingError
from ip_registry.time.http import exchange
from ledger.checkpoints import open_checkpoint
from ledger.errors import LedgerError
from ledger.keys import Verifier
from ledger.log import LogState
from ledger.policies import KnownWitness
from ledger.witnesses import Reply
from ledger.witnesses.calls import PATH

log = structlog.get_logger("guildhall.registry")

SECONDS = 5.0
OK = 200


def poster(url: str) -> Callable[[bytes], Reply]:
    """How `ledger.witnesses.ask_witness` reaches the witness at this address."""

    def post(body: bytes) -> Reply:
        reply = exchange(url + PATH, body, content_type="text/plain; charset=utf-8", seconds=SECONDS)
        return Reply(reply.status, reply.body, reply.content_type)

    return post


def witness_states(origin: str, log_keys: Iterable[Verifier], witnesses: Iterable[KnownWitness]) -> dict[str, LogState]:
    """How far each witness has seen this log, by its name: what the start is checked against.

    One that does not answer, or shows nothing that it and the log signed, is left out: it must not stop the site.
    """
    keys, states = tuple(log_keys), {}
    for one in witnesses:
        if not one.url:
            continue
        try:
            reply = exchange(f"{one.url.rstrip('/')}/{sha256(origin.encode()).hexdigest()}/checkpoint", seconds=SECONDS)
            if reply.status == OK:
                open_checkpoint(reply.body, [one.verifier], origin=origin)
                seen = open_checkpoint(reply.body, keys, origin=origin).checkpoint
                states[one.name] = LogState(seen.size, seen.root)
        except (AskingError, LedgerError) as error:
            log.warning("witness not heard", witness=one.name, reason=str(error))
    return states
