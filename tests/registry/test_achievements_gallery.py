"""The gallery, the badge, feeds, search and the API of achievements: narrowed, in sight, and never stale."""

import itertools
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from forum.models import Thread
from ip_registry.actions.cosigning import Submission, keep_cosignatures
from ip_registry.actions.erasing import erase
from ip_registry.queries.log import latest_checkpoint
from kernel.clock import now
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from ledger.keys import Kind, Signer
from ledger.notes import Signature, Verified
from portal.achievement_lists import Wanted, achievement_page, awards
from tests.makers import achievements as make
from tests.makers import acts
from tests.makers import forum as make_forum
from tests.makers import registry as make_record
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.queries import queries

STRANGER = Viewer(locale="en")


def titles(viewer: Viewer = STRANGER, **wanted: str) -> list[str]:
    return [row.title for row in achievement_page(viewer, Wanted(**wanted)).items]


def version(database: Session, thread: Thread) -> int:
    return database.scalar(select(Thread.version).where(Thread.id == thread.id)) or 0


def shown_to_strangers(client: FlaskClient, url: str, *, locale: str = "en") -> str:
    with client.session_transaction() as cookie:
        cookie.clear()
    return client.get(url, headers={"Accept-Language": locale}).text


def page_of(thread: Thread) -> str:
    return f"/threads/{thread.id}-{thread.slug}"


def witnessed(number: int) -> None:
    """An outsider vouches for the newest checkpoint."""
    newest, witness = (
        latest_checkpoint(),
        Signer(f"witness.example/{number}", Kind.ED25519_COSIGNATURE, bytes([number]) * 32),
    )
    line = Signature(witness.name, b"1234", b"")
    asked = Submission("https://witness.example", (witness.verifier,), newest.log_id, newest.size, newest.note, 0)
    with unit_of_work():
        keep_cosignatures(asked, [Verified(witness.verifier, line, int(now().timestamp()))], asked_at=now())


@pytest.fixture
def town(database: Session) -> list[Thread]:
    owner = person()
    made = make_record.record(owner)
    energy = make_forum.board(community_slug="energy")
    one = make.disclosed(
        owner, made, title="Rust stops here", trl=7, place="杭州", cooperation=("pilot", "licence"),
        award_name="省科技进步奖", award_level="provincial", award_year=2025,
    )  # fmt: skip
    two = make.achievement(
        title="A second prize", trl=4, place="Zhejiang", award_name="A prize", award_level="national", award_year=2023
    )
    three = make.achievement(title="No prize at all", board=energy, trl=2, place="Chongqing", cooperation=("none",))
    return [one.thread, two.thread, three.thread]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["No prize at all", "A second prize", "Rust stops here"]),
        ({"year": "2025"}, ["Rust stops here"]),
        ({"year": "2025", "level": "provincial"}, ["Rust stops here"]),
        ({"year": "2025", "level": "national"}, []),
        ({"award": "A prize"}, ["A second prize"]),
        ({"sector": "energy"}, ["No prize at all"]),
        ({"region": "33"}, ["A second prize", "Rust stops here"]),
        ({"region": "3301"}, ["Rust stops here"]),
        ({"trl": "4"}, ["A second prize", "Rust stops here"]),
        ({"cooperation": "pilot"}, ["Rust stops here"]),
        ({"cooperation": "none"}, ["No prize at all"]),
        ({"record": "1"}, ["Rust stops here"]),
        ({"view": "awarded"}, ["Rust stops here", "A second prize"]),
    ],
)
@pytest.mark.usefixtures("town")
def test_the_gallery_is_narrowed_by_what_cards_say(wanted: dict[str, str], found: list[str]) -> None:
    assert titles(**wanted) == found


def test_the_gallery_opens_the_achievement_and_speaks_both_languages(client: FlaskClient, town: list[Thread]) -> None:
    page = shown_to_strangers(client, "/achievements?year=2025&level=provincial")
    assert f'href="{page_of(town[0])}"' in page
    assert ">Record 2026-0<" in page
    assert "No prize at all" not in page
    chinese = shown_to_strangers(client, "/achievements?view=awarded", locale="zh-CN")
    assert '<h2 id="year-2025">2025</h2>' in chinese
    assert chinese.index("Rust stops here") < chinese.index("A second prize")
    assert "成果" in chinese
    for english in ("Gallery", "Verified record", "Narrow", "Any<", "Maturity"):
        assert english not in chinese


def test_a_filter_that_nothing_could_have_is_none(client: FlaskClient, town: list[Thread]) -> None:
    page = shown_to_strangers(
        client, "/achievements?year=x&trl=99&sector=alchemy&region=zz&cooperation=marriage&view=x"
    )
    assert town[2].title in page
    assert "No achievement like this" in shown_to_strangers(client, "/achievements?award=Nobody's")


