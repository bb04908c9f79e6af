"""What somebody typed of a call or a bid, as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alliances.messages import one_line, said
from alliances.models import Call
from kernel.errors import InvalidError
from kernel.markup import cook
from kernel.texts import clean_line
from kernel.words import gettext as _

LONGEST_TITLE = 200
LONGEST_BODY = 50_000
LONGEST_BUDGET = 100
LONGEST_TEAM = 120
LONGEST_LABEL = 120
MOST_CRITERIA = 12
LARGEST_WEIGHT = 100
MOST_PEOPLE = 30
MOST_PARTIES = 10


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of the scoring sheet: from 0 to `most` points, which weigh `weight`."""

    label: str
    weight: int = 1
    most: int = 10


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call as it was typed."""

    title: str
    body: str = ""
    budget: str = ""
    audience: str = "public"
    deadline: datetime | None = None
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class BidFacts:
    """A bid as it was typed: the team, its people by their handles, and the organisations behind it by numbers."""

    team: str
    body: str
    people: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()


def facts_of(call: Call, *, readers: str) -> CallFacts:
    """What a form begins with: a call as it is kept."""
    return CallFacts(
        title=call.title,
        body=call.body,
        budget=call.budget,
        audience=readers,
        deadline=call.deadline,
        criteria=tuple(Criterion(one["label"], one["weight"], one["max"]) for one in call.criteria),
    )


def check_call(facts: CallFacts) -> dict[str, Any]:
    """The columns; raises `InvalidError` at the fields at fault."""
    body = said(facts.body, field="body", longest=LONGEST_BODY)
    return {
        "title": one_line(facts.title, field="title", longest=LONGEST_TITLE),
        "body": body,
        "body_html": cook(body).html,
        "budget": clean_line(facts.budget)[:LONGEST_BUDGET],
        "deadline": facts.deadline,
        "criteria": check_criteria(facts.criteria),
    }


def check_criteria(criteria: tuple[Criterion, ...]) -> list[dict[str, Any]]:
    """The scoring sheet as it is kept, its keys by position."""
    kept = [(clean_line(one.label)[:LONGEST_LABEL], one) for one in criteria if one.label.strip()]
    names = [label for label, _one in kept]
    fits = all(1 <= one.weight <= LARGEST_WEIGHT and 1 <= one.most <= LARGEST_WEIGHT for _label, one in kept)
    if len(kept) > MOST_CRITERIA or len(set(names)) < len(names) or not fits:
        sentence = _(
            "At most %(count)s different criteria, with weights and points from 1 to 100.", count=MOST_CRITERIA
        )
        raise InvalidError(_("Please look at the marked fields."), errors={"criteria": sentence})
    return [
        {"key": f"c{place}", "label": label, "weight": one.weight, "max": one.most}
        for place, (label, one) in enumerate(kept, start=1)
    ]


def check_bid(facts: BidFacts) -> dict[str, Any]:
    """The columns that say what is offered."""
    body = said(facts.body, field="body", longest=LONGEST_BODY)
    return {
        "team": one_line(facts.team, field="team", longest=LONGEST_TEAM),
        "body": body,
        "body_html": cook(body).html,
    }
