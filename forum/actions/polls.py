from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from forum.counters import touch
from forum.loading import thread_of
from forum.models import Poll, PollOption, PollVote, Thread
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer


def vote(viewer: Viewer, *, thread_id: int, option_ids: set[int]) -> Thread:
    """Cast or change my vote while the poll is open; an empty set takes it back."""
    thread, _board = thread_of(viewer, thread_id, hold=True)
    authorise(viewer, ForumRight.VOTE, thread)
    poll = session().scalars(select(Poll).where(Poll.thread_id == thread.id).with_for_update()).first()
    if poll is None:
        raise NotFoundError
    if poll.closes_at is not None and poll.closes_at <= now():
        raise ConflictError(_("The poll is closed."))
    options = set(session().scalars(select(PollOption.id).where(PollOption.poll_id == poll.id)))
    if not option_ids <= options:
        raise NotFoundError
    if len(option_ids) > poll.max_choices:
        raise InvalidError(_("At most %(count)s answers.", count=poll.max_choices), errors={"option": _("Too many.")})
    session().execute(delete(PollVote).where(PollVote.option_id.in_(options), PollVote.user_id == viewer.me))
    session().add_all(PollVote(option_id=option_id, user_id=viewer.me) for option_id in sorted(option_ids))
    session().flush()
    count_votes(poll)
    touch(thread.id)
    return thread


def count_votes(poll: Poll) -> None:
    """Derive the poll's counts from its votes."""
    votes = select(func.count()).where(PollVote.option_id == PollOption.id).correlate(PollOption).scalar_subquery()
    session().execute(
        update(PollOption)
        .where(PollOption.poll_id == poll.id)
        .values(vote_count=votes)
        .execution_options(synchronize_session=False)
    )
    voters = (
        select(func.count(func.distinct(PollVote.user_id)))
        .join(PollOption, PollOption.id == PollVote.option_id)
        .where(PollOption.poll_id == poll.id)
        .scalar_subquery()
    )
    session().execute(
        update(Poll).where(Poll.id == poll.id).values(voter_count=voters).execution_options(synchronize_session=False)
    )
