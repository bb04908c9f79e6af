"""A need from its draft to its end, and what becomes of its answers: every state, and what is refused in it."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from resources.actions import answers, conversations, needs
from resources.models import Answer, Conversation, Need, NeedState
from resources.queries.answers import LIST
from tests.makers import needs as make
from tests.makers.people import person, sign_in
from tests.queries import queries

FORM = {
    "title": "WVTR below 10⁻⁴ g/(m²·d)",
    "kind": "testing",
    "teaser": "We look for a barrier film.",
    "visibility": "public",
    "sectors": ["materials", "energy"],
    "place": "杭州",
    "targets-0-quantity": "WVTR",
    "targets-0-value": "≤ 10⁻⁴",
    "targets-0-unit": "g/(m²·d)",
    "deadline": "",
}


def viewer(user_id: int) -> Viewer:
    return viewer_for(user_id)


def events(user_id: int, database: Session) -> list[str]:
    return list(database.scalars(select(Notice.event).where(Notice.user_id == user_id).order_by(Notice.id)))


def test_a_need_is_written_published_and_read(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(display_name="Haiyue"))
    answer = client.post("/needs", data=FORM | {"then": "draft"})
    assert answer.status_code == 303
    held = database.scalars(select(Need)).one()
    assert (held.state, held.region, held.sectors) == ("draft", "3301", ["materials", "energy"])
    assert held.title == FORM["title"]
    assert held.targets == [{"quantity": "WVTR", "value": "≤ 10⁻⁴", "unit": "g/(m²·d)"}]
    assert held.title not in client.get("/needs").text
    assert client.post(f"/needs/{held.id}", data=FORM | {"then": "publish"}).status_code == 303
    fresh = client.application.test_client()
    assert held.title in fresh.get("/needs?sector=energy&region=33&kind=testing").text
    assert held.title not in fresh.get("/needs?sector=bio").text
    page = fresh.get(answer.location)
    assert page.status_code == 200
    assert "Haiyue" in page.text
    assert "10⁻⁴" in page.text


def test_what_cannot_be_kept_stays_in_the_form(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    wrong = FORM | {"place": "Atlantis", "kind": "wishes", "targets-1-quantity": "thickness", "targets-1-value": ""}
    answer = client.post("/needs", data=wrong | {"teaser": "kept words", "then": "publish"})
    assert answer.status_code == 422
    assert "kept words" in answer.text
    assert answer.text.count('class="error"') == 3
    assert database.scalars(select(Need)).all() == []


def test_publishing_without_a_teaser_keeps_the_draft_and_says_what_is_missing(
    client: FlaskClient, database: Session
) -> None:
    sign_in(client, person())
    answer = client.post("/needs", data=FORM | {"teaser": "", "then": "publish"})
    assert answer.status_code == 422
    held = database.scalars(select(Need)).one()
    assert held.state == "draft"
    assert f'action="/needs/{held.id}"' in answer.text


def test_the_form_is_filled_from_the_address_and_grows_without_script(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    assert 'value="A film for cells"' in client.get("/needs/new?title=A+film+for+cells").text
    more = client.post("/needs", data=FORM | {"more": "1"}).text
    assert "targets-3-quantity" in more
    assert 'value="WVTR"' in more
    preview = client.post("/needs", data=FORM | {"preview": "1"}).text
    assert 'id="preview"' in preview
    assert "We look for a barrier film." in preview


def test_the_meter_says_what_is_missing(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    empty = client.post("/needs/quality", data={"title": "x"}).text
    full = client.post("/needs/quality", data=FORM).text
    score = re.compile(r"<strong>(\d+)</strong>")
    assert score.search(empty)[1] == "0"
    assert 50 <= int(score.search(full)[1]) < 100
    assert "Sector and kind weigh most" in empty
    assert "Sector and kind weigh most" not in full


def test_the_same_form_sent_twice_is_one_need_and_one_answer(client: FlaskClient, database: Session) -> None:
    owner, provider = person(), person()
    sign_in(client, owner)
    first, second = (client.post("/needs", data=FORM | {"once": "abc", "then": "publish"}) for _ in range(2))
    assert first.location == second.location
    held = database.scalars(select(Need)).one()
    sign_in(client, provider)
    sent = {"message": "We laminate.", "once": "def"}
    assert [client.post(f"/needs/{held.id}/answers", data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(database.scalars(select(Answer)).all()) == 1
    assert client.post(f"/needs/{held.id}/answers", data=sent | {"once": "ghi"}).status_code == 409


def test_an_answer_is_accepted_and_the_need_met(database: Session) -> None:
    owner, first, second = person(), person(), person()
    need = make.need(owner=owner)
    taken, other = make.answer(need=need, author=first), make.answer(need=need, author=second)
    me = viewer(owner.id)
    with pytest.raises(ConflictError), unit_of_work():
        needs.end_need(me, need_id=need.id, state=NeedState.MET, message="Thanks")
    with unit_of_work():
        answers.shortlist(me, answer_id=taken.id)
        answers.accept(me, answer_id=taken.id, message="Let us begin")
    with unit_of_work():
        needs.end_need(me, need_id=need.id, state=NeedState.MET, message="We have what we need")
    database.expire_all()
    assert need.state == "met"
    assert (taken.state, other.state) == ("accepted", "closed")
    assert other.ending_message == "We have what we need"
    talks = {row.id: row for row in database.scalars(select(Conversation))}
    assert talks[taken.conversation_id].closed_at is None
    assert talks[other.conversation_id].closing_message == "We have what we need"
    assert events(first.id, database) == ["answer.shortlisted", "answer.accepted"]
    assert events(second.id, database) == ["answer.closed"]
    assert events(owner.id, database) == ["need.answer", "need.answer"]


@pytest.mark.parametrize("end", ["accept", "decline", "withdraw", "close"])
def test_an_answer_that_ended_goes_nowhere_else(database: Session, end: str) -> None:
    owner, author = person(), person()
    need = make.need(owner=owner)
    answer = make.answer(need=need, author=author)
    mine, theirs = viewer(owner.id), viewer(author.id)
    deeds = {
        "accept": lambda: answers.accept(mine, answer_id=answer.id, message="Yes"),
        "decline": lambda: answers.decline(mine, answer_id=answer.id, reason="price", message="Too dear"),
        "withdraw": lambda: answers.withdraw(theirs, answer_id=answer.id, message="We are full"),
        "close": lambda: needs.end_need(mine, need_id=need.id, state=NeedState.CLOSED, message="Over"),
    }
    with unit_of_work():
        deeds[end]()
    database.expire_all()
    ended = (answer.state, answer.ending_message)
    assert ended[1]
    for name in ("accept", "decline", "withdraw"):
        if name != end:
            with pytest.raises(ConflictError), unit_of_work():
                deeds[name]()
    with pytest.raises(ConflictError), unit_of_work():
        answers.shortlist(mine, answer_id=answer.id)
    with unit_of_work():
        deeds[end]()  # once more changes nothing
    database.expire_all()
    assert (answer.state, answer.ending_message) == ended


def test_every_end_needs_words(database: Session) -> None:
    owner, author = person(), person()
    need = make.need(owner=owner)
    answer = make.answer(need=need, author=author)
    mine, theirs = viewer(owner.id), viewer(author.id)
    for deed in (
        lambda: answers.accept(mine, answer_id=answer.id, message=" \n"),
        lambda: answers.decline(mine, answer_id=answer.id, reason="price", message=""),
        lambda: answers.decline(mine, answer_id=answer.id, reason="mood", message="No"),
        lambda: answers.withdraw(theirs, answer_id=answer.id, message=""),
        lambda: needs.end_need(mine, need_id=need.id, state=NeedState.CLOSED, message=""),
    ):
        with pytest.raises(InvalidError), unit_of_work():
            deed()
    database.expire_all()
    assert answer.state == "proposed"


def test_many_answers_are_read_page_by_page(client: FlaskClient, database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    given = [make.answer(need=need).id for _number in range(LIST + 1)]
    sign_in(client, owner)
    address = f"/needs/{need.id}-{need.slug}"
    first = client.get(address).text
    assert re.findall(r'id="answer-([0-9]+)"', first) == [str(number) for number in given[:LIST]]
    more = re.search(r'name="answers" value="([^"]+)"', first)
    assert more is not None
    rest = client.get(address, query_string={"answers": more[1]}).text
    assert re.findall(r'id="answer-([0-9]+)"', rest) == [str(given[LIST])]


def test_only_the_two_sides_move_an_answer(database: Session) -> None:
    owner, author, other = person(), person(), person(staff=True)
    need = make.need(owner=owner)
    answer = make.answer(need=need, author=author)
    for deed in (answers.accept, answers.withdraw):
        with pytest.raises(NotFoundError), unit_of_work():
            deed(viewer(other.id), answer_id=answer.id, message="Mine")
    with pytest.raises(ForbiddenError), unit_of_work():
        answers.accept(viewer(author.id), answer_id=answer.id, message="Mine")
    with pytest.raises(ForbiddenError), unit_of_work():
        answers.withdraw(viewer(owner.id), answer_id=answer.id, message="Mine")
    with pytest.raises(ForbiddenError), unit_of_work():
        answers.give_answer(viewer(owner.id), need_id=need.id, message="My own")


def test_an_ended_need_takes_nothing_more(database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    me = viewer(owner.id)
    with unit_of_work():
        needs.end_need(me, need_id=need.id, state=NeedState.CLOSED, message="Over")
    with pytest.raises(ForbiddenError), unit_of_work():
        answers.give_answer(viewer(person().id), need_id=need.id, message="Late")
    with pytest.raises(ConflictError), unit_of_work():
        needs.edit_need(me, make.facts(), need_id=need.id)
    with pytest.raises(ConflictError), unit_of_work():
        needs.end_need(me, need_id=need.id, state=NeedState.MET, message="Met")
    with pytest.raises(ConflictError), unit_of_work():
        needs.publish_need(me, need_id=need.id)


def test_the_full_text_is_opened_read_and_noted(client: FlaskClient, database: Session) -> None:
    owner, author, stranger = person(display_name="Owner O"), person(display_name="Reader R"), person()
    need = make.need(owner=owner, problem="the hidden problem")
    answer = make.answer(need=need, author=author)
    url = f"/needs/{need.id}-{need.slug}"
    for who in (author, stranger):
        sign_in(client, who)
        assert "the hidden problem" not in client.get(url).text
        assert client.post(f"/needs/{need.id}/reading").status_code == 409
    sign_in(client, owner)
    assert client.post(f"/answers/{answer.id}/opening").status_code == 303
    sign_in(client, author)
    page = client.get(url).text
    assert "the hidden problem" not in page
    assert "Read the full text" in page
    assert client.post(f"/needs/{need.id}/reading").status_code == 303
    assert "the hidden problem" in client.get(url).text
    sign_in(client, owner)
    assert "Reader R" in client.get(url).text.partition("Who read the full text")[2]
    with unit_of_work():
        needs.edit_need(viewer(owner.id), make.facts(problem="another problem"), need_id=need.id)
    sign_in(client, author)
    assert "another problem" not in client.get(f"/needs/{need.id}", follow_redirects=True).text
    sign_in(client, stranger)
    assert "another problem" not in client.get(f"/needs/{need.id}", follow_redirects=True).text


def test_a_conversation_is_for_its_two_sides(client: FlaskClient, database: Session) -> None:
    owner, author = person(display_name="Owner O"), person(display_name="Author A")
    need = make.need(owner=owner)
    answer = make.answer(need=need, author=author, message="first words")
    url = f"/conversations/{answer.conversation_id}"
    for who, other in ((owner, "Author A"), (author, "Owner O")):
        sign_in(client, who)
        page = client.get(url)
        assert page.status_code == 200
        assert "first words" in page.text
        assert other in page.text
        assert client.post(f"{url}/messages", data={"body": f"words of {who.handle}"}).status_code == 303
        assert f"words of {who.handle}" in client.get(url).text
    assert client.post(f"{url}/messages", data={"body": " "}).status_code == 422
    assert client.post(f"{url}/messages", data={"body": "end", "then": "close"}).status_code == 422
    sign_in(client, person(staff=True))
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/messages", data={"body": "mine"}).status_code == 404
    assert "first words" not in client.get("/conversations").text


def test_a_conversation_says_why_an_answer_was_declined(client: FlaskClient, database: Session) -> None:
    need, author = make.need(), person()
    answer = make.answer(need=need, author=author)
    with unit_of_work():
        answers.decline(viewer(need.owner_id), answer_id=answer.id, reason="price", message="Sorry.")
    sign_in(client, author)
    page = client.get(f"/conversations/{answer.conversation_id}", headers={"Accept-Language": "en"}).text
    assert "declined the answer</span> · Too expensive" in page
    assert "Sorry." in page


def test_an_enquiry_goes_on_in_one_conversation_until_it_is_closed(client: FlaskClient, database: Session) -> None:
    owner, asker = person(), person()
    listing = make.listing(owner=owner)
    sign_in(client, asker)
    url = f"/listings/{listing.id}/enquiries"
    assert client.get(url + "?purpose=quote").status_code == 200
    first = client.post(url, data={"body": "How much is it?", "purpose": "quote", "once": "a"})
    again = client.post(url, data={"body": "How much is it?", "purpose": "quote", "once": "a"})
    second = client.post(url, data={"body": "And by Friday?", "purpose": "quote", "once": "b"})
    assert first.location == again.location == second.location
    page = client.get(first.location).text
    assert page.count("How much is it?") == 1
    sign_in(client, owner)
    assert client.post(f"{first.location}/messages", data={"body": "No.", "then": "close"}).status_code == 303
    assert client.post(url, data={"body": "To myself", "purpose": "quote"}).status_code == 403
    sign_in(client, asker)
    assert client.post(f"{first.location}/messages", data={"body": "But"}).status_code == 403
    anew = client.post(url, data={"body": "Another one", "purpose": "quote", "once": "c"})
    assert anew.location != first.location
    assert events(owner.id, database)[:2] == ["message", "message"]
    assert events(asker.id, database) == ["conversation.closed"]


def test_the_staff_close_a_need_on_record(client: FlaskClient, database: Session) -> None:
    need = make.need()
    sign_in(client, person(staff=True))
    assert client.post(f"/needs/{need.id}/ending", data={"state": "met", "message": "x"}).status_code == 403
    assert client.post(f"/needs/{need.id}/ending", data={"state": "closed", "message": "An advert"}).status_code == 303
    database.expire_all()
    assert need.state == "closed"
    assert "An advert" in client.get("/log").text
    assert events(need.owner_id, database) == ["need.closed-by-staff"]
    sign_in(client, database.get_one(User, need.owner_id))
    assert "The staff closed your need; the reason stands on its page" in client.get("/notifications").text


def test_an_owner_is_not_told_of_what_they_closed_themselves(client: FlaskClient, database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    sign_in(client, owner)
    client.post(f"/needs/{need.id}/ending", data={"state": "closed", "message": "We have it now."})
    assert events(owner.id, database) == []


def test_drafts_are_thrown_away_and_open_needs_are_not(client: FlaskClient, database: Session) -> None:
    owner = person()
    draft, opened = make.need(owner=owner, publish=False), make.need(owner=owner)
    sign_in(client, person())
    assert client.post(f"/needs/{draft.id}/discard").status_code == 404
    sign_in(client, owner)
    assert client.post(f"/needs/{opened.id}/discard").status_code == 409
    assert client.post(f"/needs/{draft.id}/discard").status_code == 303
    assert client.get(f"/needs/{draft.id}").status_code == 404


def test_the_pages_ask_the_database_few_things(client: FlaskClient, database: Session) -> None:
    owner = person()
    for _ in range(12):
        held = make.need(owner=owner)
        for _again in range(3):
            make.answer(need=held)
    sign_in(client, owner)
    client.get("/needs")
    with queries(at_most=8):
        client.get("/needs")
    with queries(at_most=18):
        client.get(f"/needs/{held.id}-{held.slug}")
    with queries(at_most=7):
        client.get("/conversations")
    with queries(at_most=6):
        client.get("/needs/mine")


def test_own_words_reach_the_other_side_only_once(database: Session) -> None:
    owner, author = person(), person()
    answer = make.answer(need=make.need(owner=owner), author=author)
    for _ in range(2):
        with unit_of_work():
            conversations.write(
                viewer(author.id), conversation_id=answer.conversation_id, body="A word more", once="same"
            )
    assert events(owner.id, database) == ["need.answer", "message"]