def test_an_empty_gallery_teaches_the_first_step(client: FlaskClient) -> None:
    page = shown_to_strangers(client, "/achievements")
    assert "Seal the work first" in page
    assert 'href="/achievements/new"' in page


def test_pages_follow_each_other_without_a_gap(database: Session) -> None:
    author, board = person(), make_forum.board()
    made = [
        make.achievement(author, board=board, award_name="A prize", award_level="national", award_year=2019 + n % 3)
        for n in range(7)
    ]
    for view in ("", "awarded"):
        seen: list[str] = []
        cursor: str | None = None
        for _page in itertools.count():
            page = achievement_page(STRANGER, Wanted(view=view), cursor=cursor, limit=3)
            seen += [row.title for row in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == sorted(one.thread.title for one in made)


def test_an_achievement_on_a_private_board_is_nowhere_for_strangers(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    insider = person(grants=("alliance:1",))
    made = make_record.record(insider)
    acts.reveal(made, insider)
    thread = make.achievement(
        insider, board=make_forum.board(audience="alliance:1"), title="Zqprivate coating", record=made,
        award_name="Zqprivate prize", award_level="national", award_year=2021,
    ).thread  # fmt: skip
    card = make.card_of(thread.id)
    places = ["/achievements", "/achievements?view=awarded", "/achievements?award=Zqprivate+prize"]
    places += ["/feeds/achievements.atom", "/sitemap.xml", f"/registry/{made.number}", "/communities/achievements"]
    assert "Zqprivate" in json.dumps(titles(viewer_for(insider.id)))
    assert awards(STRANGER).names == []
    with index(app, "whoosh"):
        for url in (*places, "/search?q=zqprivate+has:record", page_of(thread)):
            page = shown_to_strangers(client, url)
            assert "Zqprivate coating" not in page, url
            assert "Zqprivate prize" not in page.replace("“Zqprivate prize”", "").replace(">Zqprivate prize<svg", "")
        sign_in(client, insider)
        assert "Zqprivate coating" in client.get("/achievements").text
        assert "Zqprivate coating" in client.get(f"/registry/{made.number}").text
    assert Program(client).get("/achievements").json["items"] == []
    assert Program(client).get(f"/achievements/{card.id}").status_code == 404


def test_a_deleted_achievement_leaves_the_gallery(database: Session) -> None:
    thread = make.achievement().thread
    assert titles() == [thread.title]
    with unit_of_work():
        database.get_one(Thread, thread.id).deleted_at = now()
    assert titles() == []


def test_the_badge_follows_the_record_on_pages_that_are_kept(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make_record.record(owner)
    thread = make.disclosed(owner, made).thread
    badge = f">Record {made.number}<"

    def changed(deed: Any) -> str:
        before = version(database, thread)
        deed()
        database.expire_all()
        assert version(database, thread) > before
        return shown_to_strangers(client, page_of(thread))

    assert badge in shown_to_strangers(client, page_of(thread))
    other = person()
    dispute = {"statement": "It was mine.", "own_record": None}
    disputed = changed(lambda: acts.act(made, other, "dispute", key=make_record.sealed(other).key, **dispute))
    assert badge in disputed
    assert "Disputed" in disputed
    withdrawn = changed(lambda: acts.act(made, owner, "withdraw", reason=""))
    assert made.number not in withdrawn
    assert "is not public any more" in withdrawn
    assert titles(record="1") == []
    assert thread.title not in shown_to_strangers(client, f"/registry/{made.number}")
    sign_in(client, owner)
    assert thread.title in client.get(f"/registry/{made.number}").text
    assert made.number in client.get(f"/threads/{thread.id}/card").text

    def forget() -> None:
        with unit_of_work():
            erase(viewer_for(owner.id), record=acts.record_now(made))

    assert "No registered record was named" in changed(forget)


def test_the_first_outside_time_reaches_the_thread(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make_record.record(owner)
    thread = make.disclosed(owner, made).thread
    without = make.achievement(owner).thread
    assert "waiting for an outside witness" in shown_to_strangers(client, page_of(thread))
    before, untouched = version(database, thread), version(database, without)
    witnessed(1)
    assert version(database, thread) == before + 1
    assert version(database, without) == untouched
    shown = shown_to_strangers(client, page_of(thread))
    assert f"Verified record {made.number}" in shown
    assert "proven by" in shown
    make_record.record(owner)
    witnessed(2)
    assert version(database, thread) == before + 1, "what was proven before is not shown anew"


def test_has_record_finds_the_threads_whose_record_everybody_can_check(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    owner = person()
    made = make_record.record(owner)
    make.achievement(owner, title="Plain enamel")
    with index(app, "whoosh"):
        make.disclosed(owner, made, title="Enamel with a seal")
        catch_up()
        found = shown_to_strangers(client, "/search?q=enamel+has:record&kind=thread")
        assert "with a seal" in found
        assert "Plain" not in found
        acts.act(made, owner, "withdraw", reason="")
        catch_up()
        assert "with a seal" not in shown_to_strangers(client, "/search?q=enamel+has:record&kind=thread")


def test_threads_of_other_kinds_ask_nothing_more(client: FlaskClient, database: Session) -> None:
    author = person()
    plain = make_forum.thread(author=author)
    made = make_record.record(author)
    shown = make.disclosed(author, made).thread
    with queries(at_most=99) as asked:
        shown_to_strangers(client, page_of(plain))
    assert not [statement for statement in asked if "achievement" in statement]
    with queries(at_most=len(asked) + 5):
        shown_to_strangers(client, page_of(shown))


def test_the_gallery_asks_as_much_for_many_as_for_few(client: FlaskClient, database: Session) -> None:
    owner, board = person(), make_forum.board()
    make.disclosed(owner, make_record.record(owner), board=board, cooperation=("pilot",))
    with queries(at_most=9) as few:
        shown_to_strangers(client, "/achievements")
    for _more in range(4):
        make.disclosed(owner, make_record.record(owner), board=board, cooperation=("pilot", "licence"))
    with queries(at_most=len(few)):
        shown_to_strangers(client, "/achievements")


def test_the_plain_composer_leads_achievements_to_the_gate(client: FlaskClient) -> None:
    author = person()
    sign_in(client, author)
    moved = client.get("/new?kind=achievement&place=bio/devices&title=A+staple")
    assert (moved.status_code, moved.location) == (302, "/achievements/new?board=bio%2Fdevices&title=A+staple")
    assert 'value="achievement"' not in client.get("/new").text
    data = {"place": "materials/general", "kind": "achievement", "title": "A title", "body": "Words."}
    assert client.post("/threads", data=data).status_code == 422
    assert 'href="/achievements/new"' in client.get("/communities/achievements").text
    gate = client.get("/achievements/new?board=bio").text
    assert "record=none&amp;board=bio" in gate
    assert '<option selected value="bio/general">' in client.get("/achievements/new?record=none&board=bio").text


def test_the_gallery_is_found_from_the_house(client: FlaskClient, town: list[Thread]) -> None:
    for url in ("/", "/registry", "/communities/achievements"):
        assert 'href="/achievements' in shown_to_strangers(client, url), url
    sign_in(client, person())
    assert 'href="/achievements"' in client.get("/").text
    feed = shown_to_strangers(client, "/feeds/achievements.atom")
    assert [title in feed for title in (thread.title for thread in town)] == [True] * 3
    assert "/achievements</loc>" in shown_to_strangers(client, "/sitemap.xml")


def given(**facts: Any) -> dict[str, Any]:
    return {
        "community": "materials",
        "title": "A coating by a program",
        "problem": "It rusts.",
        "method": "It heals.",
        "understood": True,
        **facts,
    }


def test_programs_publish_and_read_achievements(client: FlaskClient, database: Session) -> None:
    owner = person()
    program, made = Program(client, owner), make_record.record(owner)
    body = given(
        record=made.number,
        reveal=acts.signed(made, "reveal", **acts.REVEAL).body,
        trl=6,
        cooperation=["licence"],
        place="3301",
        award={"name": "A prize", "level": "industry", "year": 2022},
    )
    answer = program.post("/achievements", body)
    assert answer.status_code == 201
    assert len(answer.json["disclosure"]) == 64
    shown = Program(client).get(answer.location.removeprefix("/api/v1")).json
    assert (shown["record"]["number"], shown["record"]["is_verified"]) == (made.number, False)
    assert shown["award"] == {"name": "A prize", "level": "industry", "year": 2022}
    assert (shown["region"], shown["city"], shown["cooperation"]) == ("33", "3301", ["licence"])
    listed = Program(client).get("/achievements?awarded=true&level=industry&record=true").json
    assert [item["id"] for item in listed["items"]] == [shown["id"]]


def test_a_program_that_is_refused_has_published_nothing(client: FlaskClient, database: Session) -> None:
    owner = person()
    program, made = Program(client, owner), make_record.record(owner)
    bad = acts.signed(made, "reveal", prev="00" * 32, **acts.REVEAL).body
    for body, status in (
        (given(record=made.number, reveal=bad), 409),
        (given(record=made.number), 422),
        (given(understood=False), 422),
        (given(record="1999-1"), 404),
        (given(award={"name": "A prize", "level": "industry", "year": now().year + 1}), 422),
    ):
        assert program.post("/achievements", body).status_code == status
    assert titles() == []
    assert acts.record_now(made).state == "sealed"
    theirs = make_record.record(person())
    assert program.post("/achievements", given(record=theirs.number)).status_code == 403
