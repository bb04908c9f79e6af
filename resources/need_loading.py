"""Loading what is to be changed: through what the viewer may see, so that the invisible is Not Found."""

from sqlalchemy import select

from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer
from resources.models import Answer, Conversation, Need
from resources.policy import my_conversations, visible_needs


def hold_need(need_id: int) -> None:
    """Let nobody else change the need, or what hangs on it, until the transaction ends.

    Whoever changes an answer, a conversation about a need, or who was invited, holds the need first.
    """
    session().execute(select(Need.id).where(Need.id == need_id).with_for_update())


def need_of(viewer: Viewer, need_id: int, *, hold: bool = False) -> Need:
    """A need that the viewer sees; with `hold`, as it is now, and it stays so until the transaction ends."""
    if hold:
        hold_need(need_id)
    query = select(Need).where(Need.id == need_id, visible_needs(viewer)).execution_options(populate_existing=hold)
    need = session().scalar(query)
    if need is None:
        raise NotFoundError
    return need


def my_need(viewer: Viewer, need_id: int) -> Need:
    """A need of the viewer's own, held; somebody else's is as good as absent."""
    need = need_of(viewer, need_id, hold=True)
    if need.owner_id != viewer.user_id:
        raise NotFoundError
    return need


def answer_of(viewer: Viewer, answer_id: int) -> tuple[Answer, Need]:
    """An answer with its need, both held: for the two sides of it, and nobody else."""
    need_id = session().scalar(select(Answer.need_id).where(Answer.id == answer_id))
    if need_id is None or not viewer.signed_in:
        raise NotFoundError
    hold_need(need_id)
    row = (
        session()
        .execute(
            select(Answer, Need)
            .join(Need, Need.id == Answer.need_id)
            .where(Answer.id == answer_id)
            .execution_options(populate_existing=True)
        )
        .one()
    )
    answer, need = row.Answer, row.Need
    if viewer.user_id not in (answer.author_id, need.owner_id):
        raise NotFoundError
    return answer, need


def conversation_of(viewer: Viewer, conversation_id: int) -> Conversation:
    """A conversation of the viewer's, held: for the two sides of it, and nobody else."""
    query = select(Conversation).where(Conversation.id == conversation_id, my_conversations(viewer))
    found = session().scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFoundError
    return found
