"""Proposals and ballots for tests, made by the deeds themselves."""

from datetime import timedelta
from typing import Any

from alliances.actions.ballots import Cast, cast_ballot
from alliances.actions.closing import close_due
from alliances.actions.proposals import draft_proposal, open_proposal
from alliances.counting import Tally
from alliances.models import Alliance, Member, Proposal, Proxy, Role, Seat, Voter
from alliances.proposal_text import ProposalFacts
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.alliances import MadeAlliance

YES, NO, ABSTAIN = {"stance": "yes"}, {"stance": "no"}, {"stance": "abstain"}


def draft(made: MadeAlliance, *, by: int = 0, title: str = "Buy a tester", **facts: Any) -> Proposal:
    """A draft by one of the representatives."""
    with unit_of_work():
        return draft_proposal(made.viewer(by), ProposalFacts(title=title, **facts), slug=made.alliance.slug)


def proposal(made: MadeAlliance, *, by: int = 0, title: str = "Buy a tester", **facts: Any) -> Proposal:
    """A proposal on which votes are cast."""
    written = draft(made, by=by, title=title, **facts)
    with unit_of_work():
        return open_proposal(made.viewer(by), slug=made.alliance.slug, number=written.number)


def vote(made: MadeAlliance, on: Proposal, who: int | Viewer, choice: object = YES, **more: Any) -> Cast:
    """A ballot by one of the representatives, or by anybody."""
    viewer = made.viewer(who) if isinstance(who, int) else who
    with unit_of_work():
        return cast_ballot(viewer, slug=made.alliance.slug, number=on.number, choice=choice, **more)


def voter_of(on: Proposal, member: Member) -> Voter:
    """The place of a member on the roll."""
    found = session().query(Voter).filter_by(proposal_id=on.id, member_id=member.id).one()
    assert isinstance(found, Voter)
    return found


def end(on: Proposal) -> Tally:
    """Let the time run out, and count."""
    with unit_of_work() as work:
        row = work.get_one(Proposal, on.id)
        row.closes_at = now() - timedelta(seconds=1)
    with unit_of_work():
        close_due(on.id)
    closed = session().get_one(Proposal, on.id, populate_existing=True)
    return Tally.from_json(closed.tally)


def alternate(member: Member, user_id: int) -> None:
    """Somebody stands in for the representative."""
    from alliances.seating import reseat

    with unit_of_work() as work:
        work.add(Seat(member_id=member.id, user_id=user_id, role=Role.ALTERNATE.value))
        work.flush()
        reseat(member.alliance_id, [user_id])


def proxy(made: MadeAlliance, giver: int, holder: int, on: Proposal | None = None, **more: Any) -> Proxy:
    """One member lets another vote for it: on a proposal, or for a month."""
    from alliances.actions.proxies import give_proxy

    period = {} if on else {"ends_at": now() + timedelta(days=30)}
    with unit_of_work():
        return give_proxy(
            made.viewer(giver),
            slug=made.alliance.slug,
            to_member_id=made.members[holder].id,
            number=on.number if on else None,
            **{**period, **more},
        )


def fresh(alliance: Alliance) -> Alliance:
    """As it is in the database now."""
    return session().get_one(Alliance, alliance.id, populate_existing=True)
