"""The side of the log: ask a witness until it has seen the newest checkpoint."""

from collections.abc import Callable, Iterable, Sequence

from ledger.checkpoints import read_checkpoint
from ledger.encoding import as_text, decimal
from ledger.errors import LedgerError, WitnessError
from ledger.keys import Verifier
from ledger.notes import Note, Verified, check_note, parse_note, parse_signatures
from ledger.witnesses.calls import SIZE_TYPE, Reply, add_checkpoint_body

_OK, _CONFLICT = 200, 409
_MOST_TRIES = 3


class WitnessAheadError(WitnessError):
    """The witness knows a larger checkpoint than the one it was asked about.

    Either a newer one was sent meanwhile, or this log is older than what it signed before.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness has seen {size} entries")
        self.size = size


def ask_witness(
    post: Callable[[bytes], Reply],
    *,
    note: str,
    old: int,
    prove: Callable[[int], Sequence[bytes]],
    verifiers: Iterable[Verifier],
) -> tuple[Verified, ...]:
    """The cosignatures of these keys on a checkpoint, verified. `post` sends a body to the witness's `add-checkpoint`.

    `old` is the size that the witness is thought to know, 0 if nothing is; `prove(size)` is the consistency proof from
    there to the checkpoint, and is only asked for sizes in between.
    """
    size = read_checkpoint(note).size
    for _ in range(_MOST_TRIES):
        if old > size:
            raise WitnessAheadError(old)
        proof = prove(old) if 0 < old < size else ()
        reply = post(add_checkpoint_body(old=old, proof=proof, note=note))
        if reply.status == _OK:
            return _cosignatures(note, reply.body, verifiers)
        known = _size_in(reply)
        if known is None or known == old:
            raise WitnessError(f"the witness answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}")
        old = known
    raise WitnessError("the witness changes its mind about what it has seen")


def _size_in(reply: Reply) -> int | None:
    if reply.status != _CONFLICT or reply.content_type.partition(";")[0].strip() != SIZE_TYPE:
        return None
    try:
        return decimal(as_text(reply.body).removesuffix("\n"))
    except LedgerError as wrong:
        raise WitnessError("the witness says no size") from wrong


def _cosignatures(note: str, lines: bytes, verifiers: Iterable[Verifier]) -> tuple[Verified, ...]:
    keys = [key for key in verifiers if key.kind.is_timestamped]
    try:
        signed = Note(parse_note(note).text, tuple(parse_signatures(as_text(lines))))
        return check_note(signed, keys).verified
    except LedgerError as wrong:
        raise WitnessError(f"the witness answered with no good cosignature: {wrong}") from wrong
