"""`guildhall check` sees what is wrong with needs, and mends what can be."""

from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from kernel.checks import run_checks
from kernel.clock import now
from kernel.work import unit_of_work
from resources.actions.answers import accept
from resources.models import Conversation, NeedSector
from tests.makers import needs as make


def test_what_the_actions_leave_is_right(database: Session) -> None:
    need = make.need(visibility="anonymous")
    answer = make.answer(need=need)
    make.need(visibility="invited")
    make.need(publish=False)
    with unit_of_work():
        accept(viewer_for(need.owner_id), answer_id=answer.id, message="Yes")
    assert run_checks(mend=False) == []


def test_faults_are_said_and_mended(database: Session) -> None:
    need = make.need()
    answer = make.answer(need=need)
    database.add(NeedSector(need_id=need.id, sector="agri"))
    database.get_one(Conversation, answer.conversation_id).closed_at = now()
    database.flush()
    assert len(run_checks(mend=True)) == 2
    assert run_checks(mend=False) == []
    need.audience = "alliance:1"
    answer.state = "accepted"
    database.flush()
    assert len(run_checks(mend=True)) == 2
    assert len(run_checks(mend=False)) == 2, "nobody but a person decides who sees it, and what was said"
