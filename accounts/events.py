from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonConfirmed:
    """Somebody proved their address: for the first time, or a new one."""

    user_id: int


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """What is shown of somebody changed; with `is_renamed` also what they are called."""

    user_id: int
    is_renamed: bool = False


@dataclass(frozen=True, slots=True)
class GrantChanged:
    """Somebody was given a token, or lost it."""

    actor_id: int | None
    user_id: int
    token: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class PersonSuspended:
    """Somebody was shut out, or let in again."""

    actor_id: int | None
    user_id: int
    is_suspended: bool
