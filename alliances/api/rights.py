"""Rights among members: what each brings along, and what it keeps out of adopted documents."""

from alliances.actions import ip
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.ip import adopted_page, background_page
from alliances.schemas.rights import (
    AdoptedList,
    AdoptedShown,
    BackgroundGiven,
    BackgroundList,
    BackgroundShown,
    EntryMade,
    ExclusionGiven,
)
from kernel.api import Answer, PageQuery, endpoint, room
from kernel.limits import POSTING
from kernel.policy import authorise
from kernel.viewer import Viewer

BACKGROUNDS = "/alliances/<slug>/ip/backgrounds"
EXCLUSIONS = "/alliances/<slug>/ip/exclusions"


@endpoint(room, "GET", BACKGROUNDS, may=AllianceRight.READ_INSIDE, query=PageQuery, answers={200: BackgroundList})
def list_alliance_backgrounds(viewer: Viewer, *, slug: str, query: PageQuery) -> BackgroundList:
    """What the members bring along and keep."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    page = background_page(here, cursor=query.cursor, limit=query.limit)
    return BackgroundList(items=[BackgroundShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    BACKGROUNDS,
    may=AllianceRight.DECLARE,
    body=BackgroundGiven,
    answers={201: EntryMade},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_background(viewer: Viewer, *, slug: str, body: BackgroundGiven) -> Answer:
    """List something that your member brings along."""
    made = ip.add_background(
        viewer,
        slug=slug,
        member_id=body.member,
        title=body.title,
        description=body.description,
        record_number=body.record_number,
        terms=body.terms,
    )
    return Answer(EntryMade(id=made.id), 201, api_url(slug, "ip", "backgrounds"))


@endpoint(
    room,
    "PUT",
    f"{BACKGROUNDS}/<int:background_id>/withdrawn",
    may=AllianceRight.DECLARE,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_background_withdrawn(viewer: Viewer, *, slug: str, background_id: int) -> None:
    """Take it off the list; that it stood there stays."""
    ip.withdraw_background(viewer, slug=slug, background_id=background_id)


@endpoint(room, "GET", EXCLUSIONS, may=AllianceRight.READ_INSIDE, query=PageQuery, answers={200: AdoptedList})
def list_alliance_exclusions(viewer: Viewer, *, slug: str, query: PageQuery) -> AdoptedList:
    """The adopted documents that you may read, their clocks, and the exclusion notices to them."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    page = adopted_page(here, cursor=query.cursor, limit=query.limit)
    return AdoptedList(items=[AdoptedShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    EXCLUSIONS,
    may=AllianceRight.DECLARE,
    body=ExclusionGiven,
    answers={201: EntryMade},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_exclusion(viewer: Viewer, *, slug: str, body: ExclusionGiven) -> Answer:
    """Keep rights out of the licence to an adopted version, before its clock has run out."""
    made = ip.file_exclusion(
        viewer, slug=slug, member_id=body.member, version_id=body.version, rights=body.rights, reason=body.reason
    )
    return Answer(EntryMade(id=made.id), 201, api_url(slug, "ip", "exclusions"))


@endpoint(
    room,
    "PUT",
    f"{EXCLUSIONS}/<int:notice_id>/withdrawn",
    may=AllianceRight.DECLARE,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_exclusion_withdrawn(viewer: Viewer, *, slug: str, notice_id: int) -> None:
    """License the rights after all."""
    ip.withdraw_exclusion(viewer, slug=slug, notice_id=notice_id)
