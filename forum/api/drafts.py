import json

from flask import abort

from forum.actions import drafts as actions
from forum.policy import ForumRight
from forum.queries import drafts as queries
from forum.schemas.posts import DraftGiven, DraftItem, DraftKept, DraftList, DraftShown
from kernel.api import endpoint, room
from kernel.errors import NotFoundError
from kernel.viewer import Viewer
from kernel.web import problem, titles


@endpoint(room, "GET", "/drafts", may=ForumRight.DRAFT, answers={200: DraftList})
def drafts(viewer: Viewer) -> DraftList:
    """What you are writing, at all places."""
    return DraftList(items=[DraftItem.of(row) for row in queries.drafts(viewer)])


@endpoint(room, "GET", "/drafts/<path:place>", may=ForumRight.DRAFT, answers={200: DraftShown})
def draft(viewer: Viewer, *, place: str) -> DraftShown:
    """What you are writing at `new`, `new:<community>/<board>`, `thread:<id>` or `post:<id>`."""
    found = actions.find(viewer, place=place)
    if found is None:
        raise NotFoundError
    return DraftShown.of(found)


@endpoint(room, "PUT", "/drafts/<path:place>", may=ForumRight.DRAFT, body=DraftGiven, answers={200: DraftKept})
def put_draft(viewer: Viewer, *, place: str, body: DraftGiven) -> DraftKept:
    """Keep what you are writing; 409 with the server's text as `draft` when another device wrote in between."""
    try:
        kept = actions.save(
            viewer, place=place, title=body.title, body=body.body, fields=body.fields, version=body.version
        )
    except actions.StaleDraftError as stale:
        answer = problem(409, stale.code, titles()[409], stale.detail)
        newer = DraftShown.of(stale.draft).model_dump(mode="json")
        answer.set_data(json.dumps({**answer.get_json(), "draft": newer}))
        abort(answer)
    if kept is None:
        return DraftKept(version=0, updated_at=None)
    return DraftKept(version=kept.version, updated_at=kept.updated_at)


@endpoint(room, "DELETE", "/drafts/<path:place>", may=ForumRight.DRAFT, answers={204: None})
def delete_draft(viewer: Viewer, *, place: str) -> None:
    """Throw a draft away; done twice is done once."""
    actions.discard(viewer, place)
