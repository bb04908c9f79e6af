"""A message between two is flagged by the other of them; nobody else sees more of it than that flag shows."""

import re
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.personal.packing import pack
from accounts.viewers import viewer_for
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
from kernel.refs import Ref, cards
from kernel.work import unit_of_work
from moderation.actions.appeals import appeal, case_of
from moderation.models import SanctionKind
from moderation.queries.queue import Wanted, queue_page
from moderation.reviewables import Outcome
from resources.actions import conversations
from resources.models import Conversation, Message, Visibility
from tests.makers import needs as make
from tests.makers import watch
from tests.makers.api import Program
from tests.makers.people import person, sign_in

WORDS = ("zq-one words", "zq-two words", "zq-three words", "zq-four words", "zq-five words")


def enquiry(asker: User, owner: User, *words: str) -> Conversation:
    """A conversation about a listing, in which the two write by turns; the asker begins."""
    listing = make.listing(owner=owner)
    with unit_of_work():
        found = conversations.enquire(viewer_for(asker.id), listing_id=listing.id, purpose="question", body=words[0])
    for number, body in enumerate(words[1:], start=1):
        with unit_of_work():
            by = owner if number % 2 else asker
            conversations.write(viewer_for(by.id), conversation_id=found.id, body=body)
    return found


def taken_along(user: User, folder: Path) -> str:
    """All tables of their archive."""
    target = folder / f"{user.id}.zip"
    for _step in pack(viewer_for(user.id), target, site="https://forum.example.cn"):
        pass
    with zipfile.ZipFile(target) as bundle:
        return "".join(bundle.read(name).decode() for name in bundle.namelist() if name.startswith("data/"))


def message(database: Session, body: str) -> Ref:
    return Ref("resources.message", database.scalars(select(Message.id).where(Message.body == body)).one())


def test_the_staff_see_the_flagged_message_and_the_three_before_it_and_nothing_else(
    client: FlaskClient, database: Session
) -> None:
    asker, owner, staff = person(), person(display_name="Rude Owner"), person(staff=True)
    talk = enquiry(asker, owner, *WORDS, "zq-six words", "zq-seven words")
    ref = message(database, "zq-six words")
    sign_in(client, asker)
    page = client.get(f"/conversations/{talk.id}").text
    link = f"/flags/new?kind=resources.message&amp;ref_id={ref.id}"
    assert link in page
    assert f"ref_id={message(database, 'zq-five words').id}" not in page, "not one's own"
    assert "the staff see that one and the three before it" in page
    form = client.get(link.replace("&amp;", "&")).text
    assert "Nobody but the two of you reads this conversation" in form
    sent = {"kind": ref.kind, "ref_id": ref.id, "rule_id": watch.rule().id, "note": ""}
    assert client.post("/flags/new", data=sent).status_code == 303
    review = watch.review_of(ref)
    with unit_of_work():
        conversations.write(viewer_for(owner.id), conversation_id=talk.id, body="zq-later words")
    sign_in(client, staff)
    shown = client.get(f"/moderation/{review.id}").text
    seen = re.findall(r"zq-\w+", shown)
    assert seen == ["zq-three", "zq-four", "zq-five", "zq-six"]
    assert "Rude Owner" in shown
    assert client.get(f"/conversations/{talk.id}").status_code == 404
    listed = Program(client, staff).get("/moderation/reviews")
    for answer in (client.get("/moderation").text, client.get("/staff/log").text, client.get("/log").text, listed.text):
        assert not set(re.findall(r"zq-\w+", answer)) - {"zq-three", "zq-four", "zq-five", "zq-six"}


def test_without_a_flag_of_one_of_the_two_nobody_can_put_it_before_anybody(database: Session) -> None:
    asker, owner = person(), person()
    enquiry(asker, owner, *WORDS)
    ref = message(database, "zq-two words")
    for stranger in (person(), person(staff=True), person(grants=("moderator:1",))):
        with pytest.raises(NotFoundError):
            watch.flag(ref, by=stranger)
        assert ref not in cards(viewer_for(stranger.id), [ref])
    with pytest.raises(ForbiddenError):
        watch.flag(ref, by=owner)
    watch.flag(ref, by=asker)
    assert queue_page(viewer_for(person(grants=("moderator:1",)).id), Wanted()).items == []
    with pytest.raises(ConflictError):
        watch.flag(ref, by=asker)


def test_what_was_removed_its_writer_reads_alone_and_may_appeal_against(
    client: FlaskClient, database: Session, tmp_path: Path
) -> None:
    asker, owner, staff = person(), person(), person(staff=True)
    talk = enquiry(asker, owner, *WORDS)
    ref = message(database, "zq-two words")
    watch.flag(ref, by=asker)
    review = watch.decide(
        watch.review_of(ref), by=staff, outcome=Outcome.REMOVE, sanction=SanctionKind.WARNING.value, reason="Threats."
    )
    sign_in(client, asker)
    page = client.get(f"/conversations/{talk.id}").text
    assert "zq-two" not in page
    assert "The staff removed this message." in page
    assert "zq-two" not in taken_along(asker, tmp_path)
    assert viewer_for(owner.id).unseen_sanctions == 1
    sign_in(client, owner)
    assert "zq-two" in client.get(f"/conversations/{talk.id}").text
    assert "zq-two" in taken_along(owner, tmp_path)
    with unit_of_work():
        pleaded = appeal(case_of("review", review.id, user_id=owner.id), text="It was a joke between friends.")
    waiting, other = watch.review_of(Ref("moderation.appeal", pleaded.id)), person(staff=True)
    sign_in(client, other)
    assert "zq-two words" in client.get(f"/moderation/{waiting.id}").text, "whoever decides reads what it is about"
    watch.decide(waiting, by=other, outcome=Outcome.LIFT, reason="It was.")
    sign_in(client, asker)
    assert "zq-two" in client.get(f"/conversations/{talk.id}").text


def test_an_anonymous_owner_stays_unnamed_to_the_staff_whichever_side_flags(
    client: FlaskClient, database: Session
) -> None:
    owner, asker, staff = person(display_name="Hidden Owner"), person(display_name="Open Asker"), person(staff=True)
    need = make.need(owner=owner, visibility=Visibility.ANONYMOUS)
    answer = make.answer(need=need, author=asker, message="zq-answer words")
    with unit_of_work():
        conversations.write(viewer_for(owner.id), conversation_id=answer.conversation_id, body="zq-owner words")
    sign_in(client, staff)
    for words, flagger in (("zq-owner words", asker), ("zq-answer words", owner)):
        ref = message(database, words)
        watch.flag(ref, by=flagger)
        for page in (client.get(f"/moderation/{watch.review_of(ref).id}").text, client.get("/moderation").text):
            assert words in page
            assert "Hidden Owner" not in page
            assert owner.handle not in page


def test_a_removed_answer_is_gone_from_the_page_of_the_need_as_well(client: FlaskClient, database: Session) -> None:
    need = make.need(owner=(owner := person()))
    make.answer(need=need, author=person(), message="zq-answer words")
    ref = message(database, "zq-answer words")
    watch.flag(ref, by=owner)
    sign_in(client, owner)
    assert "zq-answer" in client.get(f"/needs/{need.id}-{need.slug}").text
    watch.decide(watch.review_of(ref), by=person(staff=True), outcome=Outcome.REMOVE)
    assert "zq-answer" not in client.get(f"/needs/{need.id}-{need.slug}").text
    assert "zq-answer" not in Program(client, owner).get(f"/needs/{need.id}").text
