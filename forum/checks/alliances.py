from sqlalchemy import select

from alliances.models import Alliance
from forum.alliance_boards import ensure_boards, expected_tokens, keep_officers, open_or_close
from forum.models import Board
from kernel.checks import check
from kernel.db import session


@check
def boards_of_alliances(*, mend: bool) -> list[str]:
    """An alliance that has boards has all that it should, and none is open that should be closed."""
    faults = []
    for alliance in session().scalars(select(Alliance).order_by(Alliance.id)):
        boards = session().scalars(select(Board).where(Board.alliance_id == alliance.id))
        have = {board.audience: board.closed_at is None for board in boards}
        should = expected_tokens(alliance)
        if any(have.get(token) != is_open for token, is_open in should.items() if have and (is_open or token in have)):
            faults.append(f"the boards of alliance {alliance.slug} do not follow it")
            if mend:
                ensure_boards(alliance)
                open_or_close(alliance)
                keep_officers(alliance.id)
    return faults
