"""What people may do by how well they are known here: one table, which the page about trust shows as it is."""

from dataclasses import dataclass

from kernel.viewer import Viewer

STEWARD = 4
APPROVED = "submission:approved"  # held for the one deed by which something approved is published


@dataclass(frozen=True, slots=True)
class Limits:
    """How much fits into one contribution, and how often one may write; None where nothing is counted.

    With more than `links` links, or as many attached pictures, a contribution waits for approval; with more than
    `most_links` it is not taken at all.
    """

    links: int | None
    most_links: int | None
    images: int | None
    mentions: int | None
    per_hour: int | None
    per_day: int | None
    waiting: int
    profile_links: bool


LEVELS = (
    Limits(
        links=2, most_links=8, images=3, mentions=3, per_hour=10, per_day=30, waiting=5, profile_links=False
    ),
    Limits(
        links=8, most_links=30, images=12, mentions=10, per_hour=40, per_day=200, waiting=20, profile_links=True
    ),
    Limits(
        links=None, most_links=None, images=None, mentions=30, per_hour=None, per_day=None, waiting=50,
        profile_links=True,
    ),
    Limits(
        links=None, most_links=None, images=None, mentions=30, per_hour=None, per_day=None, waiting=50,
        profile_links=True,
    ),
    Limits(
        links=None, most_links=None, images=None, mentions=None, per_hour=None, per_day=None, waiting=50,
        profile_links=True,
    ),
)  # fmt: skip


def limits_of(viewer: Viewer) -> Limits:
    """What holds for somebody at their level of trust."""
    return LEVELS[max(0, min(viewer.trust, STEWARD))]


def is_watch(viewer: Viewer) -> bool:
    """Who looks after others, here or in a community: nothing of theirs waits. Officers of alliances are not meant."""
    return viewer.is_staff or any(right.removeprefix("moderator:").isdecimal() for right in viewer.rights)
