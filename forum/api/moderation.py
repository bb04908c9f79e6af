from forum.actions.closure import lock_thread, pin_thread, unlock_thread, unpin_thread
from forum.actions.merging import merge_thread
from forum.actions.moving import move_thread
from forum.actions.purging import purge_post
from forum.actions.removal import delete_thread, restore_post, restore_thread
from forum.actions.splitting import split_thread
from forum.api.threads import made_of
from forum.loading import board_at
from forum.policy import ForumRight
from forum.schemas.given import MergeGiven, MoveGiven, ReasonGiven, SplitGiven
from forum.schemas.posts import ReasonQuery
from forum.schemas.threads import ThreadMade
from kernel.api import Answer, endpoint, room
from kernel.viewer import Viewer

THREAD = "/threads/<int:thread_id>"
POST = "/posts/<int:post_id>"
MODERATE = ForumRight.MODERATE


@endpoint(room, "PUT", f"{THREAD}/lock", may=MODERATE, body=ReasonGiven, answers={204: None})
def put_lock(viewer: Viewer, *, thread_id: int, body: ReasonGiven) -> None:
    """Take no more replies from members."""
    lock_thread(viewer, thread_id=thread_id, reason=body.reason)


@endpoint(room, "DELETE", f"{THREAD}/lock", may=MODERATE, query=ReasonQuery, answers={204: None})
def delete_lock(viewer: Viewer, *, thread_id: int, query: ReasonQuery) -> None:
    """Take replies again."""
    unlock_thread(viewer, thread_id=thread_id, reason=query.reason)


@endpoint(room, "PUT", f"{THREAD}/pin", may=MODERATE, body=ReasonGiven, answers={204: None})
def put_pin(viewer: Viewer, *, thread_id: int, body: ReasonGiven) -> None:
    """Show the thread above the others of its community."""
    pin_thread(viewer, thread_id=thread_id, reason=body.reason)


@endpoint(room, "DELETE", f"{THREAD}/pin", may=MODERATE, query=ReasonQuery, answers={204: None})
def delete_pin(viewer: Viewer, *, thread_id: int, query: ReasonQuery) -> None:
    """Let the thread sink among the others again."""
    unpin_thread(viewer, thread_id=thread_id, reason=query.reason)


@endpoint(room, "POST", f"{THREAD}/move", may=MODERATE, body=MoveGiven, answers={200: ThreadMade})
def move(viewer: Viewer, *, thread_id: int, body: MoveGiven) -> ThreadMade:
    """Put the thread on another board; you moderate both."""
    board = board_at(viewer, body.community, body.board)
    return made_of(move_thread(viewer, thread_id=thread_id, board=board, reason=body.reason))


@endpoint(room, "POST", f"{THREAD}/split", may=MODERATE, body=SplitGiven, answers={201: ThreadMade})
def split(viewer: Viewer, *, thread_id: int, body: SplitGiven) -> Answer:
    """Make these posts a thread of their own."""
    part = split_thread(viewer, thread_id=thread_id, numbers=body.numbers, title=body.title, reason=body.reason)
    return Answer(made_of(part), 201, location=f"/api/v1/threads/{part.id}")


@endpoint(room, "POST", f"{THREAD}/merge", may=MODERATE, body=MergeGiven, answers={200: ThreadMade})
def merge(viewer: Viewer, *, thread_id: int, body: MergeGiven) -> ThreadMade:
    """Bring all posts into another thread, by time; you moderate both."""
    return made_of(merge_thread(viewer, thread_id=thread_id, into_id=body.into, reason=body.reason))


@endpoint(room, "DELETE", THREAD, may=MODERATE, query=ReasonQuery, answers={204: None})
def remove_thread(viewer: Viewer, *, thread_id: int, query: ReasonQuery) -> None:
    """Take the thread out of sight of everybody but the moderators; a reason is needed."""
    delete_thread(viewer, thread_id=thread_id, reason=query.reason)


@endpoint(room, "POST", f"{THREAD}/restore", may=MODERATE, body=ReasonGiven, answers={204: None})
def bring_thread_back(viewer: Viewer, *, thread_id: int, body: ReasonGiven) -> None:
    """Bring a deleted thread back."""
    restore_thread(viewer, thread_id=thread_id, reason=body.reason)


@endpoint(room, "POST", f"{POST}/restore", may=ForumRight.RESTORE_POST, body=ReasonGiven, answers={204: None})
def bring_post_back(viewer: Viewer, *, post_id: int, body: ReasonGiven) -> None:
    """Bring a deleted post back."""
    restore_post(viewer, post_id=post_id, reason=body.reason)


@endpoint(room, "POST", f"{POST}/purge", may=ForumRight.PURGE, body=ReasonGiven, answers={204: None})
def purge(viewer: Viewer, *, post_id: int, body: ReasonGiven) -> None:
    """Destroy a post's text, former texts and files for good; only its number stays."""
    purge_post(viewer, post_id=post_id, reason=body.reason)
