from forum.actions.drafts import discard
from forum.actions.posts import edit_post, reply
from forum.actions.reactions import set_reaction
from forum.actions.removal import delete_post
from forum.addresses import number_url, thread_url
from forum.loading import post_of
from forum.models import Post, Thread
from forum.policy import ForumRight
from forum.queries.history import revisions_of
from forum.queries.posts import post_text, posts_page
from forum.schemas.posts import (
    PostChange,
    PostGiven,
    PostList,
    PostMade,
    PostQuery,
    PostShown,
    ReasonQuery,
    RevisionList,
    RevisionShown,
)
from kernel.api import Answer, endpoint, link, room
from kernel.db import session
from kernel.limits import POSTING
from kernel.viewer import Viewer
from moderation.models import Submission
from moderation.schemas.submissions import SubmissionShown, waits

REACTIONS = "/posts/<int:post_id>/reactions/<any(like,thanks,insight,agree,funny):name>"


@endpoint(
    room,
    "GET",
    "/threads/<int:thread_id>/posts",
    may=ForumRight.READ,
    query=PostQuery,
    answers={200: PostList},
)
def posts(viewer: Viewer, *, thread_id: int, query: PostQuery) -> PostList:
    """Posts of a thread by number; `from` begins anywhere in it."""
    page = posts_page(viewer, thread_id, start=query.start, cursor=query.cursor, limit=query.limit)
    return PostList(items=[PostShown.of(found, signed_in=viewer.signed_in) for found in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/threads/<int:thread_id>/posts",
    may=ForumRight.REPLY,
    body=PostGiven,
    answers={201: PostMade, 202: SubmissionShown},
    limit=POSTING,
)
def post_reply(viewer: Viewer, *, thread_id: int, body: PostGiven) -> Answer:
    """Reply to a thread, perhaps to one of its posts."""
    post = reply(viewer, thread_id=thread_id, body=body.body, reply_to=body.reply_to)
    discard(viewer, f"thread:{thread_id}")
    if isinstance(post, Submission):
        return waits(viewer, post)
    made = _made(post, session().get_one(Thread, thread_id))
    return Answer(made, 201, location=f"/api/v1/posts/{post.id}")


@endpoint(room, "GET", "/posts/<int:post_id>", may=ForumRight.READ, answers={200: PostShown})
def post(viewer: Viewer, *, post_id: int) -> PostShown:
    """A post, in whichever thread it stands now."""
    return PostShown.of(post_text(viewer, post_id), signed_in=viewer.signed_in)


@endpoint(
    room,
    "PATCH",
    "/posts/<int:post_id>",
    may=ForumRight.EDIT_POST,
    body=PostChange,
    answers={200: PostMade, 202: SubmissionShown},
    limit=POSTING,
)
def patch_post(viewer: Viewer, *, post_id: int, body: PostChange) -> PostMade | Answer:
    """Change a post; the former text is kept. With `base`, 409 when somebody else changed it since."""
    found, thread, _board = post_of(viewer, post_id, hold=True)
    changed = edit_post(
        viewer,
        post_id=post_id,
        body=found.body if body.body is None else body.body,
        reason=body.reason,
        title=body.title,
        tags=body.tags,
        base=body.base,
    )
    discard(viewer, f"post:{post_id}")
    return waits(viewer, changed) if isinstance(changed, Submission) else _made(changed, thread)


@endpoint(
    room,
    "DELETE",
    "/posts/<int:post_id>",
    may=ForumRight.DELETE_POST,
    query=ReasonQuery,
    answers={204: None},
)
def remove_post(viewer: Viewer, *, post_id: int, query: ReasonQuery) -> None:
    """Take a post out of sight; its number stays. With its opening post, a thread goes."""
    delete_post(viewer, post_id=post_id, reason=query.reason)


@endpoint(room, "GET", "/posts/<int:post_id>/revisions", may=ForumRight.READ, answers={200: RevisionList})
def revisions(viewer: Viewer, *, post_id: int) -> RevisionList:
    """Who changed a post, when and why."""
    return RevisionList(items=[RevisionShown.of(row) for row in revisions_of(viewer, post_id)])


@endpoint(room, "PUT", REACTIONS, may=ForumRight.REACT, answers={204: None})
def put_reaction(viewer: Viewer, *, post_id: int, name: str) -> None:
    """React to a post of somebody else; done twice is done once."""
    set_reaction(viewer, post_id=post_id, name=name, wanted=True)


@endpoint(room, "DELETE", REACTIONS, may=ForumRight.REACT, answers={204: None})
def delete_reaction(viewer: Viewer, *, post_id: int, name: str) -> None:
    """Take a reaction back; done twice is done once."""
    set_reaction(viewer, post_id=post_id, name=name, wanted=False)


def _made(post: Post, thread: Thread) -> PostMade:
    return PostMade(
        id=post.id,
        thread_id=thread.id,
        number=post.number,
        url=link(number_url(thread_url(thread.id, thread.slug), post.number)),
        edit_count=post.edit_count,
    )
