"""Seats as tokens: who holds a seat holds `organisation:<id>`, and by its role one or two more."""

from sqlalchemy import select

from accounts.actions.grants import grant_by_rule, revoke_by_rule
from accounts.models import Grant, OrganisationSeat, SeatRole, SeatState
from accounts.policy import admin_token, editor_token, seat_token
from kernel.db import session


def tokens_of(organisation_id: int, role: str) -> set[str]:
    """What a seat of this role opens."""
    tokens = {seat_token(organisation_id)}
    if role in {SeatRole.EDITOR, SeatRole.ADMIN}:
        tokens.add(editor_token(organisation_id))
    if role == SeatRole.ADMIN:
        tokens.add(admin_token(organisation_id))
    return tokens


def keep_tokens(*, user_id: int, organisation_id: int) -> None:
    """Give and take what the seat, as it is now, opens: the only function that does."""
    session().flush()
    role = session().scalar(
        select(OrganisationSeat.role).where(
            OrganisationSeat.organisation_id == organisation_id,
            OrganisationSeat.user_id == user_id,
            OrganisationSeat.state == SeatState.ACTIVE,
        )
    )
    due = tokens_of(organisation_id, role) if role else set()
    every = tokens_of(organisation_id, SeatRole.ADMIN)
    held = set(session().scalars(select(Grant.token).where(Grant.user_id == user_id, Grant.token.in_(every))))
    for token in sorted(due - held):
        grant_by_rule(user_id=user_id, token=token)
    for token in sorted(held - due):
        revoke_by_rule(user_id=user_id, token=token)
