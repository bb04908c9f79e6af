"""What happened around needs, in the past tense: told inside the transaction of the deed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeedPublished:
    """A need takes answers from now on."""

    need_id: int


@dataclass(frozen=True, slots=True)
class NeedChanged:
    """An open need reads otherwise, or other people see it; `hides`: fewer than before."""

    need_id: int
    hides: bool


@dataclass(frozen=True, slots=True)
class NeedEnded:
    """A need was met or closed by its owner, closed by the staff, or lapsed."""

    need_id: int
    by_staff: bool = False


@dataclass(frozen=True, slots=True)
class PersonInvited:
    """Somebody may see a need from now on."""

    need_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """Somebody answered a need."""

    answer_id: int


@dataclass(frozen=True, slots=True)
class AnswerMoved:
    """An answer came into another state, or its author was shown the full text (`is_opening`)."""

    answer_id: int
    is_opening: bool = False


@dataclass(frozen=True, slots=True)
class MessageWritten:
    """One side of a conversation wrote to the other."""

    message_id: int
