"""Which checkpoint proves a record best, and what outsiders said of it: what a bundle and a certificate are made of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ip_registry.models import Cosignature, LedgerEntry, TimeToken, TokenState
from ip_registry.queries.log import CheckpointRow, checkpoint_at, log_named
from ip_registry.queries.proofs import entry_of, inclusion
from ip_registry.queries.records import RecordView
from ip_registry.queries.times import proven_interval
from ip_registry.queries.trust import policy
from kernel.db import session
from kernel.errors import ConflictError
from kernel.words import gettext as _
from ledger.keys import Verifier
from ledger.policies import NONE, Policy
from ledger.proofs import format_proof

LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Vouching:
    """An outsider's word about one checkpoint."""

    name: str
    at: datetime
    is_witness: bool
    is_demo: bool
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the log and outsiders say of a record's entry, under the one checkpoint that a bundle is built on.

    `since` is the newest token that the log held before the leaf was signed.
    """

    leaf: bytes
    under: CheckpointRow
    proof: str
    tokens: Sequence[TimeToken]
    since: TimeToken | None
    outsiders: Sequence[Vouching]
    not_after: datetime | None


def evidence_of(view: RecordView) -> Evidence:
    """The proof of a record's entry under the checkpoint that most outsiders vouch for."""
    entry = entry_of(bytes.fromhex(view.leaf_hash))
    if entry is None:
        raise ConflictError(_("This record still waits for its place in the log. Try again in a moment."))
    here, trust = log_named(view.label), policy(view.label)
    size = _best_size(view.log_id, entry.index, trust)
    under = checkpoint_at(here, here.size if size is None else size)
    tokens, cosignatures = _tokens(view.log_id, under.size), _cosignatures(view.log_id, [under.size])
    return Evidence(
        leaf=entry.leaf,
        under=under,
        proof=format_proof(entry.index, inclusion(under, entry.index), under.note),
        tokens=tokens,
        since=_since(view, entry.index),
        outsiders=_outsiders(tokens, cosignatures),
        not_after=_not_after(tokens, cosignatures, trust),
    )


def _best_size(log_id: int, index: int, trust: Policy) -> int | None:
    """Of the checkpoints that hold an entry and that outsiders know: a quorum counts first, then a token, then age."""
    good = (
        select(TimeToken.size, TimeToken.is_demo)
        .where(TimeToken.log_id == log_id, TimeToken.size > index, TimeToken.state == TokenState.GOOD)
        .order_by(TimeToken.is_demo.desc(), TimeToken.size)
        .limit(LOOKED_AT)
    )
    stamped = {row.size: row.is_demo for row in session().execute(good)}
    cosigned = session().scalars(
        select(Cosignature.size)
        .where(Cosignature.log_id == log_id, Cosignature.size > index)
        .distinct()
        .order_by(Cosignature.size)
        .limit(LOOKED_AT)
    )
    sizes = sorted({size for size in (*stamped, *cosigned) if size is not None})
    signers = _signers(log_id, sizes)

    def rank(size: int) -> tuple[bool, bool, bool, int]:
        is_quorum = trust.is_quorum(_known(trust, signers.get(size, ())))
        return not is_quorum, stamped.get(size, True), size not in stamped, size

    return min(sizes, key=rank, default=None)


def _signers(log_id: int, sizes: Collection[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = {}
    for line in _cosignatures(log_id, sizes):
        found.setdefault(line.size, set()).add(line.vkey)
    return found


def _cosignatures(log_id: int, sizes: Collection[int]) -> Sequence[Cosignature]:
    query = select(Cosignature).where(Cosignature.log_id == log_id, Cosignature.size.in_(sizes))
    return session().scalars(query.order_by(Cosignature.name, Cosignature.vkey)).all()


def _tokens(log_id: int, size: int) -> Sequence[TimeToken]:
    """The verified tokens over one checkpoint; those that others contradict only where there are no others."""
    rows = (
        session()
        .scalars(
            select(TimeToken)
            .where(TimeToken.log_id == log_id, TimeToken.size == size, TimeToken.token.is_not(None))
            .where(TimeToken.state.in_((TokenState.GOOD, TokenState.CONTESTED)))
            .order_by(TimeToken.url)
        )
        .all()
    )
    return [one for one in rows if one.state == TokenState.GOOD] or rows


def _not_after(tokens: Sequence[TimeToken], cosignatures: Sequence[Cosignature], trust: Policy) -> datetime | None:
    """The earliest time that is not of this house: of a token, or of the last witness of the first quorum.

    Only where there is none does a demo authority count.
    """
    real = [one.stated_at for one in tokens if one.stated_at is not None and not one.is_demo]
    if trust.quorum != NONE:
        seen: list[str] = []
        for one in sorted(cosignatures, key=lambda line: line.stated_at):
            seen.append(one.vkey)
            if trust.is_quorum(_known(trust, seen)):
                real.append(one.stated_at)
                break
    return min(real or [one.stated_at for one in tokens if one.stated_at is not None], default=None)


def _known(trust: Policy, vkeys: Iterable[str]) -> list[Verifier]:
    """Those of these keys that the policy knows as witnesses."""
    wanted = set(vkeys)
    return [witness.verifier for witness in trust.witnesses if str(witness.verifier) in wanted]


def _outsiders(tokens: Sequence[TimeToken], cosignatures: Sequence[Cosignature]) -> list[Vouching]:
    """Everybody who vouches for a checkpoint, the earliest first."""
    stamped = [
        Vouching(
            name=one.authority,
            at=one.stated_at,
            is_witness=False,
            is_demo=one.is_demo,
            is_contested=one.state == TokenState.CONTESTED,
        )
        for one in tokens
        if one.stated_at is not None
    ]
    seen = [
        Vouching(name=one.name, at=one.stated_at, is_witness=True, is_demo=False, is_contested=False)
        for one in cosignatures
    ]
    return sorted(stamped + seen, key=lambda one: (one.at, one.name))


def _since(view: RecordView, index: int) -> TimeToken | None:
    """The newest token that the log held before the leaf was signed."""
    interval = proven_interval(view.log_id, index=index, after_size=view.after_size)
    if interval is None or interval.since is None:
        return None
    return session().scalar(
        select(TimeToken)
        .join(LedgerEntry, LedgerEntry.leaf_hash == TimeToken.anchor_hash)
        .where(
            TimeToken.log_id == view.log_id,
            TimeToken.size == interval.since.size,
            TimeToken.authority == interval.since.name,
            TimeToken.stated_at == interval.since.stated_at,
            LedgerEntry.index < view.after_size,
        )
        .order_by(TimeToken.id)
        .limit(1)
    )
