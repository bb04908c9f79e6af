"""The log against itself: every hash, tile, root and signature recomputed, as `guildhall registry audit` does."""

from collections.abc import Sequence

from sqlalchemy import select

from ip_registry.keys import KeyMissingError, log_of
from ip_registry.models import LedgerLog
from ip_registry.storage import SqlArchive
from kernel.checks import check
from kernel.db import session
from ledger.audit import Progress, Report, audit


@check
def logs_hash_to_what_was_signed(*, mend: bool) -> list[str]:  # noqa: ARG001 - what was signed cannot be mended
    """No entry, tile or checkpoint was changed by a hand or a fault of the disk."""
    logs = session().scalars(select(LedgerLog).order_by(LedgerLog.id))
    return [f"log {here.label}: {fault}" for here in logs for fault in _faults_of(here)]


def _faults_of(here: LedgerLog) -> Sequence[str]:
    try:
        return audit_of(here).faults
    except KeyMissingError as missing:
        return [str(missing)]


def audit_of(here: LedgerLog, *, progress: Progress | None = None) -> Report:
    """The audit of one log, under the keys that this site derives for it."""
    keys = [signer.verifier for signer in log_of(here.origin).signers]
    return audit(SqlArchive(session(), here.id), keys, origin=here.origin, progress=progress)
