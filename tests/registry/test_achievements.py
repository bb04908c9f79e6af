"""Publishing achievements: the gate, one step for thread, card and disclosure, and cards that follow their text."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions.posts import edit_post
from forum.actions.purging import purge_post
from forum.actions.removal import delete_thread
from forum.models import Post, Thread
from forum.models.thread import ThreadKind
from ip_registry.achievement_cards import CardFacts, check_card
from ip_registry.achievement_text import Sections, compose, has_headings, read
from ip_registry.actions.custody import lock
from ip_registry.actions.erasing import erase
from ip_registry.models import Achievement, AchievementWish, Deposit, PendingLeaf, RecordEvent
from kernel.clock import now
from kernel.errors import ForbiddenError, InvalidError
from kernel.work import unit_of_work
from portal.achievements import change_card
from tests.makers import achievements as make
from tests.makers import acts
from tests.makers import forum as make_forum
from tests.makers import registry as make_record
from tests.makers.people import person, sign_in

WARNING = "Publishing may cost you the patent"


def form(**given: Any) -> dict[str, Any]:
    return {
        "record": "none",
        "board": "materials/general",
        "title": "A coating that heals its scratches",
        "problem": "Steel rusts under every paint.",
        "method": "Capsules burst where it is scratched.",
        "is_understood": "y",
        **given,
    }


def counts(database: Session) -> tuple[int, ...]:
    tables = (Thread, Post, Achievement, RecordEvent, PendingLeaf)
    return tuple(database.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def only_thread_of(database: Session, author: User) -> Thread:
    return database.scalars(select(Thread).where(Thread.author_id == author.id)).one()


def in_custody(owner: User, secret: str, **facts: Any) -> make_record.Made:
    made = make_record.record(owner, **facts)
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, secret)
    return made


def test_the_gate_warns_offers_ones_records_and_the_way_to_register_first(client: FlaskClient) -> None:
    owner, other = person(), person()
    mine, theirs = make_record.record(owner, title="Mine to show"), make_record.record(other, title="Not mine")
    sign_in(client, owner)
    page = client.get("/achievements/new").text
    assert WARNING in page
    assert "Patent Law, article 24" in page
    assert f"record={mine.number}" in page
    assert 'href="/registry/seal"' in page
    assert "record=none" in page
    assert theirs.number not in page


def test_without_a_record_nothing_is_published_until_the_warning_was_ticked(
    client: FlaskClient, database: Session
) -> None:
    author = person()
    sign_in(client, author)
    page = client.get("/achievements/new?record=none").text
    assert WARNING in page
    assert "nothing here will prove when this work existed" in page
    before = counts(database)
    refused = client.post("/achievements", data=form(is_understood=""))
    assert refused.status_code == 422
    assert "Tick this to publish" in refused.text
    assert "Capsules burst" in refused.text
    assert counts(database) == before
    done = client.post("/achievements", data=form())
    assert done.status_code == 303
    thread = only_thread_of(database, author)
    assert (thread.kind, thread.lens) == ("achievement", "achievements")
    assert make.card_of(thread.id).record_id is None
    body = make_forum.opening_post(thread).body
    assert body.startswith("## The problem\n\nSteel rusts")
    assert "## The method\n\nCapsules burst" in body


def test_a_sealed_record_is_disclosed_with_the_thread_and_each_page_leads_to_the_other(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    made = make_record.record(owner, title="Capsules that burst")
    sign_in(client, owner)
    page = client.get(f"/achievements/new?record={made.number}").text
    assert 'data-registry-act="reveal"' in page
    assert f'data-prev="{made.sealed.leaf.hash}"' in page
    assert 'data-custody="0"' in page
    assert "Signing needs JavaScript" in page
    one = acts.signed(made, "reveal", **acts.REVEAL)
    done = client.post("/achievements", data=form(record=made.number, scope="public", **one.body))
    assert done.status_code == 303
    with client.session_transaction() as cookie:
        cookie.clear()
    thread = only_thread_of(database, owner)
    shown = client.get(done.location, headers={"Accept-Language": "en"}).text
    assert f"Record {made.number}" in shown
    assert "Verified" not in shown
    assert "waiting for an outside witness" in shown
    record_page = client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert "Disclosed to everybody" in record_page
    assert f'href="{done.location}"' in record_page
    assert make.card_of(thread.id).record_id == made.record.id
    assert acts.record_now(made).state == "disclosed"


def test_a_key_that_lies_here_signs_without_javascript_and_another_one_is_told_what_to_do(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    secret = client.application.config["SECRET_KEY"]
    kept, own = in_custody(owner, secret), make_record.record(owner)
    sign_in(client, owner)
    assert 'data-custody="1"' in client.get(f"/achievements/new?record={kept.number}").text
    before = counts(database)
    refused = client.post("/achievements", data=form(record=own.number))
    assert refused.status_code == 422
    assert "Turn JavaScript on and sign with your own key file" in refused.text
    assert counts(database) == before
    assert client.post("/achievements", data=form(record=kept.number)).status_code == 303
    assert acts.record_now(kept).state == "disclosed"


@pytest.mark.parametrize("fault", ["another key", "an old leaf", "one file only"])
def test_nothing_is_posted_when_the_disclosure_is_refused(client: FlaskClient, database: Session, fault: str) -> None:
    owner = person()
    made = make_record.record(owner, files={"a.txt": b"a", "b.txt": b"b"})
    given: dict[str, Any] = {
        "another key": {"key": make_record.record(owner).sealed.key, **acts.REVEAL},
        "an old leaf": {"prev": "00" * 32, **acts.REVEAL},
        "one file only": {"scope": "file", "paths": ["a.txt"], "to": None},
    }[fault]
    one = acts.signed(made, "reveal", **given)
    sign_in(client, owner)
    before = counts(database)
    refused = client.post("/achievements", data=form(record=made.number, **one.body))
    assert refused.status_code == 422
    assert one.body["leaf"][:40] not in refused.text
    assert counts(database) == before
    database.expire_all()
    assert acts.record_now(made).state == "sealed"


def test_nothing_is_disclosed_when_the_thread_is_refused(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make_record.record(owner)
    sign_in(client, owner)
    before = counts(database)
    one = acts.signed(made, "reveal", **acts.REVEAL)
    for fault in ({"title": "x"}, {"tags": "a,b,c,d,e,f,g"}, {"award_name": "A prize"}, {"board": ""}):
        refused = client.post("/achievements", data=form(record=made.number, **one.body, **fault))
        assert refused.status_code == 422, fault
        assert counts(database) == before
    assert acts.record_now(made).state == "sealed"


def test_an_embargo_closes_the_gate_until_it_is_lifted(client: FlaskClient) -> None:
    owner = person()
    day = (now() + timedelta(days=30)).date().isoformat()
    made = make_record.record(owner, title="Not before its day", embargo=day)
    sign_in(client, owner)
    assert f"sealed until {day}" in client.get("/achievements/new").text
    page = client.get(f"/achievements/new?record={made.number}").text
    assert f"This record is sealed until {day}" in page
    assert 'action="/achievements"' not in page
    one = acts.signed(made, "reveal", **acts.REVEAL)
    refused = client.post("/achievements", data=form(record=made.number, **one.body))
    assert refused.status_code == 422
    acts.act(made, owner, "embargo", until=None, mode="remind")
    one = acts.signed(made, "reveal", **acts.REVEAL)
    assert client.post("/achievements", data=form(record=made.number, **one.body)).status_code == 303


def test_a_record_whose_opening_lies_elsewhere_cannot_be_chosen(client: FlaskClient) -> None:
    owner = person()
    made = make_record.record(owner, blind=True)
    sign_in(client, owner)
    assert f"record={made.number}" not in client.get("/achievements/new").text
    assert "What opens this record is not kept here" in client.get(f"/achievements/new?record={made.number}").text
    one = acts.signed(made, "reveal", **acts.REVEAL)
    assert client.post("/achievements", data=form(record=made.number, **one.body)).status_code == 422


def test_nobody_publishes_with_the_record_of_another(client: FlaskClient, database: Session) -> None:
    made = make_record.record(person())
    sign_in(client, person())
    assert client.get(f"/achievements/new?record={made.number}").status_code == 403
    before = counts(database)
    assert client.post("/achievements", data=form(record=made.number)).status_code == 403
    assert counts(database) == before


def test_a_board_that_not_everybody_sees_cannot_disclose_a_record(database: Session) -> None:
    owner = person(grants=("alliance:1",))
    made, board = make_record.record(owner), make_forum.board(audience="alliance:1")
    with pytest.raises(InvalidError) as refusal:
        make.disclosed(owner, made, board=board)
    assert "board" in refusal.value.errors
    acts.reveal(made, owner)
    assert make.achievement(owner, record=made, board=board, is_understood=False).leaf_hash is None


def test_what_is_being_written_is_kept_until_it_is_published(client: FlaskClient, database: Session) -> None:
    author = person()
    sign_in(client, author)
    wanted = ["licence", "pilot"]
    fields = {"record": "none", "problem": "It rusts, still.", "trl": "4", "award_year": "2021", "is_understood": "y"}
    fields |= {"cooperation": wanted}
    kept = client.put(
        "/drafts/achievement", json={"title": "A coating in the making", "body": "So far", "fields": fields}
    )
    assert kept.status_code == 200
    assert 'href="/achievements/new?record=none"' in client.get("/drafts").text
    page = client.get("/achievements/new?record=none").text
    for part in (
        "A coating in the making",
        "It rusts, still.",
        "So far",
        'value="2021"',
        '<option selected value="4">',
    ):
        assert part in page
    assert "checked" not in page[page.index('id="is_understood"') :][:80]
    ticked = re.findall(r'<input checked id="cooperation-\d+" name="cooperation" type="checkbox" value="([^"]+)"', page)
    assert ticked == wanted
    assert re.findall(r'data-needs="(\w+)"', page) == ["board", "method", "is_understood"]
    assert client.post("/achievements", data=form()).status_code == 303
    assert "A coating in the making" not in client.get("/drafts").text


def test_the_same_form_twice_is_one_achievement(client: FlaskClient, database: Session) -> None:
    author = person()
    sign_in(client, author)
    first = client.post("/achievements", data=form(once="a" * 22))
    second = client.post("/achievements", data=form(once="a" * 22))
    assert first.location == second.location
    assert only_thread_of(database, author).title == "A coating that heals its scratches"


def test_changing_the_card_changes_the_opening_post_and_the_other_way_round(
    client: FlaskClient, database: Session
) -> None:
    author = person()
    thread = make.achievement(author, more="| a | b |\n|---|---|\n| 1 | 2 |", trl=3).thread
    sign_in(client, author)
    page = client.get(f"/threads/{thread.id}/card").text
    assert "A coating that heals its own scratches." in page
    answer = client.post(
        f"/threads/{thread.id}/card",
        data={"problem": "It rusts.", "method": "It heals.", "trl": "6", "cooperation": ["pilot", "licence"]},
    )
    assert answer.status_code == 303
    database.expire_all()
    post = make_forum.opening_post(thread)
    assert (
        post.body
        == "## The problem\n\nIt rusts.\n\n## The method\n\nIt heals.\n\n## More\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    assert post.edit_count == 1
    card = make.card_of(thread.id)
    assert card.trl == 6
    wishes = select(AchievementWish.kind).where(AchievementWish.achievement_id == card.id)
    assert set(database.scalars(wishes)) == {"licence", "pilot"}
    with unit_of_work():
        edit_post(viewer_for(author.id), post_id=post.id, body=post.body.replace("It rusts.", "It rusts again."))
    assert make.card_of(thread.id).problem == "It rusts again."


def test_a_card_is_changed_by_its_author_and_the_moderators_and_by_nobody_else(client: FlaskClient) -> None:
    author, home = person(), make_forum.community()
    thread = make.achievement(author).thread
    for who, status in ((person(), 403), (person(grants=(f"moderator:{home.id}",)), 200), (author, 200)):
        sign_in(client, who)
        assert client.get(f"/threads/{thread.id}/card").status_code == status
    sign_in(client, author)
    discussion = make_forum.thread(author=author)
    assert client.get(f"/threads/{discussion.id}/card").status_code == 404


def test_an_older_achievement_gets_its_card_later(client: FlaskClient, database: Session) -> None:
    author = person()
    thread = make_forum.thread(author=author, kind=ThreadKind.ACHIEVEMENT, body="It was done in 2019.")
    sign_in(client, author)
    assert "Give it a card" in client.get(f"/threads/{thread.id}-{thread.slug}").text
    assert (
        client.post(f"/threads/{thread.id}/card", data={"problem": "It rusts.", "method": "Heal it."}).status_code
        == 303
    )
    assert make_forum.opening_post(thread).body.endswith("## More\n\nIt was done in 2019.")
    assert make.card_of(thread.id).owner_id == author.id


def test_a_sealed_record_is_not_tied_to_a_card_afterwards(database: Session) -> None:
    owner = person()
    thread, made = make.achievement(owner).thread, make_record.record(owner)
    with pytest.raises(InvalidError) as refusal, unit_of_work():
        change_card(viewer_for(owner.id), thread_id=thread.id, facts=make.facts(), record=acts.record_now(made))
    assert "record" in refusal.value.errors
    other = make_record.record(person())
    acts.reveal(other, database.get_one(User, other.record.owner_id))
    with pytest.raises(ForbiddenError), unit_of_work():
        change_card(viewer_for(owner.id), thread_id=thread.id, facts=make.facts(), record=acts.record_now(other))
    acts.reveal(made, owner)
    with unit_of_work():
        change_card(viewer_for(owner.id), thread_id=thread.id, facts=make.facts(), record=acts.record_now(made))
    assert make.card_of(thread.id).record_id == made.record.id


def test_erasing_a_record_unties_it_from_its_card(database: Session) -> None:
    owner = person()
    made = make_record.record(owner)
    thread = make.disclosed(owner, made).thread
    with unit_of_work():
        erase(viewer_for(owner.id), record=acts.record_now(made))
    assert make.card_of(thread.id).record_id is None


def test_destroying_the_opening_post_destroys_the_card(database: Session) -> None:
    thread, staff = make.achievement(cooperation=("pilot",)).thread, viewer_for(person(staff=True).id)
    with unit_of_work():
        delete_thread(staff, thread_id=thread.id, reason="It names a patient.")
    assert make.card_of(thread.id).problem
    with unit_of_work():
        purge_post(staff, post_id=make_forum.opening_post(thread).id, reason="It names a patient.")
    assert counts(database)[2] == 0
    assert database.scalar(select(func.count()).select_from(AchievementWish)) == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"problem": " "}, "problem"),
        ({"method": "x" * 6_001}, "method"),
        ({"method": "Fine.\n\n## But no"}, "method"),
        ({"trl": 10}, "trl"),
        ({"ip_status": "stolen"}, "ip_status"),
        ({"cooperation": ("marriage",)}, "cooperation"),
        ({"cooperation": ("none", "pilot")}, "cooperation"),
        ({"place": "Atlantis"}, "place"),
        ({"award_name": "A prize"}, "award_year"),
        ({"award_name": "A prize", "award_level": "national", "award_year": 1949}, "award_year"),
        ({"award_name": "A prize", "award_level": "galactic", "award_year": 2020}, "award_level"),
    ],
)
def test_a_card_at_fault_is_refused_at_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        check_card(CardFacts(**{"problem": "It rusts.", "method": "It heals.", **given}))
    assert field in refusal.value.errors


def test_a_place_is_understood_in_both_languages() -> None:
    for place, region, city in (("杭州", "33", "3301"), ("Zhejiang", "33", ""), ("", "", "")):
        columns = check_card(CardFacts("It rusts.", "It heals.", place=place))
        assert (columns["region"], columns["city"]) == (region, city)


PART = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=("Cs",)), max_size=60).filter(
    lambda text: text.strip() and not has_headings(text)
)


@given(PART, PART, st.one_of(st.just(""), PART), st.sampled_from(["zh-Hans", "en"]))
def test_what_is_written_under_headings_is_read_again(problem: str, method: str, more: str, lang: str) -> None:
    parts = Sections(problem.strip(), method.strip(), more.strip())
    assert read(compose(parts, lang=lang)) == parts


def test_another_text_has_no_parts() -> None:
    for text in (
        "",
        "Plain.",
        "## The problem\n\nOnly.",
        "Before\n\n## The problem\n\na\n\n## The method\n\nb",
        "## 方法\n\n## 要解决的问题",
    ):
        assert read(text) is None
