from forum.actions.acts import announce, record, tags_of, thread_to_moderate
from forum.actions.echoes import keep_audience
from forum.counters import count_thread, hold_boards, hold_tags, recount_tags, shift_days
from forum.models import Board, Thread
from forum.policy import ForumRight
from kernel.errors import NotFoundError
from kernel.policy import authorise
from kernel.viewer import PUBLIC, Viewer


def move_thread(viewer: Viewer, *, thread_id: int, board: Board, reason: str = "") -> Thread:
    """Put a thread on another board, perhaps of another community; whoever moves it moderates both.

    Where the boards differ in who sees them, everything that hangs on the thread follows. A pin is a decision of
    its community and does not travel to another one.
    """
    thread, source = thread_to_moderate(viewer, thread_id)
    if board.audience not in viewer.audience:
        raise NotFoundError
    authorise(viewer, ForumRight.MODERATE, board)
    if board.id == source.id:
        return thread
    tag_ids = tags_of(thread.id)
    hold_tags(tag_ids)
    hold_boards(source.id, board.id)
    is_live = thread.deleted_at is None
    if is_live:
        count_thread(thread, sign=-1)
    if thread.community_id != board.community_id:
        thread.pinned_at = None
    thread.board_id, thread.community_id, thread.alliance_id = board.id, board.community_id, board.alliance_id
    if is_live:
        count_thread(thread, sign=1)
    shift_days(thread.id, source=source.id, target=board.id)
    if source.audience != board.audience:
        recount_tags(tag_ids)
        keep_audience(thread.id, board.audience)
    record(
        viewer,
        "thread.move",
        thread=thread,
        audience=source.audience if board.audience == PUBLIC else board.audience,
        reason=reason,
        details={"from": source.id, "to": board.id},
    )
    announce(thread, posts=None, hides=source.audience != board.audience)
    return thread
