"""The demo town's listings and needs: whole, as the rules of the rooms would have made them, and bearable to seed."""

import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Organisation, User
from accounts.viewers import viewer_for
from kernel.clock import now
from resources.models import Answer, AnswerState, Conversation, Listing, Message, Need, NeedState
from resources.models.answer import WAITING
from resources.vocabulary import KINDS
from seeds import seed_demo
from seeds.needs import read_needs
from seeds.offers import read_listings
from seeds.parsing import read_people
from tests.makers.people import sign_in

PLACES = {"3301", "3302", "3304", "50", "34", "44", "51", "11", "31", "12"}
NINE_TASKS = {
    "research", "transfer", "testing", "incubation", "ip", "consulting", "finance", "outreach", "general",
}  # fmt: skip


def test_the_shelf_covers_kinds_sectors_and_places(database: Session) -> None:
    listings = [seed.offer for seed in read_listings(read_people())]
    assert len(listings) == 120
    assert {offer.kind for offer in listings} == set(KINDS)
    assert sum(offer.kind == "instrument" for offer in listings) == 25
    assert {offer.facts["service_kind"] for offer in listings if offer.kind == "service"} >= NINE_TASKS
    sectors = Counter(sector for offer in listings for sector in offer.sectors)
    assert len(sectors) == 10
    assert min(sectors.values()) >= 5
    assert {offer.region for offer in listings} | {offer.city for offer in listings} >= PLACES
    assert Counter(offer.lang[:2] for offer in listings)["en"] >= 30


def test_needs_are_in_all_states_and_some_anonymous(database: Session) -> None:
    needs = read_needs(read_people())
    assert len(needs) == 30
    assert {seed.state for seed in needs} == set(NeedState)
    assert sum(seed.facts.visibility == "anonymous" for seed in needs) == 6
    states = Counter(answer.state for seed in needs for answer in seed.answers)
    assert states.keys() >= {
        AnswerState.PROPOSED, AnswerState.SHORTLISTED, AnswerState.ACCEPTED, AnswerState.DECLINED, AnswerState.CLOSED,
    }  # fmt: skip


def test_what_is_seeded_keeps_the_rules_of_the_rooms(database: Session) -> None:
    started = time.process_time()
    seed_demo()
    assert time.process_time() - started < 30, "the demo town is seeded by every browser test"
    moment = now()
    assert database.scalar(select(func.count()).select_from(Listing)) == 120
    assert list(database.scalars(select(Listing.title).where(Listing.is_stale))) == ["澄源水务：工业回用水整包"]
    in_names = select(Organisation.slug, func.count()).join(Listing, Listing.organisation_id == Organisation.id)
    assert dict(database.execute(in_names.group_by(Organisation.slug)).all()) == {
        "qixia-institute-of-thin-films": 2, "chengguang-modules": 2, "minhai-university": 1,
    }  # fmt: skip
    for answer, conversation, need in database.execute(
        select(Answer, Conversation, Need)
        .join(Conversation, Conversation.id == Answer.conversation_id)
        .join(Need, Need.id == Answer.need_id)
    ):
        has_ended = answer.state not in WAITING
        assert (answer.ended_at is not None) == has_ended == bool(answer.ending_message)
        assert (conversation.closed_at is not None) == (has_ended and answer.state != AnswerState.ACCEPTED)
        assert conversation.waiting_since is None or not has_ended
        assert (conversation.owner_alias == need.alias) == (need.is_anonymous and answer.state != AnswerState.ACCEPTED)
        assert need.created_at < answer.created_at <= conversation.last_at <= moment
    messages = database.scalars(select(Message).order_by(Message.conversation_id, Message.id)).all()
    for before, after in pairwise(messages):
        assert before.conversation_id != after.conversation_id or before.created_at <= after.created_at
    slow = select(func.count()).where(Conversation.waiting_since < moment - timedelta(days=21))
    assert database.scalar(slow) == 2, "an answer and an enquiry that nobody replied to"


@pytest.mark.usefixtures("database")
def test_nobody_learns_whose_an_anonymous_need_is(client: FlaskClient, database: Session) -> None:
    seed_demo()
    need = database.scalars(select(Need).where(Need.title.like("高比能电池包%"))).one()
    owner = database.get_one(User, need.owner_id)
    sign_in(client, database.scalars(select(User).where(User.handle == "chen-yu")).one())
    page = client.get(f"/needs/{need.id}-{need.slug}")
    assert page.status_code == 200
    assert owner.handle not in page.text
    assert owner.display_name not in page.text
    assert owner.affiliation not in page.text
    assert viewer_for(owner.id).display_name == owner.display_name
