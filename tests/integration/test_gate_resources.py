"""What people offer, look for and say of themselves whom nobody knows yet waits as a draft, or has its limits."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.organisations import change_organisation, found_organisation
from accounts.actions.profiles import change_profile
from accounts.models import User
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.work import unit_of_work
from moderation.actions.words import watch_word
from moderation.models import Review, Submission
from resources.actions.answers import give_answer
from resources.actions.listings import change_listing, withdraw_listing
from resources.models import Listing, ListingState, NeedState
from tests.makers import gate as make_gate
from tests.makers import listings as make_listing
from tests.makers import needs as make_need
from tests.makers import organisations as make_organisation
from tests.makers.api import Program
from tests.makers.people import newcomer, person, sign_in

LINKS = "https://a.example.com https://b.example.com https://c.example.com"


@pytest.fixture
def staff(database: Session) -> User:
    return person(staff=True)


def waiting() -> Submission:
    session().expire_all()
    return session().scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one()


def test_a_newcomers_listing_is_a_draft_until_it_is_approved(client: FlaskClient, staff: User) -> None:
    new = newcomer()
    offered = make_listing.listing(owner=new)
    assert offered.state == ListingState.DRAFT
    sign_in(client, person())
    assert client.get(f"/listings/{offered.id}").status_code == 404
    make_gate.decided(staff, waiting())
    assert session().get_one(Listing, offered.id, populate_existing=True).state == ListingState.PUBLISHED


def test_a_listing_that_was_changed_since_is_not_approved_unseen(staff: User) -> None:
    new = newcomer()
    offered = make_listing.listing(owner=new)
    with unit_of_work():
        change_listing(viewer_for(new.id), listing_id=offered.id, offer=make_listing.offer(summary="Something else"))
    with pytest.raises(ConflictError):
        make_gate.decided(staff, waiting())
    assert make_gate.is_open(waiting())


def test_a_draft_thrown_away_leaves_the_queue(staff: User) -> None:
    new = newcomer()
    offered = make_listing.listing(owner=new)
    with unit_of_work():
        withdraw_listing(viewer_for(new.id), listing_id=offered.id)
    assert not make_gate.is_open(waiting())


def test_links_do_not_slip_into_a_listing_that_was_approved(staff: User) -> None:
    new = newcomer()
    offered = make_listing.listing(owner=new)
    make_gate.decided(staff, waiting())
    with pytest.raises(InvalidError), unit_of_work():
        change_listing(viewer_for(new.id), listing_id=offered.id, offer=make_listing.offer(body=LINKS))


def test_a_newcomers_need_is_a_draft_until_it_is_approved(staff: User) -> None:
    new = newcomer()
    held = make_need.need(owner=new)
    assert held.state == NeedState.DRAFT
    make_gate.decided(staff, waiting())
    session().refresh(held)
    assert held.state == NeedState.OPEN


def test_a_program_hears_that_its_listing_waits(client: FlaskClient, database: Session) -> None:
    offered = make_listing.listing(owner=(new := newcomer()), state=ListingState.DRAFT)
    answer = Program(client, new).patch(f"/listings/{offered.id}", {"state": "published"})
    assert (answer.status_code, answer.json["state"]) == (202, "draft")


def test_an_answer_is_between_two_people_and_has_its_limits(database: Session) -> None:
    held, new = make_need.need(owner=person()), newcomer()
    with pytest.raises(InvalidError), unit_of_work():
        give_answer(viewer_for(new.id), need_id=held.id, message=f"See {LINKS}")
    with unit_of_work():
        give_answer(viewer_for(new.id), need_id=held.id, message="We can do it.")
    assert session().scalars(select(Review)).all() == []


@pytest.mark.parametrize(
    ("field", "said"), [("bio", "Buy at https://spam.example"), ("website", "https://spam.example")]
)
def test_newcomers_have_no_links_in_their_profile(database: Session, field: str, said: str) -> None:
    new = newcomer()
    with pytest.raises(InvalidError) as refusal, unit_of_work():
        change_profile(viewer_for(new.id), display_name="New", **{field: said})
    assert list(refusal.value.errors) == [field]
    member = person(trust_level=1)
    with unit_of_work():
        change_profile(viewer_for(member.id), display_name="Member", **{field: said})


def test_watched_words_in_a_profile_bring_it_before_the_staff(staff: User) -> None:
    with unit_of_work():
        watch_word(viewer_for(staff.id), pattern="代开发票", action="hold")
    member = person()
    with unit_of_work():
        change_profile(viewer_for(member.id), display_name="Member", bio="我们代开发票")
    review = session().scalars(select(Review)).one()
    assert (review.kind, review.ref_id, review.scope, review.details) == (
        "accounts.user", member.id, "staff", {"words": ["代开发票"]},
    )  # fmt: skip


def test_an_organisation_of_a_newcomer_has_a_website_and_no_row_of_links(database: Session) -> None:
    new = newcomer()
    with unit_of_work():
        made = found_organisation(viewer_for(new.id), make_organisation.facts(website="https://firm.example"))
    with pytest.raises(InvalidError) as refusal, unit_of_work():
        change_organisation(viewer_for(new.id), made, make_organisation.facts(name=made.name, about=LINKS))
    assert list(refusal.value.errors) == ["about"]
