from sqlalchemy.dialects import postgresql, sqlite

from activity.actions import mark_read
from forum.loading import thread_of
from forum.models import ReadMark
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import db, session
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from moderation.actions.trusting import note_visit


def mark_own_post(viewer: Viewer, *, thread_id: int, number: int) -> None:
    """What I have just written is not new to me, if I had read all before it or had never opened the thread."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(ReadMark)
    session().execute(
        insert.values(user_id=viewer.me, thread_id=thread_id, number=number, updated_at=now()).on_conflict_do_update(
            index_elements=["user_id", "thread_id"],
            set_={"number": number, "updated_at": now()},
            where=ReadMark.number == number - 1,
        )
    )


def mark_thread_read(viewer: Viewer, *, thread_id: int, number: int) -> None:
    """Remember that I read up to post `number`; marks only move forward, and notices of the thread are settled."""
    thread, _board = thread_of(viewer, thread_id)
    authorise(viewer, ForumRight.READ_MARK, thread)
    note_visit(viewer)
    number = max(0, min(number, thread.post_count))
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(ReadMark)
    session().execute(
        insert.values(user_id=viewer.me, thread_id=thread.id, number=number, updated_at=now()).on_conflict_do_update(
            index_elements=["user_id", "thread_id"],
            set_={"number": number, "updated_at": now()},
            where=ReadMark.number < number,
        )
    )
    if number == thread.post_count:
        mark_read(viewer, place=Ref("forum.thread", thread.id))
