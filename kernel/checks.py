"""What `guildhall check` and `guildhall recount` run: each room registers how to compare its derived values."""

from typing import Protocol


class Check(Protocol):
    """A comparison of what is kept with what it is derived from."""

    def __call__(self, *, mend: bool) -> list[str]:
        """One sentence per fault; with `mend`, the right value is set."""


_checks: list[Check] = []


def check(function: Check) -> Check:
    """Register one."""
    _checks.append(function)
    return function


def run_checks(*, mend: bool) -> list[str]:
    """All faults of all rooms."""
    return [fault for function in _checks for fault in function(mend=mend)]
