"""Achievements, published through the real action."""

from itertools import count
from typing import Any

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from forum.models import Board
from ip_registry.achievement_cards import CardFacts
from ip_registry.models import Achievement
from kernel.db import session
from kernel.work import unit_of_work
from portal.achievements import Proof, Published, Signed, Text, publish
from tests.makers import acts
from tests.makers import forum as make_forum
from tests.makers.people import person
from tests.makers.registry import Made

_number = count(1)


def facts(**given: Any) -> CardFacts:
    """A card with a problem and a method."""
    return CardFacts(
        **{"problem": "Steel rusts under every paint.", "method": "A coating that heals its own scratches.", **given}
    )


def achievement(
    author: User | None = None,
    *,
    board: Board | None = None,
    title: str = "",
    more: str = "",
    tags: tuple[str, ...] = (),
    record: Made | None = None,
    signed: acts.Signed | None = None,
    is_understood: bool = True,
    **card: Any,
) -> Published:
    """An achievement on a public board; with a record of the author's own, and the disclosure that goes with it."""
    author = author or person()
    board = board or make_forum.board()
    with unit_of_work():
        made = publish(
            viewer_for(author.id),
            board=board,
            text=Text(
                title=title or f"A coating that heals itself, number {next(_number)}", more=more, tags=list(tags)
            ),
            facts=facts(**card),
            proof=Proof(
                record=acts.record_now(record) if record else None,
                is_understood=is_understood,
                signed=Signed(signed.leaf.data, signed.details, signed.salt) if signed else None,
            ),
        )
    assert isinstance(made, Published), "it waits: its author is not known here"
    return made


def disclosed(author: User, made: Made, **given: Any) -> Published:
    """One whose sealed record is disclosed with it, by the owner's own key."""
    return achievement(author, record=made, signed=acts.signed(made, "reveal", **acts.REVEAL), **given)


def card_of(thread_id: int) -> Achievement:
    """The card as the database has it."""
    query = select(Achievement).where(Achievement.thread_id == thread_id)
    return session().scalars(query.execution_options(populate_existing=True)).one()
