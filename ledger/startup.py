"""Before the first signature of a process: the stored log has to be the newest there ever was.

A restored backup or a database that failed over to a stale copy would sign a second history. It is stopped here.
"""

from collections.abc import Mapping

from ledger.errors import LedgerError, RefusesToSignError
from ledger.log import LogState
from ledger.tiles import TileSource
from ledger.tree import root_at

_ADVICE = (
    "Nothing was signed. Bring back the newest database or fill it from the published tiles or a mirror; "
    "if neither exists, freeze this log and open a new one under a new origin."
)


def check_before_signing(
    source: TileSource, state: LogState, *, high_water: LogState | None, witnesses: Mapping[str, LogState] | None = None
) -> None:
    """Refuse a log that is older than, or differs from, what was signed before or what a witness has seen.

    `high_water` is None where the file is missing: whoever opens a log writes it, so it was lost. `witnesses` are the
    last checkpoints that witnesses cosigned, by their names. The tiles must lead to the stored root.
    """
    _must_have_root(source, state.size, state.root, "the stored root")
    if high_water is None:
        raise RefusesToSignError(
            f"The log has {state.size} entries and the high-water file is missing. {_ADVICE} If you know that the "
            "database is the newest, write the file anew."
        )
    seen = {"the high-water file": high_water, **{f"witness {name}": one for name, one in (witnesses or {}).items()}}
    for who, one in seen.items():
        if one is None:
            continue
        if one.size > state.size:
            raise RefusesToSignError(f"{who} knows {one.size} entries, the database has only {state.size}. {_ADVICE}")
        _must_have_root(source, one.size, one.root, who)


def _must_have_root(source: TileSource, size: int, root: bytes, who: str) -> None:
    try:
        is_same = root_at(source, size) == root
    except LedgerError as wrong:
        raise RefusesToSignError(f"Tiles of the log are missing: {wrong}. {_ADVICE}") from wrong
    if not is_same:
        raise RefusesToSignError(f"The tiles of size {size} have another root than {who}. {_ADVICE}")
