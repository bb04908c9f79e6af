from dataclasses import dataclass

from kernel.refs import Ref
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PersonConfirmed:
    """Somebody proved their address: for the first time, or a new one."""

    user_id: int


@dataclass(frozen=True, slots=True)
class TextOffered:
    """Somebody is about to say something of themselves or of an organisation; who listens may refuse it by field."""

    viewer: Viewer
    ref: Ref
    field: str
    text: str
    text_before: str
    website: str
    website_before: str
    title: str = ""
    is_profile: bool = False


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


@dataclass(frozen=True, slots=True)
class StaffHelped:
    """The staff did something with how somebody's account is opened: `impersonate` or `reset-factors`, and why."""

    actor_id: int
    user_id: int
    act: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrganisationChanged:
    """What is shown of an organisation changed; with `is_closed` it is out of sight."""

    organisation_id: int
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class SeatMoved:
    """What became of a seat, and who did it.

    The deed: asked, invited, accepted, joined, added, appointed, role; or the outcome with which it ended.
    """

    actor_id: int
    seat_id: int
    organisation_id: int
    user_id: int
    deed: str


@dataclass(frozen=True, slots=True)
class PersonVouched:
    """Somebody asserted something of a person, in the name of an organisation or as staff."""

    actor_id: int
    user_id: int
    vouch_id: int
    organisation_id: int | None


@dataclass(frozen=True, slots=True)
class StaffActed:
    """The staff did something with somebody's organisation or profile, by its name in the log, and why."""

    actor_id: int
    act: str
    organisation_id: int | None
    user_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ArchiveFinished:
    """What somebody asked to take along is packed, or what they brought is taken in; or it was not possible."""

    user_id: int
    archive_id: int
    has_failed: bool
