"""Dates and ages as people type them."""

import re
from datetime import UTC, datetime, timedelta

from kernel.clock import now

_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")
_AGE = re.compile(r"(\d{1,4})([hdwmy时天日周月年])")
_AGES = {
    "h": 1 / 24,
    "时": 1 / 24,
    "d": 1,
    "天": 1,
    "日": 1,
    "w": 7,
    "周": 7,
    "m": 30.44,
    "月": 30.44,
    "y": 365.25,
    "年": 365.25,
}


def moment_of(value: str) -> datetime | None:
    """The beginning of a year, month or day, or what is this old: `2024`, `2024-05`, `2024年5月1日`, `7d`, `3周`."""
    try:
        if date := _DATE.fullmatch(value):
            year, month, day = (int(part) if part else 1 for part in date.groups())
            return datetime(year, month, day, tzinfo=UTC)
        if age := _AGE.fullmatch(value):
            return now() - timedelta(days=int(age[1]) * _AGES[age[2]])
    except (ValueError, OverflowError):
        pass
    return None
