"""Alliances and their logs."""

import json

from accounts.viewers import viewer_for
from alliances.actions import founding, states
from alliances.charters import charter_of
from alliances.facts import details_of
from alliances.here import here_at
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.queries.directory import alliance_page, rows_of
from alliances.queries.log import log_page
from alliances.queries.narrowing import Wanted
from alliances.queries.overview import faces, forming
from alliances.schemas.alliances import (
    AllianceItem,
    AllianceList,
    AllianceQuery,
    AllianceShown,
    DetailsGiven,
    FoundingGiven,
    LineList,
    LineShown,
    LogQuery,
    OpeningShown,
)
from alliances.schemas.governing import StateShown
from alliances.schemas.shapes import MaybeReasonGiven
from kernel.api import Answer, endpoint, room
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.policy import authorise
from kernel.viewer import Viewer


@endpoint(room, "GET", "/alliances", may=AllianceRight.READ, query=AllianceQuery, answers={200: AllianceList})
def list_alliances(viewer: Viewer, *, query: AllianceQuery) -> AllianceList:
    """The alliances that you may see and that have not ended, what moved last first."""
    wanted = Wanted(
        sector=query.sector,
        region=query.region,
        state=query.state.value if query.state else "",
        seats="open" if query.open_seats else "",
    )
    page = alliance_page(viewer, wanted, cursor=query.cursor, limit=query.limit)
    return AllianceList(items=[AllianceItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room, "POST", "/alliances", may=AllianceRight.FOUND, body=FoundingGiven, answers={201: AllianceShown},
    limit=POSTING, refusals=(409,),
)  # fmt: skip
def post_alliance(viewer: Viewer, *, body: FoundingGiven) -> Answer:
    """Begin a draft from a template, seen by you alone until you open it for signatures."""
    made = founding.found(viewer, body.facts, party=Party.parse(body.party))
    founder = viewer_for(viewer.me)  # who sees the draft, since it is there
    return Answer(_shown(founder, made.slug), 201, location=f"/api/v1/alliances/{made.slug}")


@endpoint(room, "GET", "/alliances/<slug>", may=AllianceRight.READ, answers={200: AllianceShown})
def get_alliance(viewer: Viewer, *, slug: str) -> AllianceShown:
    """An alliance: what for, its state, its officers, and the signatures while it gathers them."""
    return _shown(viewer, slug)


@endpoint(
    room,
    "PATCH",
    "/alliances/<slug>",
    may=AllianceRight.EDIT,
    body=DetailsGiven,
    answers={200: AllianceShown},
    limit=POSTING,
)
def patch_alliance(viewer: Viewer, *, slug: str, body: DetailsGiven) -> AllianceShown:
    """Say some of it anew; what stands in the charter changes with that."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.EDIT, here)
    founding.edit_alliance(viewer, body.over(details_of(here.alliance, viewer.locale)), slug=slug)
    return _shown(viewer, slug)


@endpoint(
    room, "POST", "/alliances/<slug>/opening", may=AllianceRight.OPEN, answers={200: OpeningShown}, refusals=(409,)
)
def post_opening(viewer: Viewer, *, slug: str) -> OpeningShown:
    """Fix the charter of a draft and open it for signatures; you sign first."""
    opened = founding.open_for_signatures(viewer, slug=slug)
    charter = charter_of(opened)
    if charter is None or opened.forming_until is None:
        raise NotFoundError
    return OpeningShown(state=opened.state, charter_hash=charter.hash, until=opened.forming_until)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/giving-up",
    may=AllianceRight.EDIT,
    body=MaybeReasonGiven,
    answers={200: StateShown},
    refusals=(409,),
)
def post_alliance_giving_up(viewer: Viewer, *, slug: str, body: MaybeReasonGiven) -> StateShown:
    """End a draft, or with a reason what still gathers signatures."""
    return StateShown.of(states.give_up(viewer, slug=slug, reason=body.reason))


@endpoint(room, "GET", "/alliances/<slug>/log", may=AllianceRight.READ_INSIDE, query=LogQuery, answers={200: LineList})
def list_log(viewer: Viewer, *, slug: str, query: LogQuery) -> LineList:
    """The log, the newest line first; of a line that is not for you, only what chains it."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    page = log_page(here, cursor=query.cursor, limit=query.limit)
    items = [
        LineShown(
            number=line.number,
            digest=line.digest,
            hash=line.hash,
            content=None if line.is_withheld else line.content,
            act=None if line.is_withheld else json.loads(line.content)["act"],
        )
        for line in page.items
    ]
    return LineList(items=items, next=page.next)


def _shown(viewer: Viewer, slug: str) -> AllianceShown:
    here = here_at(viewer, slug)
    alliance = here.alliance
    row = rows_of(viewer, [alliance])[0]
    shown = faces(alliance, with_members=False)
    return AllianceShown.of_alliance(row, alliance, shown.officers, forming(alliance))
