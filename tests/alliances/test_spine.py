"""What everything in an alliance stands on: tokens follow seats, and the log is a chain."""

import hashlib
import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.joining import end_membership
from alliances.models import LogLine, MemberState
from kernel.work import unit_of_work
from tests.makers.alliances import alliance


def test_a_member_sees_what_is_for_members_and_nothing_when_it_has_ended(database: Session) -> None:
    made = alliance(members=3)
    assert made.alliance.everybody in made.viewer(2).audience
    assert made.alliance.council not in made.viewer(2).audience
    assert made.alliance.council in made.viewer(0).audience
    with unit_of_work():
        end_membership(made.alliance, made.members[2], state=MemberState.LEFT, actor=None)
    left = viewer_for(made.people[2].id)
    assert not {token for token in left.audience if token.startswith("alliance:")}
    assert made.alliance.member_count == 2


def test_the_log_can_be_checked_with_a_hash_function_alone(database: Session) -> None:
    made = alliance(members=3)
    lines = database.scalars(
        select(LogLine).where(LogLine.alliance_id == made.alliance.id).order_by(LogLine.number)
    ).all()
    assert [line.number for line in lines] == list(range(1, made.alliance.log_length + 1))
    before = "0" * 64
    for line in lines:
        digest = hashlib.sha256(line.content.encode()).hexdigest()
        before = hashlib.sha256((before + digest).encode()).hexdigest()
        assert (line.digest, line.hash) == (digest, before)
        assert json.loads(line.content)["act"] == line.act
    assert before == made.alliance.log_head
