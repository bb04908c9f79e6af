from flask_babel import gettext as _
from sqlalchemy import select

from forum.counters import count_open_question, touch
from forum.events import AnswerAccepted, ThreadChanged
from forum.loading import thread_of
from forum.models import Post, Thread
from forum.policy import ForumRight
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer


def accept_answer(viewer: Viewer, *, thread_id: int, number: int) -> Thread:
    """Mark a reply as the answer, in place of any other."""
    thread, board = thread_of(viewer, thread_id, hold=True)
    authorise(viewer, ForumRight.ACCEPT, thread)
    if number == 1:
        raise InvalidError(_("The question is not its own answer."))
    post = (
        session()
        .scalars(select(Post).where(Post.thread_id == thread.id, Post.number == number, Post.deleted_at.is_(None)))
        .first()
    )
    if post is None:
        raise NotFoundError
    if thread.accepted_number == number:
        return thread
    if thread.accepted_number is None:
        count_open_question(board.id, change=-1)
    former, thread.accepted_number = thread.accepted_number, number
    touch(thread.id)
    _tell(thread, former, number)
    emit(
        AnswerAccepted(
            actor_id=viewer.me,
            post=Ref("forum.post", post.id),
            thread=Ref("forum.thread", thread.id),
            author_id=post.author_id,
            audience=board.audience,
        )
    )
    return thread


def unaccept_answer(viewer: Viewer, *, thread_id: int) -> Thread:
    """Open the question again."""
    thread, board = thread_of(viewer, thread_id, hold=True)
    authorise(viewer, ForumRight.ACCEPT, thread)
    withdraw_acceptance(thread, board_id=board.id)
    return thread


def withdraw_acceptance(thread: Thread, *, board_id: int) -> None:
    """The question waits again, because its answer was withdrawn or deleted."""
    if thread.accepted_number is None:
        return
    former, thread.accepted_number = thread.accepted_number, None
    count_open_question(board_id, change=1)
    touch(thread.id)
    _tell(thread, former)


def _tell(thread: Thread, *numbers: int | None) -> None:
    """The thread has an answer or waits for one, and posts that are or were the answer count differently."""
    session().flush()
    posts = select(Post.id).where(
        Post.thread_id == thread.id, Post.number.in_([number for number in numbers if number])
    )
    emit(ThreadChanged(Ref("forum.thread", thread.id), posts=frozenset(session().scalars(posts))))
