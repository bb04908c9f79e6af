"""What is removed: its author reads why, appeals, and somebody else decides; then it comes back whole."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from kernel.errors import ConflictError, ForbiddenError
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from moderation.actions.appeals import appeal, case_of
from moderation.models import Review
from moderation.reviewables import Outcome
from moderation.seals import sealed
from tests.integration.test_flags import keeper, post_ref, told
from tests.makers import forum as make
from tests.makers import listings as make_listing
from tests.makers import needs as make_need
from tests.makers import organisations as make_organisation
from tests.makers import watch
from tests.makers.people import person, sign_in


def _listing(author: User) -> Ref:
    return Ref("resources.listing", make_listing.listing(owner=author, title="A shelf of adverts").id)


def _need(author: User) -> Ref:
    return Ref("resources.need", make_need.need(owner=author).id)


def _opening(author: User) -> Ref:
    return Ref("forum.post", make.opening_post(make.thread(author=author)).id)


@pytest.mark.parametrize("made", [_listing, _need, _opening])
def test_what_the_staff_remove_is_gone_and_comes_back_by_an_appeal_that_another_decides(
    database: Session, made: Callable[[User], Ref]
) -> None:
    author, first, second = person(), person(staff=True), person(staff=True)
    ref = made(author)
    watch.flag(ref)
    watch.decide(watch.review_of(ref), by=first, outcome=Outcome.REMOVE)
    assert ref not in cards(Viewer(), [ref])
    removed = watch.review_of(ref)
    with unit_of_work():
        case = case_of("review", removed.id, user_id=author.id)
        pleaded = appeal(case, text="It is my own instrument, and free for all.")
    with pytest.raises(ConflictError), unit_of_work():
        appeal(case_of("review", removed.id, user_id=author.id), text="Once more.")
    waiting = watch.review_of(Ref("moderation.appeal", pleaded.id))
    with pytest.raises(ForbiddenError):
        watch.decide(waiting, by=first, outcome=Outcome.LIFT)
    watch.decide(waiting, by=second, outcome=Outcome.LIFT, reason="You are right.")
    assert ref in cards(Viewer(), [ref])
    assert told(author, "appeal.decided")


@pytest.mark.parametrize("is_opening", [False, True])
def test_whoever_wrote_what_was_removed_reads_it_beside_the_reason_and_nobody_else_does(
    client: FlaskClient, database: Session, *, is_opening: bool
) -> None:
    author = person()
    thread = make.thread(title="Edge seals", author=author, body="Butyl held for 1,000 h")
    post = make.opening_post(thread) if is_opening else make.post(thread=thread, author=author, body="UV glue did not")
    ref, words = Ref("forum.post", post.id), "Butyl held" if is_opening else "UV glue did not"
    watch.flag(ref)
    watch.decide(watch.review_of(ref), by=keeper(), outcome=Outcome.REMOVE)
    sign_in(client, author)
    standing = client.get("/standing").text
    assert "Edge seals" in standing
    assert words in standing
    assert "Edge seals" in client.get("/notifications").text
    sign_in(client, person())
    link = sealed("review", watch.review_of(ref).id, user_id=author.id)
    assert words in client.get(f"/appeals/{link}").text, "the link is the proof of whose it is"
    assert words not in client.get(f"/threads/{thread.id}").text
    assert words not in client.get("/standing").text


def test_who_imposed_it_is_not_asked_to_decide_the_appeal(client: FlaskClient, database: Session) -> None:
    author, first, second = person(), person(staff=True), person(staff=True)
    ref = post_ref(author)
    watch.flag(ref)
    watch.decide(watch.review_of(ref), by=first, outcome=Outcome.REMOVE)
    with unit_of_work():
        pleaded = appeal(case_of("review", watch.review_of(ref).id, user_id=author.id), text="It is no advert.")
    page = f"/moderation/{watch.review_of(Ref('moderation.appeal', pleaded.id)).id}"
    sign_in(client, first)
    assert f'action="{page}/decision"' not in client.get(page).text
    assert "Somebody else decides about an appeal against what you imposed." in client.get(page).text
    sign_in(client, second)
    assert f'action="{page}/decision"' in client.get(page).text


def test_a_profile_that_is_removed_says_nothing_anywhere_and_comes_back_whole(
    client: FlaskClient, database: Session
) -> None:
    user = person(bio="zq-advert", bio_html="<p>zq-advert</p>", website="https://zq-advert.example")
    staff = person(staff=True)
    ref = Ref("accounts.user", user.id)
    watch.flag(ref)
    review = watch.review_of(ref)
    watch.decide(review, by=staff, outcome=Outcome.REMOVE)
    for path in (f"/people/{user.handle}", f"/api/v1/people/{user.handle}", "/people"):
        assert "zq-advert" not in client.get(path).text
    for path in ("/log", "/api/v1/log"):
        log = client.get(path).text
        assert "It is an advert." in log
        assert user.display_name not in log, "the log names nobody whom it would hurt"
    sign_in(client, staff)
    assert "zq-advert" in client.get(f"/moderation/{review.id}").text
    with unit_of_work():
        appeal(case_of("review", review.id, user_id=user.id), text="It is my institute.")
    waiting = database.scalars(select(Review).where(Review.why == "appeal")).one()
    watch.decide(waiting, by=person(staff=True), outcome=Outcome.LIFT, reason="So it is.")
    assert "zq-advert" in client.get(f"/people/{user.handle}").text


def test_an_organisation_whose_page_is_removed_keeps_its_name(client: FlaskClient, database: Session) -> None:
    made = make_organisation.organisation(about="zq-advert of ours")
    watch.flag(Ref("accounts.organisation", made.id))
    watch.decide(watch.review_of(Ref("accounts.organisation", made.id)), by=person(staff=True), outcome=Outcome.REMOVE)
    page = client.get(f"/organisations/{made.slug}")
    assert page.status_code == 200
    assert "zq-advert" not in page.text


def test_a_need_out_of_sight_stays_so_when_its_owner_edits_it(client: FlaskClient, database: Session) -> None:
    owner = person()
    need = make_need.need(owner=owner)
    ref = Ref("resources.need", need.id)
    watch.flag(ref)
    watch.decide(watch.review_of(ref), by=person(staff=True), outcome=Outcome.REMOVE)
    sign_in(client, owner)
    assert client.get(f"/needs/{need.id}").status_code in (200, 301, 302, 303, 308)
    from kernel.checks import run_checks

    assert run_checks(mend=False) == []
