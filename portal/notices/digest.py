"""What a digest says beside notices: votes to cast, answers, achievements and threads in what somebody follows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select

from activity.digests.sections import Item, digest_section
from activity.models import Follow, Level
from alliances.kinds.decisions import PROPOSAL
from alliances.models import Proposal, ProposalState
from alliances.proposal_loading import visible_proposals
from alliances.queries.proposals import is_wanted
from forum.models import Board, Thread
from forum.queries import lists
from kernel.clock import now
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from portal.achievement_lists import has_card

SOME = 5


@digest_section("votes", order=10, title=lambda: _("You can vote"))
def votes(viewer: Viewer, _since: datetime) -> Sequence[Item]:
    """Open votes of one's alliances that one has not cast, what ends first comes first."""
    if not any(token.startswith("alliance:") for token in viewer.audience):
        return []
    rows = session().execute(
        select(Proposal.id, Proposal.audience, Proposal.closes_at)
        .where(
            Proposal.state == ProposalState.OPEN,
            Proposal.closes_at > now(),
            is_wanted(viewer),
            visible_proposals(viewer),
        )
        .order_by(Proposal.closes_at, Proposal.id)
        .limit(SOME)
    )
    return [Item(Ref(PROPOSAL, row.id), row.audience, row.closes_at) for row in rows]


@digest_section("answered", order=20, title=lambda: _("Answered in what you follow"))
def answered(viewer: Viewer, since: datetime) -> Sequence[Item]:
    """Questions that have their answer."""
    return _threads(viewer, lists.answered(), Thread.last_post_at >= since)


@digest_section("achievements", order=30, title=lambda: _("New achievements in what you follow"))
def achievements(viewer: Viewer, since: datetime) -> Sequence[Item]:
    """Threads with an achievement's card."""
    return _threads(viewer, has_card(), Thread.created_at >= since)


@digest_section("new", order=40, title=lambda: _("New in what you follow"))
def new(viewer: Viewer, since: datetime) -> Sequence[Item]:
    """Threads that one has not opened."""
    return _threads(viewer, lists.new_to_me(viewer), Thread.created_at >= since)


def _threads(viewer: Viewer, *where: ColumnElement[bool]) -> list[Item]:
    """Those of what the viewer follows, newest first; who follows nothing is not looked for long."""
    follows = select(Follow.ref_id).where(
        Follow.user_id == viewer.me, Follow.level.in_([Level.TRACKING, Level.WATCHING])
    )
    if session().scalar(follows.limit(1)) is None:
        return []
    page = lists.thread_page(viewer, *where, lists.followed_by_me(viewer), lists.not_muted(viewer), limit=SOME)
    ids = [row.id for row in page.items]
    if not ids:
        return []
    rows = session().execute(
        select(Thread.id, Board.audience).join(Board, Board.id == Thread.board_id).where(Thread.id.in_(ids))
    )
    audiences = {row.id: row.audience for row in rows}
    return [Item(Ref("forum.thread", number), audiences[number]) for number in ids if number in audiences]
