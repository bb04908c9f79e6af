"""Conversations of the demo town: who wrote what to whom, and how long ago."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kernel.db import session
from resources.models import Conversation, Listing, Message
from seeds.offers import LISTING, RESOURCES, age_of, rows_of
from seeds.parsing import SeedError

SIDES = ("asker", "owner")
REMINDED_AFTER = timedelta(days=7)

Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Talk:
    """The first words, and what followed: side, age, text."""

    age: timedelta
    first: str
    messages: list[tuple[str, timedelta, str]]

    @classmethod
    def read(cls, path: Path, line: int, *, age: str, first: str, messages: list[list[str]]) -> "Talk":
        """From a seed file: in time, and of the two sides."""
        read = [(side, age_of(path, line, when), text) for side, when, text in messages]
        ages = [age_of(path, line, age), *(when for _side, when, _text in read)]
        if ages != sorted(ages, reverse=True) or any(side not in SIDES for side, _when, _text in read):
            raise SeedError(path, line, f"the conversation {first[:20]!r} is out of order")
        return cls(ages[0], first, read)

    def decided(self, moment: datetime) -> datetime:
        """When the owner decided: some time after the last word."""
        last = self.messages[-1][1] if self.messages else self.age
        return moment - last * 0.8


def begin_talk(conversation: Conversation, talk: Talk, *, moment: datetime) -> Say:
    """Write all of it; returns what adds one more message. Whoever asked waits until the owner says something."""
    began = moment - talk.age
    conversation.created_at = conversation.last_at = conversation.waiting_since = began
    session().add(conversation)
    session().flush()
    sides = {"asker": conversation.asker_id, "owner": conversation.owner_id}

    def say(author_id: int, at: datetime, body: str, deed: str = "") -> None:
        session().add(
            Message(conversation_id=conversation.id, author_id=author_id, deed=deed, body=body, created_at=at)
        )
        conversation.last_at = at
        if author_id == conversation.owner_id:
            conversation.waiting_since = None
        elif not deed:
            conversation.waiting_since = conversation.waiting_since or at
        is_overdue = conversation.waiting_since is not None and moment - conversation.waiting_since > REMINDED_AFTER
        conversation.reminded_at = (
            conversation.waiting_since + REMINDED_AFTER if is_overdue and conversation.waiting_since else None
        )

    for side, age, text in (("asker", talk.age, talk.first), *talk.messages):
        say(sides[side], moment - age, text)
    return say


def add_enquiries(*, users: Mapping[str, int], listings: Mapping[str, Listing], moment: datetime) -> None:
    """What was asked about listings, apart from needs."""
    path = RESOURCES / "needs.toml"
    for line, row in rows_of(path, "enquiry"):
        _add_enquiry(path, line, row, users=users, listing=listings[row["listing"]], moment=moment)


def _add_enquiry(
    path: Path, line: int, row: dict[str, Any], *, users: Mapping[str, int], listing: Listing, moment: datetime
) -> None:
    talk = Talk.read(path, line, age=row["age"], first=row["message"], messages=row.get("messages", []))
    conversation = Conversation(
        subject_kind=LISTING,
        subject_id=listing.id,
        purpose=row["purpose"],
        asker_id=users[row["asker"]],
        owner_id=listing.owner_id,
    )
    say = begin_talk(conversation, talk, moment=moment)
    if "closing" in row:
        side, age, text = row["closing"]
        at = moment - age_of(path, line, age)
        say(conversation.owner_id if side == "owner" else conversation.asker_id, at, text, deed="closed")
        conversation.closed_at, conversation.closing_message, conversation.waiting_since = at, text, None
        conversation.reminded_at = None
