from kernel.api import Answer, PageQuery, endpoint, link, room
from kernel.db import session
from kernel.limits import POSTING
from kernel.viewer import Viewer
from resources.actions import answers as deeds
from resources.actions import needs as actions
from resources.models import Need, NeedState
from resources.need_addresses import need_url
from resources.need_loading import need_of
from resources.need_schemas import (
    AnswerGiven,
    AnswerList,
    AnswerShown,
    DecisionGiven,
    LimitQuery,
    MatchList,
    MatchShown,
    NeedGiven,
    NeedItem,
    NeedList,
    NeedMade,
    NeedQuery,
    NeedShown,
)
from resources.policy import NeedRight
from resources.quality import quality_of
from resources.queries.answers import answer_to, answers_to
from resources.queries.matching import listings_for
from resources.queries.matching_achievements import achievements_for
from resources.queries.matching_organisations import organisations_for
from resources.queries.needs import NeedWanted, need_page, need_view
from search_index.synonyms import synonyms


@endpoint(room, "GET", "/needs", may=NeedRight.READ, query=NeedQuery, answers={200: NeedList})
def list_needs(viewer: Viewer, *, query: NeedQuery) -> NeedList:
    """The needs that you may see, the newest first."""
    wanted = NeedWanted(query.kind.value if query.kind else "", query.sector, query.region, query.state.value)
    page = need_page(viewer, wanted, cursor=query.cursor, limit=query.limit)
    return NeedList(items=[NeedItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/needs",
    may=NeedRight.POST,
    body=NeedGiven,
    answers={201: NeedMade, 202: NeedMade},
    limit=POSTING,
    refusals=(409,),
)
def post_need(viewer: Viewer, *, body: NeedGiven) -> Answer:
    """Post a need; to be published it needs a teaser. 202: it is a draft, until a moderator has looked at it."""
    need = actions.draft_need(viewer, body.facts)
    if body.publish:
        need = actions.publish_need(viewer, need_id=need.id)
    columns = {column.key: getattr(need, column.key) for column in need.__table__.columns}
    made = NeedMade(
        id=need.id,
        url=link(need_url(need.id, need.slug)),
        title=need.title,
        state=need.state,
        quality=quality_of(columns).score,
    )
    waits = body.publish and need.state == NeedState.DRAFT
    return Answer(made, 202 if waits else 201, location=f"/api/v1/needs/{need.id}")


@endpoint(room, "GET", "/needs/<int:need_id>", may=NeedRight.READ, answers={200: NeedShown})
def get_need(viewer: Viewer, *, need_id: int) -> NeedShown:
    """A need, with its full text once that was opened to you and read."""
    return NeedShown.of_view(need_view(viewer, need_id))


@endpoint(room, "GET", "/needs/<int:need_id>/matches", may=NeedRight.READ, query=LimitQuery, answers={200: MatchList})
def get_need_matches(viewer: Viewer, *, need_id: int, query: LimitQuery) -> MatchList:
    """The listings, achievements and organisations that fit a need, the best first, each with its parts and reasons."""
    need, also = need_of(viewer, need_id), synonyms()
    return MatchList(
        items=[MatchShown.of(row) for row in listings_for(viewer, need, limit=query.limit, also=also)],
        achievements=[MatchShown.of(row) for row in achievements_for(viewer, need, limit=query.limit, also=also)],
        organisations=[MatchShown.of(row) for row in organisations_for(viewer, need, limit=query.limit, also=also)],
        next=None,
    )


@endpoint(room, "GET", "/needs/<int:need_id>/answers", may=NeedRight.ANSWER, query=PageQuery, answers={200: AnswerList})
def list_answers(viewer: Viewer, *, need_id: int, query: PageQuery) -> AnswerList:
    """The answers to your need, what waits first, or your own to somebody else's."""
    page = answers_to(viewer, need_of(viewer, need_id), cursor=query.cursor, limit=query.limit)
    return AnswerList(items=[AnswerShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/needs/<int:need_id>/answers",
    may=NeedRight.ANSWER,
    body=AnswerGiven,
    answers={201: AnswerShown},
    limit=POSTING,
    refusals=(409,),
)
def post_answer(viewer: Viewer, *, need_id: int, body: AnswerGiven) -> Answer:
    """Answer a need, once."""
    given = deeds.give_answer(
        viewer,
        need_id=need_id,
        message=body.message,
        listing_id=body.listing_id,
        price=body.price,
        time_needed=body.time_needed,
    )
    shown = answer_to(viewer, need_of(viewer, need_id), given.id)
    return Answer(AnswerShown.of(shown), 201, location=f"/api/v1/needs/{need_id}/answers")


@endpoint(
    room,
    "PUT",
    "/answers/<int:answer_id>/<any(accepted,declined,withdrawn):state>",
    may=NeedRight.ANSWER,
    body=DecisionGiven,
    answers={200: AnswerShown},
    refusals=(409,),
)
def put_answer_state(viewer: Viewer, *, answer_id: int, state: str, body: DecisionGiven) -> AnswerShown:
    """Accept or decline an answer to your need, or withdraw your own."""
    if state == "accepted":
        moved = deeds.accept(viewer, answer_id=answer_id, message=body.message)
    elif state == "declined":
        moved = deeds.decline(viewer, answer_id=answer_id, reason=body.reason, message=body.message)
    else:
        moved = deeds.withdraw(viewer, answer_id=answer_id, message=body.message)
    return AnswerShown.of(answer_to(viewer, session().get_one(Need, moved.need_id), moved.id))
