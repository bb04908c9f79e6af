"""Listings and needs as somebody of bad will, or bad luck, meets them."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.refs import Ref
from kernel.work import unit_of_work
from resources.actions import answers, conversations, needs, refusing
from resources.models import Conversation, Listing, NeedState, Side
from resources.queries.needs import SLOW_AFTER, is_slow_person
from tests.makers import needs as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import index

GIVEN = {
    "kind": "instrument",
    "summary": "What it is good for.",
    "access": "request",
    "facts": {"class": "analytical", "model": "M", "location": "L"},
}
MARKS = "a" + "\u0301\u0316" * 100_000  # whoever composes it in one piece compares each mark with all the others


def quick(seconds: float = 3.0) -> Any:
    """A context that fails when it takes longer."""

    class Clock:
        def __enter__(self) -> None:
            self.start = time.monotonic()

        def __exit__(self, *_: object) -> None:
            assert time.monotonic() - self.start < seconds

    return Clock()


def test_what_an_owner_refused_is_still_a_match_for_others(app: Flask, client: FlaskClient) -> None:
    owner, offerer, stranger = person(), person(), person()
    need = make.need(owner=owner, visibility="anonymous")
    offered, other = make.listing(owner=offerer), make.listing(owner=offerer)
    with index(app):
        before = Program(client, stranger).get(f"/needs/{need.id}/matches").json["items"]
        with unit_of_work():
            refusing.refuse_match(
                viewer_for(owner.id),
                need_id=need.id,
                ref=Ref("resources.listing", offered.id),
                side=Side.NEED,
                reason="known",
            )
        after = Program(client, stranger).get(f"/needs/{need.id}/matches").json["items"]
        mine = Program(client, owner).get(f"/needs/{need.id}/matches").json["items"]
    assert {row["ref"] for row in before} >= {f"resources.listing:{offered.id}", f"resources.listing:{other.id}"}
    assert after == before
    assert f"resources.listing:{offered.id}" not in {row["ref"] for row in mine}


def test_what_an_offerer_refused_is_still_seen_by_others(app: Flask, client: FlaskClient) -> None:
    offerer, stranger = person(), person()
    need, offered = make.need(), make.listing(owner=offerer)
    with index(app):
        with unit_of_work():
            refusing.refuse_match(
                viewer_for(offerer.id),
                need_id=need.id,
                ref=Ref("resources.listing", offered.id),
                side=Side.LISTING,
                reason="known",
            )
        sign_in(client, stranger)
        assert need.title in client.get(f"/listings/{offered.id}/needs").text
        sign_in(client, offerer)
        assert need.title not in client.get(f"/listings/{offered.id}/needs").text


def test_what_somebody_shut_out_offers_is_no_match_and_nobody_can_ask_for_it(app: Flask, client: FlaskClient) -> None:
    offerer, seeker = person(), person()
    need, offered = make.need(owner=seeker), make.listing(owner=offerer)
    with unit_of_work():
        offerer.suspended_at = now()
    sign_in(client, seeker)
    with index(app):
        assert offered.title not in client.get(f"/needs/{need.id}/matches").text
    assert client.get(f"/listings/{offered.id}").status_code == 404
    assert client.get(f"/listings/{offered.id}/enquiries").status_code == 404
    assert client.get(f"/listings/{offered.id}/needs").status_code == 404
    sent = client.post(f"/listings/{offered.id}/enquiries", data={"body": "Is it free?", "purpose": "question"})
    assert sent.status_code == 404


def test_a_table_cannot_smuggle_in_an_address_that_is_none(client: FlaskClient, database: Session) -> None:
    owner = person()
    sign_in(client, owner)
    head = "kind,title,summary,access,source_name,source_url,model,location,class\r\n"
    row = "instrument,Bad one,What,request,Click here,javascript:alert(1),M,L,analytical\r\n"
    sent = client.post("/listings/import", data={"file": (_file(head + row), "a.csv")})
    assert sent.status_code == 303
    client.post(sent.location, data={"then": "publish"})
    made = database.scalars(select(Listing).where(Listing.owner_id == owner.id)).all()
    assert all(not listing.source_url.startswith("javascript") for listing in made)


def _file(text: str) -> Any:
    import io

    return io.BytesIO(text.encode())


def test_a_form_sent_again_after_its_draft_was_thrown_away(client: FlaskClient) -> None:
    owner = person()
    sign_in(client, owner)
    form = {"title": "A film", "kind": "research", "visibility": "public", "once": "key-1", "then": "draft"}
    made = client.post("/needs", data=form)
    number = made.location.rsplit("/", 1)[1].partition("-")[0]
    assert client.post(f"/needs/{number}/discard").status_code == 303
    assert client.post("/needs", data=form).status_code < 500


def test_a_listing_form_sent_again_after_its_draft_was_deleted(client: FlaskClient, database: Session) -> None:
    owner = person()
    sign_in(client, owner)
    form = {"title": "A film", "once": "key-2", "draft": "1"}
    client.post("/listings/new/instrument", data=form)
    made = database.scalars(select(Listing).where(Listing.owner_id == owner.id)).one()
    assert client.post(f"/listings/{made.id}/withdraw").status_code == 303
    assert client.post("/listings/new/instrument", data=form).status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "trl",
        "budget",
        "kind",
        "place",
        "deadline",
        "visibility",
        "alliance",
        "once",
        "targets-0-value",
        "targets-99999999999999999999-value",
    ],
)
def test_a_need_of_huge_numbers(client: FlaskClient, name: str) -> None:
    sign_in(client, person())
    form = {"title": "A film", "kind": "research", "visibility": "public", name: "9" * 5000}
    assert client.post("/needs", data=form).status_code < 500
    assert client.post("/needs/quality", data=form).status_code < 500


def test_the_latest_words_are_shown_however_long_two_people_talk(client: FlaskClient) -> None:
    offerer, asker = person(), person()
    offered = make.listing(owner=offerer)
    with unit_of_work():
        talk = conversations.enquire(
            viewer_for(asker.id), listing_id=offered.id, purpose="question", body="first words"
        )
        for number in range(520):
            conversations.say(talk, author_id=asker.id, body=f"word {number}", tell=False)
        conversations.say(talk, author_id=offerer.id, body="the very last words", tell=False)
    sign_in(client, asker)
    assert "the very last words" in client.get(f"/conversations/{talk.id}").text


def test_many_marks_on_one_letter_take_no_time(client: FlaskClient) -> None:
    owner = person()
    need, offered = make.need(owner=owner), make.listing()
    sign_in(client, owner)
    with quick():
        sent = client.post(
            f"/needs/{need.id}/matches/refusals",
            data={"kind": "resources.listing", "ref_id": offered.id, "reason": "known", "words": MARKS},
        )
    assert sent.status_code < 500
    with quick():
        assert client.post("/listings/new/instrument", data={"title": "A", "price": MARKS}).status_code == 422
    with quick():
        assert client.post("/needs/quality", data={"title": MARKS, "place": MARKS}).status_code == 200


def test_nothing_of_a_lost_invitation(client: FlaskClient) -> None:
    owner, guest = person(), person()
    need = make.need(owner=owner, visibility="invited", title="A secret barrier film")
    sign_in(client, guest)
    assert client.get(f"/needs/{need.id}").status_code == 404
    with unit_of_work():
        needs.invite(viewer_for(owner.id), need_id=need.id, handle=guest.handle)
    client.post("/follows", data={"ref": f"resources.need:{need.id}", "level": "watching"})
    client.post("/bookmarks", data={"ref": f"resources.need:{need.id}"})
    assert need.title in client.get("/needs").text
    with unit_of_work():
        needs.uninvite(viewer_for(owner.id), need_id=need.id, handle=guest.handle)
        needs.edit_need(
            viewer_for(owner.id),
            make.facts(title="Another secret title", visibility="invited"),
            need_id=need.id,
        )
        needs.end_need(viewer_for(owner.id), need_id=need.id, state=NeedState.CLOSED, message="A parting word")
    for page in (
        "/needs?state=all",
        "/notifications",
        "/bookmarks",
        "/needs/mine",
        "/search?q=secret",
        "/conversations",
    ):
        text = client.get(page).text
        assert "Another secret title" not in text, page
        assert "A secret barrier" not in text, page
        assert "A parting word" not in text, page


def test_an_open_need_keeps_what_it_needed_to_be_published(client: FlaskClient) -> None:
    owner = person()
    need = make.need(owner=owner)
    sign_in(client, owner)
    sent = client.post(
        f"/needs/{need.id}", data={"title": need.title, "kind": "research", "visibility": "public", "teaser": ""}
    )
    assert sent.status_code == 422


@pytest.mark.parametrize("field", ["title", "teaser", "problem", "place"])
def test_lone_surrogates_by_a_program(client: FlaskClient, field: str) -> None:
    program = Program(client, person())
    body = {"title": "A film", "kind": "research", "teaser": "x", field: "\ud800"}
    assert program.post("/needs", body).status_code < 500


@pytest.mark.parametrize("field", ["title", "summary", "body", "place", "tariff", "access_url"])
def test_lone_surrogates_in_a_listing(client: FlaskClient, field: str) -> None:
    program = Program(client, person())
    body = {"title": "A film", "kind": "instrument", "publish": False, field: "\ud800\ud800\ud800"}
    assert program.post("/listings", body).status_code < 500


def test_a_program_that_may_only_read_writes_nothing(client: FlaskClient) -> None:
    owner, author = person(), person()
    need, offered = make.need(owner=owner), make.listing(owner=owner)
    answer = make.answer(need=need, author=author)
    program = Program(client, owner, scopes=("read",))
    for method, path, body in (
        ("POST", "/needs", {"title": "A film", "kind": "research"}),
        ("POST", f"/needs/{need.id}/answers", {"message": "x"}),
        ("PUT", f"/answers/{answer.id}/accepted", {"message": "x"}),
        ("POST", "/listings", {"title": "A film", "kind": "instrument"}),
        ("PATCH", f"/listings/{offered.id}", {"title": "Changed"}),
        ("DELETE", f"/listings/{offered.id}", None),
        ("POST", "/searches", {"address": "q=film"}),
    ):
        assert program.send(method, path, body).status_code == 403, path


def test_somebody_else_moves_nothing(client: FlaskClient) -> None:
    owner, author, other = person(), person(), person()
    need, offered = make.need(owner=owner), make.listing(owner=owner)
    draft = make.need(owner=owner, publish=False)
    answer = make.answer(need=need, author=author)
    sign_in(client, other)
    form = {
        "title": "Changed",
        "kind": "research",
        "visibility": "public",
        "message": "x",
        "handle": other.handle,
        "reason": "known",
        "ref_id": offered.id,
        "need_id": need.id,
        "body": "x",
        "state": "closed",
    }
    for path in (
        f"/needs/{draft.id}",
        f"/needs/{draft.id}/publication",
        f"/needs/{draft.id}/discard",
        f"/needs/{draft.id}/ending",
        f"/needs/{need.id}",
        f"/needs/{need.id}/publication",
        f"/needs/{need.id}/discard",
        f"/needs/{need.id}/ending",
        f"/needs/{need.id}/invitations",
        f"/needs/{need.id}/invitations/withdrawal",
        f"/needs/{need.id}/matches/refusals",
        f"/answers/{answer.id}/shortlist",
        f"/answers/{answer.id}/acceptance",
        f"/answers/{answer.id}/refusal",
        f"/answers/{answer.id}/withdrawal",
        f"/answers/{answer.id}/opening",
        f"/conversations/{answer.conversation_id}/messages",
        f"/listings/{offered.id}/edit",
        f"/listings/{offered.id}/publish",
        f"/listings/{offered.id}/pause",
        f"/listings/{offered.id}/withdraw",
        f"/listings/{offered.id}/confirm",
        f"/listings/{offered.id}/files",
        f"/listings/{offered.id}/needs/refusals",
    ):
        assert client.post(path, data=form).status_code in (403, 404, 409), path
    sign_in(client, author)
    for deed in ("shortlist", "acceptance", "refusal", "opening"):
        assert client.post(f"/answers/{answer.id}/{deed}", data=form).status_code == 403, deed


def test_a_slow_owner_is_not_known_by_an_anonymous_need(client: FlaskClient) -> None:
    owner, author = person(), person()
    need = make.need(owner=owner, visibility="anonymous")
    answer = make.answer(need=need, author=author)
    with unit_of_work() as work:
        answers.accept(viewer_for(owner.id), answer_id=answer.id, message="Welcome")
        work.get_one(Conversation, answer.conversation_id).waiting_since = now() - SLOW_AFTER * 2
    assert not is_slow_person(owner.id)
    open_to_all = make.answer(need=make.need(owner=owner), author=author)
    with unit_of_work() as work:
        work.get_one(Conversation, open_to_all.conversation_id).waiting_since = now() - SLOW_AFTER * 2
    assert is_slow_person(owner.id)


def test_an_accepted_answer_opens_the_name_to_its_author_alone(client: FlaskClient) -> None:
    owner, author, rival = person(display_name="Verborgener Auftraggeber"), person(), person()
    need = make.need(owner=owner, visibility="anonymous")
    won, lost = make.answer(need=need, author=author), make.answer(need=need, author=rival)
    with unit_of_work():
        answers.accept(viewer_for(owner.id), answer_id=won.id, message="Welcome")
        needs.end_need(viewer_for(owner.id), need_id=need.id, state=NeedState.MET, message="It is met")
    sign_in(client, rival)
    for path in (
        f"/needs/{need.id}-{need.slug}",
        f"/conversations/{lost.conversation_id}",
        "/conversations",
        "/notifications",
    ):
        assert "Verborgener" not in client.get(path).text, path
    assert client.get(f"/conversations/{won.conversation_id}").status_code == 404
    assert client.post(f"/answers/{lost.id}/withdrawal", data={"message": "x"}).status_code == 409
    sign_in(client, author)
    assert "Verborgener" in client.get(f"/conversations/{won.conversation_id}").text


def test_what_the_staff_took_down_its_owner_does_not_put_back(client: FlaskClient) -> None:
    owner, staff = person(), person(staff=True)
    given = Program(client, owner).post("/listings", {**GIVEN, "title": "Bad offer"})
    listing = given.json["id"]
    sign_in(client, staff)
    client.post(f"/listings/{listing}/withdraw")
    assert "Took the listing" in client.get("/log").text
    assert Program(client, owner).patch(f"/listings/{listing}", {"state": "published"}).status_code == 409
    client.post(f"/listings/{listing}/publish")
    assert client.get(f"/listings/{listing}", follow_redirects=True).status_code == 200
    for state in ("paused", "published"):
        assert Program(client, owner).patch(f"/listings/{listing}", {"state": state}).status_code == 200


def test_words_of_the_staff_are_not_put_into_the_mouth_of_an_owner(client: FlaskClient) -> None:
    need, staff, author = make.need(title="A need to be closed"), person(staff=True), person()
    answer = make.answer(need=need, author=author)
    sign_in(client, staff)
    client.post(f"/needs/{need.id}/ending", data={"state": "closed", "message": "Against the rules"})
    assert "Closed the need" in client.get("/log").text
    sign_in(client, author)
    assert (
        "The staff closed this need: Against the rules" in client.get(f"/conversations/{answer.conversation_id}").text
    )
