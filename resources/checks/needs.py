"""What is kept of needs twice, and what must hold of answers and conversations."""

from collections import defaultdict

from sqlalchemy import delete, or_, select, update

from kernel.checks import check
from kernel.db import session
from kernel.viewer import STAFF
from resources.models import Answer, Conversation, Need, NeedSector, NeedState, Visibility
from resources.models.answer import WAITING


@check
def sectors_of_needs(*, mend: bool) -> list[str]:
    """The sectors by which lists are filtered are those that are shown."""
    kept: dict[int, set[str]] = defaultdict(set)
    for need_id, sector in session().execute(select(NeedSector.need_id, NeedSector.sector)):
        kept[need_id].add(sector)
    faults = []
    for need_id, sectors in session().execute(select(Need.id, Need.sectors).order_by(Need.id)).all():
        if kept[need_id] != set(sectors):
            faults.append(f"need {need_id} is listed under {sorted(kept[need_id])} and shows {sorted(sectors)}")
            if mend:
                session().execute(delete(NeedSector).where(NeedSector.need_id == need_id))
                session().add_all(NeedSector(need_id=need_id, sector=sector) for sector in set(sectors))
    return faults


@check
def audiences_of_needs(*, mend: bool) -> list[str]:  # noqa: ARG001 - who should see it, a person decides
    """Drafts are their owner's, what was published is for whom its visibility says, or out of sight: the staff's."""
    faults = []
    columns = (Need.id, Need.owner_id, Need.state, Need.visibility, Need.alliance, Need.audience)
    for row in session().execute(select(*columns).order_by(Need.id)):
        published = {Visibility.ALLIANCE: row.alliance, Visibility.INVITED: f"need:{row.id}"}
        is_draft = row.state == NeedState.DRAFT
        right = f"user:{row.owner_id}" if is_draft else published.get(Visibility(row.visibility), "public")
        if row.audience != right and (is_draft or row.audience != STAFF):
            faults.append(f"need {row.id} is for {row.audience}, and should be for {right}")
    return faults


@check
def ends_of_answers(*, mend: bool) -> list[str]:  # noqa: ARG001 - words cannot be made up afterwards
    """Every answer that ended has a time and a message; none that waits has either."""
    is_waiting = Answer.state.in_(WAITING)
    wrong = or_(
        is_waiting & or_(Answer.ended_at.is_not(None), Answer.ending_message != ""),
        ~is_waiting & or_(Answer.ended_at.is_(None), Answer.ending_message == ""),
    )
    query = select(Answer.id, Answer.state).where(wrong).order_by(Answer.id)
    return [f"answer {number} is {state}, and its end does not fit" for number, state in session().execute(query)]


@check
def nobody_waits_for_what_is_closed(*, mend: bool) -> list[str]:
    """A closed conversation keeps nobody waiting."""
    wrong = Conversation.closed_at.is_not(None) & Conversation.waiting_since.is_not(None)
    found = list(session().scalars(select(Conversation.id).where(wrong).order_by(Conversation.id)))
    if mend and found:
        session().execute(update(Conversation).where(wrong).values(waiting_since=None))
    return [f"conversation {number} is closed, and somebody waits in it" for number in found]
