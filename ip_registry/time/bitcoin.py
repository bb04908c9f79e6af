"""OpenTimestamps: calendars gather hashes, and put one root over many into a block of Bitcoin.

The library comes with `guildhall[ots]` alone, so this module is imported when it is needed and not before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation, TimeAttestation
from opentimestamps.core.op import OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from ip_registry.time.errors import AskingError
from ip_registry.time.http import exchange

SECONDS = 5.0
OK = 200
NOT_YET = 404
ROOT_SIZE = 32
MOST_ASKED = 16  # a calendar that names itself a thousand times keeps the worker no longer than any other
LAST_BLOCK = 2**31


@dataclass(frozen=True, slots=True)
class Progress:
    """A proof, and the block that it leads to; None while it is pending."""

    proof: bytes
    block: int | None


def submit(imprint: bytes, calendars: Sequence[str]) -> Progress:
    """Give a SHA-256 to the calendars; one of them is enough."""
    made, refusals = Timestamp(imprint), []
    for calendar in calendars:
        try:
            given = _answer(f"{calendar}/digest", imprint, body=imprint)
            _must_be_kept_here(given, calendars)
            made.merge(given)
        except AskingError as error:
            refusals.append(f"{calendar}: {error}")
    if refusals and not made.ops and not made.attestations:
        raise AskingError("; ".join(refusals))
    return _progress(made)


def upgrade(proof: bytes, calendars: Sequence[str]) -> Progress:
    """Ask those calendars of the proof that are ours what came since; nobody else is asked, whatever a proof says."""
    known, refusals = _read(proof), []
    pending = [(at, one.uri.rstrip("/")) for at, one in _attestations(known) if isinstance(one, PendingAttestation)]
    for at, calendar in [(at, one) for at, one in pending if one in calendars][:MOST_ASKED]:
        try:
            given = _answer(f"{calendar}/timestamp/{at.msg.hex()}", at.msg)
        except AskingError as error:
            refusals.append(f"{calendar}: {error}")
        else:
            at.merge(given or at)
    found = _progress(known)
    if refusals and found.block is None:
        raise AskingError("; ".join(refusals))
    return found


def _answer(url: str, message: bytes, body: bytes | None = None) -> Timestamp | None:
    """What a calendar says of this message; None where it has nothing to say yet."""
    kind = "application/x-www-form-urlencoded" if body is not None else ""
    reply = exchange(url, body, content_type=kind, seconds=SECONDS)
    if reply.status == NOT_YET and body is None:
        return None
    if reply.status != OK:
        raise AskingError(f"the calendar answered with status {reply.status}")
    try:
        context = BytesDeserializationContext(reply.body)
        given = Timestamp.deserialize(context, message)
        context.assert_eof()
    except Exception as error:
        raise AskingError("the answer is no time stamp") from error
    return given


def _must_be_kept_here(given: Timestamp | None, calendars: Sequence[str]) -> None:
    """A calendar that passes hashes on to others is asked under their names: only then it can be asked again."""
    if given is None:
        raise AskingError("the calendar gave nothing")
    names = [one.uri for _at, one in _attestations(given) if isinstance(one, PendingAttestation)]
    if not any(name.rstrip("/") in calendars for name in names):
        raise AskingError(
            f"it speaks for a calendar that the setting does not name: {', '.join(names)[:200] or 'none'}"
        )


def _attestations(stamp: Timestamp) -> Iterator[tuple[Timestamp, TimeAttestation]]:
    yield from ((stamp, one) for one in sorted(stamp.attestations))
    for _operation, after in sorted(stamp.ops.items(), key=lambda item: item[0]):
        yield from _attestations(after)


def _progress(stamp: Timestamp) -> Progress:
    """The proof as a file, which has to be readable again, and the first block that it names."""
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    proof = bytes(context.getbytes())
    blocks = [
        one.height
        for at, one in _attestations(_read(proof))
        if isinstance(one, BitcoinBlockHeaderAttestation) and len(at.msg) == ROOT_SIZE and one.height < LAST_BLOCK
    ]
    return Progress(proof, min(blocks, default=None))


def _read(proof: bytes) -> Timestamp:
    try:
        return DetachedTimestampFile.deserialize(BytesDeserializationContext(proof)).timestamp
    except Exception as error:
        raise AskingError("the proof cannot be read") from error
