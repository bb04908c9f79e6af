from forum.actions.answers import accept_answer, unaccept_answer
from forum.actions.drafts import discard
from forum.actions.polls import vote
from forum.actions.reading import mark_thread_read
from forum.actions.threads import start_thread
from forum.addresses import thread_url
from forum.loading import board_at, thread_of
from forum.models import Thread
from forum.policy import ForumRight
from forum.queries.threads import thread_view
from forum.schemas.given import NumberGiven, ThreadGiven, VoteGiven
from forum.schemas.threads import PollShown, ThreadMade, ThreadShown
from kernel.api import Answer, endpoint, link, room
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.viewer import Viewer
from moderation.models import Submission
from moderation.schemas.submissions import SubmissionShown, waits


@endpoint(
    room,
    "POST",
    "/threads",
    may=ForumRight.START,
    body=ThreadGiven,
    answers={201: ThreadMade, 202: SubmissionShown},
    limit=POSTING,
)
def start(viewer: Viewer, *, body: ThreadGiven) -> Answer:
    """Start a thread with its opening post, perhaps with a poll."""
    thread = start_thread(
        viewer,
        board=board_at(viewer, body.community, body.board),
        kind=body.kind,
        lens=body.lens,
        title=body.title,
        body=body.body,
        tags=body.tags,
        poll=body.poll.draft() if body.poll else None,
    )
    discard(viewer, "new")
    if isinstance(thread, Submission):
        return waits(viewer, thread)
    made = made_of(thread)
    return Answer(made, 201, location=f"/api/v1/threads/{thread.id}")


@endpoint(room, "GET", "/threads/<int:thread_id>", may=ForumRight.READ, answers={200: ThreadShown})
def thread(viewer: Viewer, *, thread_id: int) -> ThreadShown:
    """A thread with its poll, and what you made of it; its posts are a list of their own."""
    view = thread_view(viewer, thread_id)
    if view.merged_into_url and not view.may_moderate:
        raise NotFoundError  # its posts are in the other thread, which may be on a board that this viewer does not see
    return ThreadShown.of(view, signed_in=viewer.signed_in)


@endpoint(
    room,
    "PUT",
    "/threads/<int:thread_id>/accepted/<int:number>",
    may=ForumRight.ACCEPT,
    answers={204: None},
)
def accept(viewer: Viewer, *, thread_id: int, number: int) -> None:
    """This reply is the answer, in place of any other."""
    accept_answer(viewer, thread_id=thread_id, number=number)


@endpoint(
    room,
    "DELETE",
    "/threads/<int:thread_id>/accepted/<int:number>",
    may=ForumRight.ACCEPT,
    answers={204: None},
)
def unaccept(viewer: Viewer, *, thread_id: int, number: int) -> None:
    """This reply is not the answer any more, and the question is open again."""
    held, _board = thread_of(viewer, thread_id, hold=True)
    if held.accepted_number != number:
        raise NotFoundError
    unaccept_answer(viewer, thread_id=thread_id)


@endpoint(
    room,
    "PUT",
    "/threads/<int:thread_id>/poll/votes",
    may=ForumRight.VOTE,
    body=VoteGiven,
    answers={200: PollShown},
)
def put_vote(viewer: Viewer, *, thread_id: int, body: VoteGiven) -> PollShown:
    """Cast or change your vote; no options take it back."""
    vote(viewer, thread_id=thread_id, option_ids=set(body.options))
    session().expire_all()
    poll = thread_view(viewer, thread_id).poll
    if poll is None:
        raise NotFoundError
    return PollShown.of(poll)


@endpoint(
    room,
    "PUT",
    "/threads/<int:thread_id>/read",
    may=ForumRight.READ_MARK,
    body=NumberGiven,
    answers={204: None},
)
def put_read(viewer: Viewer, *, thread_id: int, body: NumberGiven) -> None:
    """You have read up to this number; the mark only moves forward."""
    mark_thread_read(viewer, thread_id=thread_id, number=body.number)


def made_of(thread: Thread) -> ThreadMade:
    """What is told of a thread that was just written."""
    return ThreadMade(id=thread.id, url=link(thread_url(thread.id, thread.slug)), title=thread.title)
