"""The pages of the registry: what each shows to whom, and that a record reads like a certificate."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions.registering import register
from ip_registry.envelopes.openings import new_author
from ip_registry.logs import current_log
from ip_registry.models import Cosignature, LedgerCheckpoint, LedgerLog, TimeToken, TokenState
from ip_registry.queries import figures, log
from ip_registry.views import home
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person, sign_in
from tests.queries import queries

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
FEED = "{http://www.w3.org/2005/Atom}"
MOST_QUERIES_OF_A_LIST = 14
_number = count(1)


def read(client: FlaskClient, url: str, status: int = 200) -> str:
    """The words of a page in English, without what only the browser reads."""
    answer = client.get(url, headers={"Accept-Language": "en"})
    assert answer.status_code == status, f"{url}: {answer.status_code} {answer.headers.get('Location', '')}"
    return unescape(answer.text)


def token(made: make.Made, *, name: str = "Time House", is_demo: bool = False, state: str = TokenState.GOOD) -> None:
    """What a time authority said about the checkpoint right after a record."""
    number = next(_number)
    with unit_of_work() as work:
        work.add(
            TimeToken(
                log_id=made.record.log_id,
                size=made.index + 1,
                imprint=f"{number:064x}",
                url=f"https://{number}.example/",
                authority=name,
                is_demo=is_demo,
                state=state,
                stated_at=NOON,
                asked_at=NOON,
            )
        )


def test_the_front_page_says_what_it_is_and_leads_to_sealing(client: FlaskClient, database: Session) -> None:
    page = read(client, "/registry")
    assert "Seal a work before you show it to anyone." in page
    assert 'class="button primary" href="/registry/seal"' in page
    assert "It does not prove who invented it" in page
    assert "My records" not in page


def test_the_front_page_shows_sealed_works_without_a_word_and_disclosed_ones_by_name(
    client: FlaskClient, database: Session
) -> None:
    owner = person(display_name="Lin Wei")
    sealed = make.record(owner, title="A hidden alloy")
    disclosed = make.record(owner, title="An open alloy")
    acts.act(disclosed, owner, "reveal", **acts.REVEAL)
    page = read(client, "/registry")
    assert "A hidden alloy" not in page
    assert "An open alloy" in page
    assert sealed.number in page
    assert sealed.sealed.leaf.hash[:8] in page


def test_members_see_their_records_and_what_waits_for_them(client: FlaskClient, database: Session) -> None:
    owner, other, heir = person(), person(display_name="Chen Yu"), person()
    asked = make.record(owner, title="A shared coating", others=[new_author("Chen Yu", other.handle)])
    given = make.record(owner, title="A coating to give away")
    acts.act(given, owner, "assign", next_key=acts.OwnerKey.generate().vkey, to=heir.handle, to_name="Heir", note="")
    sign_in(client, owner)
    mine = read(client, "/registry")
    assert "1 of 2 authors consented" in mine
    assert "A coating to give away" in mine
    sign_in(client, other)
    page = read(client, "/registry")
    assert "You are named as an author" in page
    assert f'href="/registry/{asked.number}/acts/consent"' in page
    assert "You have sealed nothing yet" in page
    sign_in(client, heir)
    assert f'href="/registry/{given.number}/acts/accept"' in read(client, "/registry")


def test_all_my_records_and_those_i_was_shown_are_two_lists(client: FlaskClient, database: Session) -> None:
    owner, reader = person(), person()
    made = make.record(owner, title="Shown to one")
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    sign_in(client, reader)
    assert "Shown to one" not in read(client, "/registry/mine")
    assert "Shown to one" in read(client, "/registry/mine?view=shown")
    sign_in(client, owner)
    assert "Shown to one" in read(client, "/registry/mine")


def test_lists_go_on_where_they_ended(client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "TIMELINE", 2)
    made = [make.record() for _ in range(5)]
    seen: list[str] = []
    url: str | None = "/registry"
    while url:
        page = read(client, url)
        seen += [one.number for one in reversed(made) if f'href="/registry/{one.number}"' in page]
        cursor = page.partition('name="cursor" value="')[2].partition('"')[0]
        url = f"/registry?cursor={cursor}" if cursor and len(seen) < len(made) else None
    assert seen == [one.number for one in reversed(made)]


@pytest.mark.parametrize("many", [1, 12])
def test_the_front_page_asks_as_much_for_many_records_as_for_one(
    client: FlaskClient, database: Session, many: int
) -> None:
    owner = person()
    for _ in range(many):
        token(make.record(owner))
    sign_in(client, owner)
    client.get("/registry")
    with queries(at_most=MOST_QUERIES_OF_A_LIST):
        assert client.get("/registry").status_code == 200


def test_a_disclosed_record_reads_like_a_certificate(client: FlaskClient, database: Session) -> None:
    owner = person(display_name="Lin Wei", affiliation="Institute of Silicates")
    made = make.record(
        owner, title="Two layers at the edge", abstract="The inner one is butyl.", kind="invention",
        files={"paper.pdf": b"paper", "data/run.csv": b"data"},
    )  # fmt: skip
    acts.act(made, owner, "reveal", **acts.REVEAL)
    token(made)
    page = read(client, f"/registry/{made.number}")
    for words in (
        f"No. {made.number}",
        "Two layers at the edge",
        "The inner one is butyl.",
        "Lin Wei",
        "Institute of Silicates",
        "Invention",
        made.sealed.leaf.hash,
        f"entry {made.index}, counted from 0, of ",
        'existed in exactly this form by <span class="exact">2026-11-26 12:00:00 UTC</span> at the latest.',
        "Time House",
        "Registered",
        "Disclosed to everybody",
        "paper.pdf",
        "data/run.csv",
        "It does not prove who invented it",
        "openssl ts -verify -data checkpoint.txt",
        "Check your own copy",
    ):
        assert words in page, words
    assert "demo authority" not in page


def test_a_record_that_nobody_vouched_for_yet_says_so(client: FlaskClient, database: Session) -> None:
    made = make.record()
    page = read(client, f"/registry/{made.number}")
    assert "waiting for an outside witness" in page
    assert "proves its order in the log and no date" in page


def test_a_demo_authority_is_named_as_one_everywhere(client: FlaskClient, database: Session) -> None:
    made = make.record()
    token(made, name="Town clock", is_demo=True)
    for url in (f"/registry/{made.number}", "/registry", "/registry/log"):
        assert "demo authority: for trying only" in read(client, url), url


def test_the_papers_of_a_record_are_where_the_page_says(client: FlaskClient, database: Session) -> None:
    made = make.record()
    page = read(client, f"/registry/{made.number}")
    papers = page.partition('id="papers"')[2].partition("</ul>")[0]
    links = re.findall(r'<a href="([^"]+)"', papers)
    assert len(links) == 5
    for url in links:
        assert client.get(url).status_code == 200, url


def test_the_seal_bears_the_leaf_hash(client: FlaskClient, database: Session) -> None:
    def marks(made: make.Made) -> str:
        return read(client, f"/registry/{made.number}").partition('class="marks" d="')[2].partition('"')[0]

    one, other = make.record(), make.record()
    assert marks(one).count("M") == 32
    assert marks(one) == marks(one)
    assert marks(one) != marks(other)


def test_a_leaf_hash_leads_to_the_record_that_it_is_a_part_of(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    event = acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    for leaf in (made.sealed.leaf.hash, event.leaf_hash.hex()):
        assert client.get(f"/v/{leaf}").headers["Location"] == f"/registry/{made.number}"
    for nothing in ("0" * 64, "x", made.sealed.leaf.hash.upper()):
        assert client.get(f"/v/{nothing}").status_code == 404
    for nothing in ("2026-99999", "1999-0", "2026-01", "x"):
        assert client.get(f"/registry/{nothing}").status_code == 404


def test_a_record_without_a_number_is_shown_to_its_owner_under_its_hash(client: FlaskClient, database: Session) -> None:
    owner = person()
    make.record()
    one = make.sealed(owner, title="Still waiting")
    with unit_of_work():
        register(viewer_for(owner.id), leaf=one.leaf.data, deposit=make.deposit(one))
    assert client.get(f"/v/{one.leaf.hash}").status_code == 404
    sign_in(client, owner)
    page = read(client, f"/v/{one.leaf.hash}")
    assert "Still waiting" in page
    assert "waiting for its place in the log" in page
    assert "/acts/" not in page


def test_co_inventors_who_did_not_confirm_are_shown_as_such(client: FlaskClient, database: Session) -> None:
    owner, other = person(display_name="Lin Wei"), person(display_name="Chen Yu")
    made = make.record(owner, others=[new_author("Chen Yu", other.handle), new_author("Nobody Here")])
    sign_in(client, owner)
    page = read(client, f"/registry/{made.number}")
    assert "1 of 3 confirmed with keys of their own" in page
    assert page.count("named by the owner, not confirmed") == 1
    assert page.count("no account here was named, so nobody was asked") == 1


def test_a_dispute_and_its_answer_stand_side_by_side(client: FlaskClient, database: Session) -> None:
    owner, other = person(), person(display_name="Chen Yu")
    made, own = make.record(owner), make.record(other)
    acts.act(made, owner, "reveal", **acts.REVEAL)
    said = {"statement": "We had it first.", "own_record": own.sealed.leaf.hash}
    event = acts.act(made, other, "dispute", key=acts.OwnerKey.generate(), **said)
    assert "Not answered yet." in read(client, f"/registry/{made.number}")
    acts.act(made, owner, "answer", dispute=event.leaf_hash.hex(), statement="You had another one.")
    page = read(client, f"/registry/{made.number}")
    for words in ("Disputed", "We had it first.", "You had another one.", "never rules", f"/v/{own.sealed.leaf.hash}"):
        assert words in page


def test_the_chain_of_title_names_every_owner(client: FlaskClient, database: Session) -> None:
    first, second = person(display_name="Lin Wei"), person(display_name="Tom Baker")
    made, key = make.record(first), acts.OwnerKey.generate()
    acts.act(made, first, "assign", next_key=key.vkey, to=second.handle, to_name="Tom", note="")
    assign = acts.record_now(made).last_hash.hex()
    acts.act(made, second, "accept", key=key, assign=assign)
    sign_in(client, second)
    chain = read(client, f"/registry/{made.number}").partition('id="chain-title"')[2].partition("</section>")[0]
    assert chain.index("Lin Wei") < chain.index("earlier") < chain.index("Tom Baker") < chain.index("signs now")
    assert key.vkey in chain


def test_whom_a_record_was_shown_to_is_the_owners_business(client: FlaskClient, database: Session) -> None:
    owner, reader = person(), person(display_name="Tom Baker")
    made = make.record(owner, title="Shown to Tom")
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    sign_in(client, owner)
    page = read(client, f"/registry/{made.number}")
    party = page.partition('name="party" value="')[2].partition('"')[0]
    assert "Tom Baker" in page
    done = client.post(f"/registry/{made.number}/readers/end", data={"party": party})
    assert done.status_code == 303
    sign_in(client, reader)
    assert "Shown to Tom" not in read(client, f"/registry/{made.number}")


def test_the_log_shows_its_checkpoint_and_who_vouches_for_it(client: FlaskClient, database: Session) -> None:
    made = make.record()
    token(made, name="Time House")
    with unit_of_work() as work:
        work.add(
            Cosignature(
                log_id=made.record.log_id, size=made.index + 1, vkey="w+1+x", name="witness.example", line="— w x\n",
                stated_at=NOON,
            )
        )  # fmt: skip
    page = read(client, "/registry/log")
    newest = log.latest_checkpoint()
    assert newest.body in page
    for words in (
        "Time House",
        "witness.example",
        "2026-11-26 12:00:00 UTC",
        newest.origin,
        f"/ledger/{newest.label}/policy",
    ):
        assert words in page, words
    assert read(client, f"/registry/log?log={newest.label}").count(newest.origin) > 0
    read(client, "/registry/log?log=1999", status=404)


def test_the_files_of_the_log_are_where_the_page_says(client: FlaskClient, database: Session) -> None:
    make.record()
    for page in (read(client, "/registry/log"), read(client, f"/registry/log?log={log.latest_checkpoint().label}")):
        links = re.findall(r'<a href="(/ledger/[^"]+)"', page)
        assert links
        for url in links:
            assert client.get(url).status_code == 200, url


def test_an_authority_that_is_late_or_wrong_is_shown_so(client: FlaskClient, database: Session) -> None:
    made = make.record()
    token(made, name="Late", state=TokenState.WAITING)
    token(made, name="Wrong", state=TokenState.REFUSED)
    token(made, name="Apart", state=TokenState.CONTESTED)
    page = read(client, "/registry/log")
    for words in ("no answer yet", "its answer was refused", "its time disagrees with the others"):
        assert words in page


def test_the_history_of_checkpoints_goes_on_below_the_last_one(client: FlaskClient, database: Session) -> None:
    for _ in range(32):
        make.record()
    page = read(client, "/registry/log")
    cursor = page.partition('name="cursor" value="')[2].partition('"')[0]
    more = read(client, f"/registry/log?cursor={cursor}")
    sizes = [
        int(part.partition("<")[0])
        for text in (page, more)
        for part in text.partition('id="history-title"')[2].split('<tr><td class="number">')[1:]
    ]
    assert sizes[:33] == list(range(sizes[0], sizes[0] - 33, -1))


def test_growth_counts_the_entries_of_each_day(client: FlaskClient, database: Session) -> None:
    make.record()
    here = current_log(database)
    assert here is not None
    other = LedgerLog(origin="growth.example/ip/1", label="1999", size=0, root=bytes(32))
    with unit_of_work() as work:
        work.add(other)
        work.flush()
        for size, days in ((3, 70), (5, 20), (9, 20), (12, 1)):
            work.add(
                LedgerCheckpoint(
                    log_id=other.id, size=size, root=bytes(32), note="", created_at=now() - timedelta(days=days)
                )
            )
    grown = figures.growth(other.id)
    assert len(grown.days) == figures.DAYS
    assert (grown.size, grown.added) == (12, 9)
    assert [(day.size, day.added) for day in grown.busy] == [(12, 3), (9, 6)]
    young = figures.growth(here.id)
    assert len(young.days) == figures.FEWEST_DAYS
    assert young.days[-1].size == here.size
    assert figures.growth(None).size == 0


def test_sealed_works_of_one_day_are_one_line_of_the_timeline(client: FlaskClient, database: Session) -> None:
    owner = person()
    first, second = make.record(owner), make.record(owner)
    disclosed = make.record(owner, title="An open alloy")
    acts.act(disclosed, owner, "reveal", **acts.REVEAL)
    alone = make.record(owner)
    page = read(client, "/registry")
    lines = re.findall(r'<li class="(row record-row|sealed-run)" data-row>', page[page.index('id="public"') :])
    assert lines == ["row record-row", "row record-row", "sealed-run", "row record-row", "row record-row"]
    assert "2 sealed works" in page
    assert f"{first.number} – {second.number}" in page
    for one in (first, second, disclosed, alone):
        assert f'href="/registry/{one.number}"' in page


def test_the_feed_names_disclosed_works_only(client: FlaskClient, database: Session) -> None:
    owner = person(display_name="Lin Wei")
    sealed, disclosed = make.record(owner, title="A hidden <alloy>"), make.record(owner, title="An open <alloy>")
    acts.act(disclosed, owner, "reveal", **acts.REVEAL)
    answer = client.get("/feeds/registry.atom", headers={"Accept-Language": "en"})
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.data)  # noqa: S314 - our own feed
    titles = [entry.findtext(f"{FEED}title") for entry in feed.iter(f"{FEED}entry")]
    assert titles[:2] == ["An open <alloy>", f"Sealed work {sealed.number}"]
    assert feed.findall(f"{FEED}entry")[1].find(f"{FEED}author") is None


def test_the_site_map_lists_disclosed_records_only(client: FlaskClient, database: Session) -> None:
    owner = person()
    sealed, disclosed = make.record(owner), make.record(owner)
    acts.act(disclosed, owner, "reveal", **acts.REVEAL)
    urls = client.get("/sitemap.xml").text
    assert f"/registry/{disclosed.number}<" in urls
    assert f"/registry/{sealed.number}<" not in urls
    assert "noindex" in client.get(f"/registry/{sealed.number}").text
    assert "noindex" not in client.get(f"/registry/{disclosed.number}").text


def test_a_work_of_thousands_of_files_lists_the_first_of_them(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner, files={f"{number:05}.dat": b"x" for number in range(2000)})
    sign_in(client, owner)
    page = read(client, f"/registry/{made.number}")
    assert page.count('<span class="path">') == 20
    assert "00019.dat" in page
    assert "and 1980 more" in page
    choices = read(client, f"/registry/{made.number}/acts/reveal?scope=file")
    assert choices.count('name="paths"') == 500
    assert "These are the first files of many" in choices
