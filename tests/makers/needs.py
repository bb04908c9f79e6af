"""Needs, answers and listings through the real actions, for tests."""

from itertools import count
from typing import Any

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.refs import Ref
from kernel.work import unit_of_work
from resources.actions.answers import give_answer
from resources.actions.needs import draft_need, publish_need
from resources.models import Answer, Listing, ListingSector, Need
from resources.need_text import NeedFacts
from search_index import feed
from tests.makers.people import person

_number = count(1)


def facts(**given: Any) -> NeedFacts:
    """What somebody might type."""
    number = next(_number)
    usual = {
        "title": f"Barrier film number {number} for perovskite cells",
        "teaser": "We look for a film that keeps water vapour out of flexible cells.",
        "sectors": ("materials",),
    }
    return NeedFacts(**{**usual, **given})


def need(*, owner: User | None = None, publish: bool = True, **given: Any) -> Need:
    """A need of `owner` (or somebody), open unless it shall stay a draft."""
    owner = owner or person()
    with unit_of_work():
        viewer = viewer_for(owner.id)
        made = draft_need(viewer, facts(**given))
        return publish_need(viewer, need_id=made.id) if publish else made


def answer(*, need: Need, author: User | None = None, message: str = "We laminate such films.", **given: Any) -> Answer:
    """An answer by `author` (or somebody)."""
    author = author or person()
    with unit_of_work():
        return give_answer(viewer_for(author.id), need_id=need.id, message=message, **given)


def listing(*, owner: User | None = None, title: str = "", **given: Any) -> Listing:
    """A published listing, as a row: what its forms do is tested with the listings."""
    owner = owner or person()
    number = next(_number)
    sectors = given.pop("sectors", ["materials"])
    usual = {
        "kind": "service",
        "slug": f"listing-{number}",
        "lang": "en",
        "summary": "Barrier coating and water vapour transmission testing.",
        "facts": {"service_kind": "testing"},
        "access": "quote",
        "published_at": now(),
    }
    with unit_of_work() as work:
        made = Listing(
            owner_id=owner.id,
            state="published",
            title=title or f"Coating of barrier films, line {number}",
            sectors=sectors,
            **{**usual, **given},
        )
        work.add(made)
        work.flush()
        work.add_all(ListingSector(listing_id=made.id, sector=sector) for sector in sectors)
        feed.changed(Ref("resources.listing", made.id))
    return made
