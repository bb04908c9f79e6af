"""What a check of evidence comes to: line by line what holds, what does not, and what nothing here proves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

FORM = "%Y-%m-%d %H:%M:%S UTC"


class State(StrEnum):
    """What came of one check. UNPROVEN is no fault: it says what the evidence does not reach."""

    PROVEN = "proven"
    FAILED = "failed"
    UNPROVEN = "unproven"


class Check(StrEnum):
    """What was looked at."""

    LEAF = "leaf"
    PLACE = "place"
    WITNESSES = "witnesses"
    OPENING = "opening"
    AUTHORS = "authors"
    MANIFEST = "manifest"
    TIME = "time"
    CONSISTENCY = "consistency"
    AFTER = "after"
    KEY = "key"
    COPY = "copy"
    TRUST = "trust"
    LIMITS = "limits"


@dataclass(frozen=True)
class Line:
    """One sentence. `sentence` with `values` put in is English; whoever has a reader translates it first."""

    check: Check
    state: State
    sentence: str
    values: Mapping[str, str]

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.sentence % self.values if self.values else self.sentence


@dataclass(frozen=True)
class Copy:
    """A file that was given, and the path of the sealed file that it is, or, without a match, of the one it is not."""

    name: str
    path: str | None
    matches: bool


@dataclass(frozen=True)
class Interval:
    """When the leaf came to be, by outsiders' words alone; None is not known."""

    not_before: datetime | None
    not_after: datetime | None
    is_demo: bool


@dataclass(frozen=True)
class Verdict:
    """Everything that was found. `proven` says that nothing failed: the leaf stands in a log that the policy trusts."""

    lines: tuple[Line, ...]
    interval: Interval
    copies: tuple[Copy, ...]
    leaf_hash: str | None
    index: int | None
    origin: str | None
    title: str | None

    @property
    def proven(self) -> bool:
        """Whether everything that could be checked holds."""
        return all(line.state is not State.FAILED for line in self.lines)

    @property
    def failures(self) -> list[Line]:
        """The lines that say why not."""
        return [line for line in self.lines if line.state is State.FAILED]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "proven": self.proven,
            "leaf_hash": self.leaf_hash,
            "log": self.origin,
            "index": self.index,
            "title": self.title,
            "not_before": _stamp(self.interval.not_before),
            "not_after": _stamp(self.interval.not_after),
            "is_demo": self.interval.is_demo,
            "copies": [{"name": one.name, "path": one.path, "matches": one.matches} for one in self.copies],
            "lines": [{"check": line.check, "state": line.state, "text": line.text} for line in self.lines],
        }


@dataclass
class Findings:
    """A verdict while it is being found."""

    lines: list[Line] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    seen: list[tuple[datetime, bool]] = field(default_factory=list)  # a time, and whether only a demonstration says it
    not_before: datetime | None = None

    def proven(self, check: Check, message: str, **values: str | int) -> None:
        """Something holds."""
        self._add(check, State.PROVEN, message, values)

    def failed(self, check: Check, message: str, **values: str | int) -> None:
        """Something does not hold: the evidence proves nothing."""
        self._add(check, State.FAILED, message, values)

    def unproven(self, check: Check, message: str, **values: str | int) -> None:
        """The evidence does not reach so far."""
        self._add(check, State.UNPROVEN, message, values)

    @property
    def interval(self) -> Interval:
        """By real outsiders if there are any, else by demonstrations, which is said."""
        real = [time for time, is_demo in self.seen if not is_demo]
        times = real or [time for time, _ in self.seen]
        return Interval(self.not_before, min(times, default=None), is_demo=bool(times) and not real)

    def _add(self, check: Check, state: State, message: str, values: Mapping[str, str | int]) -> None:
        self.lines.append(Line(check, state, message, {name: str(value) for name, value in values.items()}))


def shown(time: datetime) -> str:
    """A time as it stands in a sentence."""
    return time.strftime(FORM)


def _stamp(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
