"""Which tokens over a checkpoint other outsiders contradict."""

from sqlalchemy import select

from ip_registry.models import Cosignature, TimeToken, TokenState
from ip_registry.time.agreement import is_contested
from kernel.db import session


def judge(log_id: int, size: int) -> None:
    """Set every token over this checkpoint to good or contested; called whenever another outsider has stated a time.

    Who states it twice, as a witness with two keys, has one say. A demo authority shares our clock, and has none.
    """
    tokens = (
        session()
        .scalars(
            select(TimeToken)
            .where(
                TimeToken.log_id == log_id,
                TimeToken.size == size,
                TimeToken.state.in_((TokenState.GOOD, TokenState.CONTESTED)),
            )
            .order_by(TimeToken.id)
            .with_for_update()
        )
        .all()
    )
    cosigned = session().execute(
        select(Cosignature.name, Cosignature.stated_at, Cosignature.asked_at).where(
            Cosignature.log_id == log_id, Cosignature.size == size
        )
    )
    stated = [(row, row.stated_at - row.asked_at) for row in tokens if row.stated_at is not None]
    offs = {row.name: row.stated_at - row.asked_at for row in cosigned}
    offs |= {row.authority: off for row, off in stated if not row.is_demo}
    for mine, off in stated:
        others = [other for name, other in offs.items() if name != mine.authority]
        mine.state = TokenState.CONTESTED if is_contested(off, others) else TokenState.GOOD
