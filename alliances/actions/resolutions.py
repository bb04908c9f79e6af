"""The register of resolutions is kept: when one is looked at again, what came of that, and what took its place."""

from datetime import date

from sqlalchemy import select

from alliances.here import Here, here_at
from alliances.log import note
from alliances.models import Proposal, Resolution
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.i18n import zone
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_NOTE = 4000


def resolution_at(here: Here, number: str, *, hold: bool = False) -> Resolution:
    """A resolution of this alliance that the viewer sees."""
    query = select(Resolution).where(
        Resolution.alliance_id == here.alliance.id,
        Resolution.number == number,
        Resolution.audience.in_(sorted(here.viewer.audience)),
    )
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    resolution = session().scalar(query)
    if resolution is None:
        raise NotFoundError
    return resolution


def set_review(viewer: Viewer, *, slug: str, number: str, review_on: date | None) -> Resolution:
    """Say on which day it is looked at again, or that it is not."""
    here, resolution = _to_keep(viewer, slug, number)
    if review_on is not None and review_on <= now().astimezone(zone(viewer.timezone)).date():
        raise InvalidError(_("Please look at the marked fields."), errors={"review_on": _("Choose a day to come.")})
    if resolution.review_on == review_on:
        return resolution
    resolution.review_on, resolution.reminded_at, resolution.reviewed_at = review_on, None, None
    day = review_on.isoformat() if review_on else None
    _noted(here, resolution, "resolution-review-set", viewer, review=day)
    return resolution


def note_review(
    viewer: Viewer, *, slug: str, number: str, text: str, again_on: date | None = None, superseded_by: str = ""
) -> Resolution:
    """Write down what came of looking at it again: it goes on, until another day perhaps, or another took its place."""
    here, resolution = _to_keep(viewer, slug, number)
    words, errors = text.strip(), {}
    if not words or len(words) > LONGEST_NOTE:
        errors["text"] = _("Write what came of it, in at most %(number)s characters.", number=LONGEST_NOTE)
    if again_on is not None and again_on <= now().astimezone(zone(viewer.timezone)).date():
        errors["again_on"] = _("Choose a day to come.")
    successor = None
    if superseded_by.strip():
        successor = _successor(here, resolution, superseded_by.strip())
        if successor is None:
            errors["superseded_by"] = _("Name another resolution of the register, such as 2026-3.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    resolution.reviewed_at, resolution.review_note = now(), words
    resolution.review_on, resolution.reminded_at = again_on, None
    resolution.superseded_by_id = successor.id if successor else None
    _noted(here, resolution, "resolution-reviewed", viewer, superseded_by=successor.number if successor else None)
    return resolution


def _successor(here: Here, resolution: Resolution, number: str) -> Resolution | None:
    """Another one that everybody who reads the first may read, and that is no older."""
    found = session().scalar(
        select(Resolution).where(
            Resolution.alliance_id == here.alliance.id,
            Resolution.number == number,
            Resolution.audience.in_((here.alliance.everybody, resolution.audience)),
            Resolution.decided_at >= resolution.decided_at,
            Resolution.id != resolution.id,
        )
    )
    return found if found is not None and found.superseded_by_id is None else None


def _to_keep(viewer: Viewer, slug: str, number: str) -> tuple[Here, Resolution]:
    """By the author of what was decided, or by whoever runs votes."""
    here = here_at(viewer, slug, hold=True)
    resolution = resolution_at(here, number, hold=True)
    authorise(viewer, AllianceRight.OPEN_VOTE, (here, session().get_one(Proposal, resolution.proposal_id)))
    return here, resolution


def _noted(here: Here, resolution: Resolution, act: str, viewer: Viewer, **facts: str | None) -> None:
    note(here.alliance, act, actor=viewer, audience=resolution.audience, resolution=resolution.number, **facts)
    session().flush()
