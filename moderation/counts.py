"""Two numbers of the Viewer: what waits for a moderator, and what somebody must read of their own sanctions."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Table,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from accounts.models import Grant, User
from accounts.viewers import contribute_count
from moderation.models import Review, Sanction

MOST = 100

_grant: Table = Grant.__table__  # type: ignore[assignment]
_user: Table = User.__table__  # type: ignore[assignment]
_review: Table = Review.__table__  # type: ignore[assignment]
_sanction: Table = Sanction.__table__  # type: ignore[assignment]


def _open_reviews(user_id: ColumnElement[int]) -> ScalarSelect[int]:
    """As `policy.visible_reviews` in SQL, up to a hundred. Whoever moderates nothing costs one look at their grants."""
    is_staff = exists().where(_grant.c.user_id == user_id, _grant.c.token == _constant("staff")).correlate(_user)
    mine = select(_grant.c.token).where(_grant.c.user_id == user_id, _is_office()).correlate(_user)
    open_ones = (
        select(literal_column("1").label("one"))
        .where(
            _review.c.state == _constant("open"),
            or_(
                _review.c.scope.in_(mine),
                and_(
                    is_staff,
                    or_(
                        _review.c.scope.not_like(_constant("moderator:alliance:%")), _review.c.passed_on_at.is_not(None)
                    ),
                ),
            ),
        )
        .correlate(_user)
        .limit(literal_column(str(MOST), Integer))
        .subquery()
    )
    count = select(func.count()).select_from(open_ones).scalar_subquery()
    holds_office = exists().where(_grant.c.user_id == user_id, or_(_grant.c.token == _constant("staff"), _is_office()))
    return select(case((holds_office.correlate(_user), count), else_=literal_column("0"))).scalar_subquery()


def _unseen_sanctions(user_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Those that their person has not said to have read."""
    unseen = select(func.count()).where(_sanction.c.user_id == user_id, _sanction.c.seen_at.is_(None))
    return unseen.correlate(_user).scalar_subquery()


def _is_office() -> ColumnElement[bool]:
    return _grant.c.token.like(_constant("moderator:%"))


def _constant(text: str) -> Any:
    """Written out, so that it need not be bound at each request."""
    return literal_column(f"'{text}'")


contribute_count("open_reviews", _open_reviews)
contribute_count("unseen_sanctions", _unseen_sanctions)
