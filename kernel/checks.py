"""What `guildhall check` and `guildhall recount` run: each room registers how to compare its derived values."""

from collections.abc import Callable

Check = Callable[[bool], list[str]]

_checks: list[Check] = []


def check(function: Check) -> Check:
    """Register `function(mend)`: returns one sentence per fault, and sets the right value when `mend` is true."""
    _checks.append(function)
    return function


def run_checks(*, mend: bool) -> list[str]:
    """All faults of all rooms."""
    return [fault for function in _checks for fault in function(mend)]
