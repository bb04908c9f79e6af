import re

from flask_babel import gettext as _
from sqlalchemy import select, update

from activity.actions import record_act
from activity.models import LogEntry, Notice
from forum.actions.acts import check_reason
from forum.counters import DIRECT, hold_boards, hold_tags, recount_tags
from forum.models import Board, Thread, ThreadTag
from forum.policy import ForumRight
from kernel.db import session
from kernel.errors import ForbiddenError, InvalidError
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import MEMBERS, PUBLIC, STAFF, Viewer

AUDIENCE = re.compile(rf"{PUBLIC}|{MEMBERS}|{STAFF}|alliance:\d{{1,18}}(:[a-z]+)?")


def set_audience(viewer: Viewer, *, board: Board, audience: str, reason: str = "") -> Board:
    """Let other people see a board and all that is in it; whoever moderates its community decides, and must see it.

    What hangs on its threads follows: notices at once, and the log where it closes. Search asks at every question
    who sees which board, so that nothing has to be indexed anew.
    """
    authorise(viewer, ForumRight.MODERATE, board)
    if board.alliance_id is not None:
        raise ForbiddenError(_("Who sees the boards of an alliance follows from its seats and working groups."))
    reason = check_reason(reason)
    if not AUDIENCE.fullmatch(audience) or audience not in viewer.audience:
        raise InvalidError(
            _("A board is opened only to people among whom you are."), errors={"audience": _("Choose who sees it.")}
        )
    here = select(Thread.id).where(Thread.board_id == board.id)
    tag_ids = list(session().scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id.in_(here)).distinct()))
    hold_tags(tag_ids)
    siblings = session().scalars(select(Board.id).where(Board.community_id == board.community_id)).all()
    hold_boards(*siblings)
    session().refresh(board)
    former = board.audience
    if former == audience:
        return board
    board.audience = audience
    session().flush()
    _outdate_lists(board)
    recount_tags(sorted(tag_ids))
    for model in (Notice, LogEntry):
        if model is Notice or audience != PUBLIC:
            session().execute(
                update(model)
                .where(model.place_kind == "forum.thread", model.place_id.in_(here))
                .values(audience=audience)
                .execution_options(**DIRECT)
            )
    community = Ref("forum.community", board.community_id)
    record_act(
        viewer,
        act="board.audience",
        ref=community,
        place=community,
        audience=former if audience == PUBLIC else audience,
        reason=reason,
        details={"right": ForumRight.MODERATE.value, "from": board.id},
    )
    return board


def _outdate_lists(board: Board) -> None:
    """Lists are kept under the sum of the versions that somebody sees: no sum may be what it was with this board."""
    session().execute(
        update(Board)
        .where(Board.community_id == board.community_id)
        .values(version=Board.version + board.version + 1)
        .execution_options(**DIRECT)
    )
    session().refresh(board)
