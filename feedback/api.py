"""Suggestions and what changed, for programs."""

from feedback import actions, queries
from feedback.policy import FeedbackRight
from feedback.schemas import (
    ChangeList,
    ChangeShown,
    DecisionGiven,
    SuggestionList,
    SuggestionQuery,
    SuggestionShown,
    VotesShown,
)
from kernel.api import PageQuery, endpoint, room
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

ONE = "/feedback/<int:thread_id>"


@endpoint(room, "GET", "/feedback", may=FeedbackRight.READ, query=SuggestionQuery, answers={200: SuggestionList})
def list_suggestions(viewer: Viewer, *, query: SuggestionQuery) -> SuggestionList:
    """What was suggested about the site; most wanted first, or newest."""
    page = queries.suggestion_page(
        viewer,
        state=query.state.value if query.state else "",
        by_votes=query.order == "votes",
        cursor=query.cursor,
        limit=query.limit,
    )
    return SuggestionList(items=[SuggestionShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", ONE, may=FeedbackRight.READ, answers={200: SuggestionShown})
def get_suggestion(viewer: Viewer, *, thread_id: int) -> SuggestionShown:
    """One suggestion."""
    return _shown(viewer, thread_id)


@endpoint(room, "PUT", f"{ONE}/vote", may=FeedbackRight.VOTE, answers={200: VotesShown})
def put_suggestion_vote(viewer: Viewer, *, thread_id: int) -> VotesShown:
    """You want it too."""
    return VotesShown(votes=actions.vote(viewer, thread_id=thread_id, wanted=True))


@endpoint(room, "DELETE", f"{ONE}/vote", may=FeedbackRight.VOTE, answers={200: VotesShown})
def delete_suggestion_vote(viewer: Viewer, *, thread_id: int) -> VotesShown:
    """Not any more."""
    return VotesShown(votes=actions.vote(viewer, thread_id=thread_id, wanted=False))


@endpoint(room, "PUT", f"{ONE}/decision", may=FeedbackRight.DECIDE, body=DecisionGiven, answers={200: SuggestionShown})
def put_suggestion_decision(viewer: Viewer, *, thread_id: int, body: DecisionGiven) -> SuggestionShown:
    """Say what becomes of it."""
    actions.decide(viewer, thread_id=thread_id, state=body.state.value, note=body.note, link=body.link)
    return _shown(viewer, thread_id)


@endpoint(room, "GET", "/changes", may=FeedbackRight.READ, query=PageQuery, answers={200: ChangeList})
def list_changes(viewer: Viewer, *, query: PageQuery) -> ChangeList:
    """What changed, newest first."""
    page = queries.change_page(viewer, cursor=query.cursor, limit=query.limit)
    return ChangeList(items=[ChangeShown.of(row) for row in page.items], next=page.next)


def _shown(viewer: Viewer, thread_id: int) -> SuggestionShown:
    row = queries.suggestion_of(viewer, thread_id)
    if row is None:
        raise NotFoundError
    return SuggestionShown.of(row)
