"""Documents, events and calls of alliances through the real actions, for tests."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import User
from accounts.viewers import viewer_for
from alliances.actions import bids, calls, scoring
from alliances.actions.ballots import cast_ballot
from alliances.actions.closing import count_and_close
from alliances.actions.documents import write_document
from alliances.actions.events import plan_event
from alliances.call_text import BidFacts, CallFacts, Criterion
from alliances.event_text import EventFacts
from alliances.models import Bid, Call, CallState, Document, Event, Proposal
from kernel.clock import now
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.alliances import MadeAlliance

_number = count(1)


def document(made: MadeAlliance, *, by: Viewer | None = None, **given: Any) -> Document:
    """A document of the alliance, for its members unless said otherwise."""
    usual = {
        "title": f"Protocol {next(_number)}",
        "audience": "members",
        "body": "Anneal at 100 °C.\n\nFor ten minutes.",
    }
    with unit_of_work():
        return write_document(by or made.viewer(), slug=made.alliance.slug, **{**usual, **given})


def tomorrow(hours: int = 10) -> datetime:
    """A time of tomorrow without a zone, as a form says it; events of tests are where the clock shows UTC."""
    return (now() + timedelta(days=1)).replace(hour=hours, minute=0, second=0, microsecond=0, tzinfo=None)


def event_facts(**given: Any) -> EventFacts:
    """What somebody might type."""
    usual: dict[str, Any] = {"title": f"Meeting {next(_number)}", "timezone": "Africa/Abidjan", "body": "We meet."}
    if "slots" not in given:
        usual |= {"starts": tomorrow(10), "ends": tomorrow(12)}
    return EventFacts(**{**usual, **given})


def event(made: MadeAlliance, *, by: Viewer | None = None, group_id: int | None = None, **given: Any) -> Event:
    """An event of tomorrow, for the members unless said otherwise."""
    with unit_of_work():
        facts = event_facts(**given)
        return plan_event(by or made.viewer(), slug=made.alliance.slug, facts=facts, group_id=group_id)


def begin(made: Event) -> None:
    """Let it have begun an hour ago, and be over."""
    with unit_of_work():
        made.starts_at, made.ends_at = now() - timedelta(hours=2), now() - timedelta(hours=1)


def call(made: MadeAlliance, *, is_open: bool = True, **given: Any) -> Call:
    """A call that takes bids for a week, for everybody unless said otherwise."""
    usual: dict[str, Any] = {
        "title": f"A barrier film {next(_number)}",
        "body": "Below 10⁻⁴ g/(m²·d).",
        "deadline": now() + timedelta(days=7),
        "criteria": (Criterion("Method", 2, 10), Criterion("Cost", 1, 5)),
    }
    with unit_of_work():
        drafted = calls.write_call(made.viewer(), slug=made.alliance.slug, facts=CallFacts(**{**usual, **given}))
        return calls.open_call(made.viewer(), slug=made.alliance.slug, call_id=drafted.id) if is_open else drafted


def bid(made: MadeAlliance, on: Call, author: User, **given: Any) -> Bid:
    """A bid of somebody."""
    facts = BidFacts(**{"team": f"Team {next(_number)}", "body": "We laminate it.", **given})
    with unit_of_work():
        return bids.bid(viewer_for(author.id), slug=made.alliance.slug, call_id=on.id, facts=facts)


def evaluate(made: MadeAlliance, on: Call, *scorers: User) -> None:
    """Let the deadline have passed, with these scorers named."""
    with unit_of_work():
        for person in scorers:
            scoring.name_scorer(made.viewer(), slug=made.alliance.slug, call_id=on.id, handle=person.handle)
        on.deadline = datetime.now(UTC) - timedelta(minutes=1)
        on.state = CallState.EVALUATING.value


def score(made: MadeAlliance, on: Bid, by: User, first: int, second: int) -> None:
    """The sheet of a scorer."""
    with unit_of_work():
        scoring.score(
            viewer_for(by.id),
            slug=made.alliance.slug,
            call_id=on.call_id,
            bid_id=on.id,
            given={"c1": first, "c2": second},
        )


def decide(made: MadeAlliance, proposal: Proposal, choice: dict[str, Any]) -> Proposal:
    """All members vote so, and it is counted."""
    for place in range(len(made.members)):
        with unit_of_work():
            cast_ballot(made.viewer(place), slug=made.alliance.slug, number=proposal.number, choice=choice)
    with unit_of_work():
        count_and_close(made.alliance, proposal, actor=None)
    return proposal
