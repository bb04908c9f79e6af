"""Names of backups, and which of them are old enough to go."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<site>.+)-(?P<stamp>\d{8}T\d{6}Z)\.tar\.zst(\.age)?")

_PERIODS: tuple[Callable[[datetime], tuple[int, ...]], ...] = (
    lambda at: (at.year, at.month, at.day),
    lambda at: at.isocalendar()[:2],
    lambda at: (at.year, at.month),
)


def name_at(at: datetime, *, base_url: str, is_sealed: bool) -> str:
    """How the backup of this moment is called: sites that share a place do not touch each other's."""
    return f"{_site(base_url)}-{at.astimezone(UTC).strftime(STAMP)}.tar.zst{'.age' if is_sealed else ''}"


def ours(names: Iterable[str], *, base_url: str) -> list[str]:
    """The backups of this site, the newest first."""
    mine = [found for name in names if (found := _NAME.fullmatch(name)) and found["site"] == _site(base_url)]
    return [found.string for found in sorted(mine, key=lambda found: found["stamp"], reverse=True)]


def superseded(names: Iterable[str], *, keep: str, base_url: str) -> list[str]:
    """Those that no rule keeps: the newest of each of the last days, weeks and months that have one, and the newest."""
    newest_first = ours(names, base_url=base_url)
    kept = set(newest_first[:1])
    for count, period in zip(map(int, keep.split()), _PERIODS, strict=True):
        newest_of: dict[tuple[int, ...], str] = {}
        for name in newest_first:
            newest_of.setdefault(period(_at(name)), name)
        kept.update(list(newest_of.values())[:count])
    return [name for name in newest_first if name not in kept]


def _at(name: str) -> datetime:
    found = _NAME.fullmatch(name)
    assert found is not None  # noqa: S101 - only our own names come here
    return datetime.strptime(found["stamp"], STAMP).replace(tzinfo=UTC)


def _site(base_url: str) -> str:
    parts = urlsplit(base_url)
    return f"{parts.hostname}-{parts.port}" if parts.port else str(parts.hostname)
