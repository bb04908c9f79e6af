"""How far OpenTimestamps has come; what it says is shown, and counted nowhere as a proven time."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from ip_registry.models import BitcoinStamp
from kernel.db import session


def newest_stamps(log_id: int) -> Sequence[BitcoinStamp]:
    """The newest checkpoint of a log that stands in a block, and the newest that waits for one."""
    kept = (BitcoinStamp.log_id == log_id, BitcoinStamp.proof.is_not(None))
    in_block = select(func.max(BitcoinStamp.size)).where(*kept, BitcoinStamp.block.is_not(None)).scalar_subquery()
    waiting = select(func.max(BitcoinStamp.size)).where(*kept, BitcoinStamp.block.is_(None)).scalar_subquery()
    query = select(BitcoinStamp).where(*kept, or_(BitcoinStamp.size == in_block, BitcoinStamp.size == waiting))
    return session().scalars(query.order_by(BitcoinStamp.size)).all()


def first_stamp(log_id: int, size: int) -> BitcoinStamp | None:
    """The first checkpoint of at least this size that stands in a block; if none does, the first that waits for one."""
    kept = (BitcoinStamp.log_id == log_id, BitcoinStamp.size >= size, BitcoinStamp.proof.is_not(None))
    in_block = select(func.min(BitcoinStamp.size)).where(*kept, BitcoinStamp.block.is_not(None)).scalar_subquery()
    waiting = select(func.min(BitcoinStamp.size)).where(*kept, BitcoinStamp.block.is_(None)).scalar_subquery()
    query = select(BitcoinStamp).where(*kept, or_(BitcoinStamp.size == in_block, BitcoinStamp.size == waiting))
    return session().scalars(query.order_by(BitcoinStamp.block.is_(None), BitcoinStamp.size).limit(1)).first()
