"""The register of resolutions."""

from alliances.actions.resolutions import note_review, set_review
from alliances.here import here_at, must_be_inside
from alliances.policy import AllianceRight
from alliances.queries.resolutions import resolution_page, resolution_view
from alliances.schemas.resolutions import ResolutionList, ResolutionQuery, ResolutionShown, ReviewDayGiven, ReviewGiven
from kernel.api import endpoint, room
from kernel.viewer import Viewer

ONE = "/alliances/<slug>/resolutions/<resolution>"


@endpoint(
    room,
    "GET",
    "/alliances/<slug>/resolutions",
    may=AllianceRight.READ_INSIDE,
    query=ResolutionQuery,
    answers={200: ResolutionList},
)
def list_resolutions(viewer: Viewer, *, slug: str, query: ResolutionQuery) -> ResolutionList:
    """The register of resolutions."""
    here = must_be_inside(here_at(viewer, slug))
    page = resolution_page(here, only_due=query.due, cursor=query.cursor, limit=query.limit)
    return ResolutionList(items=[ResolutionShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", ONE, may=AllianceRight.READ_INSIDE, answers={200: ResolutionShown})
def get_resolution(viewer: Viewer, *, slug: str, resolution: str) -> ResolutionShown:
    """One resolution."""
    return _shown(viewer, slug, resolution)


@endpoint(room, "PUT", f"{ONE}/review", may=AllianceRight.OPEN_VOTE, body=ReviewGiven, answers={200: ResolutionShown})
def put_resolution_review(viewer: Viewer, *, slug: str, resolution: str, body: ReviewGiven) -> ResolutionShown:
    """What came of looking at it again: it goes on, or another took its place."""
    note_review(
        viewer,
        slug=slug,
        number=resolution,
        text=body.text,
        again_on=body.again_on,
        superseded_by=body.superseded_by,
    )
    return _shown(viewer, slug, resolution)


@endpoint(
    room, "PUT", f"{ONE}/review-day", may=AllianceRight.OPEN_VOTE, body=ReviewDayGiven, answers={200: ResolutionShown}
)
def put_resolution_review_day(viewer: Viewer, *, slug: str, resolution: str, body: ReviewDayGiven) -> ResolutionShown:
    """On which day it is looked at again, or that it is not."""
    set_review(viewer, slug=slug, number=resolution, review_on=body.review_on)
    return _shown(viewer, slug, resolution)


def _shown(viewer: Viewer, slug: str, number: str) -> ResolutionShown:
    return ResolutionShown.of(resolution_view(must_be_inside(here_at(viewer, slug)), number))
