"""What happened in the watch, in the past tense: told inside the transaction of the deed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThingFlagged:
    """Somebody flagged something; with `is_hidden` it went out of sight by that."""

    review_id: int
    flag_id: int
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """The author of something is asked to change it; until then it is out of sight, and the review stays open."""

    review_id: int


@dataclass(frozen=True, slots=True)
class ReviewDecided:
    """A moderator decided about something in the queue."""

    review_id: int


@dataclass(frozen=True, slots=True)
class SanctionImposed:
    """Somebody was warned, silenced or suspended."""

    sanction_id: int


@dataclass(frozen=True, slots=True)
class SanctionLifted:
    """It was taken back before its time."""

    sanction_id: int


@dataclass(frozen=True, slots=True)
class AppealDecided:
    """Somebody looked again."""

    appeal_id: int
