"""A stranger learns nothing of a sealed record: not from a page, a list, a search, a number of queries or a refusal."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions import consents, disclosing, transfers
from ip_registry.actions.erasing import erase
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.models import Deposit, Record
from ip_registry.policy import visible_records
from ip_registry.queries import lists
from ip_registry.queries.records import record_files, record_view
from kernel.db import session
from kernel.i18n import speaking
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import searching
from search_index.query import parse
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import as_it_should_be, catch_up, contents, index
from tests.queries import queries

SECRETS = ("zqtitle", "zqabstract", "zqterms", "zqcoauthor", "zqfile", "zqlicence", "zqreason")
MOST_QUERIES = 9


@pytest.fixture(autouse=True)
def _in_english(database: Session) -> Iterator[None]:
    """Refusals are read in English."""
    with speaking("en"):
        yield


def secret_record(owner: User, **facts: Any) -> make.Made:
    """A record of which every word is one that nobody else uses."""
    return make.record(
        owner,
        title="zqtitle of a coating",
        abstract="zqabstract: it heals itself",
        ip_terms="zqterms apply",
        others=[new_author("Zqcoauthor Zhang"), *facts.pop("others", ())],
        files={"zqfile.txt": b"what I found", "zqfile-2.txt": b"and more"},
        **facts,
    )


def lived(owner: User, **facts: Any) -> make.Made:
    """The same with events that say things, too."""
    made = secret_record(owner, **facts)
    acts.act(made, owner, "licence", to_name="zqlicence Ltd", terms="None.", exclusive=False, until=None)
    acts.act(made, owner, "embargo", until="2040-01-01", mode="remind")
    return made


def blind_life(owner: User) -> make.Made:
    """A record of which the site has the leaves only, with events of the same types."""
    made = make.record(owner, blind=True)
    acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    acts.act(made, owner, "embargo", until="2040-01-01", mode="remind")
    return made


def addresses(made: make.Made) -> Iterator[str]:
    """Everywhere a record might be spoken of."""
    yield f"/registry/{made.number}"
    yield f"/v/{made.sealed.leaf.hash}"
    yield f"/api/v1/registrations/{made.number}"
    yield f"/api/v1/registrations/{made.number}/events"
    yield from ("/registry", "/registry/log", "/feeds/registry.atom", "/sitemap.xml", "/ledger/checkpoint")
    yield from (f"/search?q={word}" for word in SECRETS)
    yield from (f"/search/suggestions?q={word[:5]}" for word in SECRETS)
    yield from (f"/api/v1/search?q={word}" for word in SECRETS)


def said(answer: Any, url: str) -> set[str]:
    """The secret words in an answer, beyond those that were asked for."""
    return {word for word in SECRETS if word[:5] not in url and word in answer.get_data(as_text=True).lower()}


@pytest.mark.parametrize("who", ["outsider", "member", "staff"])
def test_no_outlet_says_a_word_of_a_sealed_record(app: Flask, client: FlaskClient, database: Session, who: str) -> None:
    owner = person(display_name="Zqowner Li")
    made = lived(owner)
    if who != "outsider":
        sign_in(client, person(staff=who == "staff"))
    with index(app, "whoosh"):
        for url in addresses(made):
            answer = client.get(url, follow_redirects=True)
            assert answer.status_code == 200, url
            assert said(answer, url) == set(), url
            assert "search" in url or "Zqowner" not in answer.get_data(as_text=True), url
        for word in SECRETS:
            asked = client.get(f"/api/v1/search?q={word}", headers={"Accept-Language": "en"})
            assert asked.json is not None
            assert (asked.json["items"], asked.json.get("total", 0)) == ([], 0)


def masked(text: str, made: make.Made) -> str:
    """An answer without what differs between any two records: number, hashes, keys, times, tokens."""
    view = record_view(Viewer(), made.number)
    for event in view.events:
        text = text.replace(event.leaf_hash, "HASH").replace(event.key, "KEY")
        text = text.replace(event.leaf_hash[:16], "HASH").replace(event.leaf_hash[:12], "HASH")
    text = text.replace(made.number, "NUMBER").replace(view.commitment, "COMMITMENT")
    text = re.sub(r"data:image[^\"']*", "PICTURE", text)
    text = re.sub(r"[0-9A-Za-z+/]+…[0-9A-Za-z+/=]+", "SHORT", text)
    return re.sub(r"[A-Za-z0-9+/=&;#_-]{20,}|[0-9]+", "X", text)


def test_a_stranger_cannot_tell_a_deposit_from_none(client: FlaskClient, database: Session) -> None:
    with_deposit, without = lived(person()), blind_life(person())
    pages: list[list[str]] = []
    counts: list[list[int]] = []
    for made in (with_deposit, without):
        urls = list(addresses(made))[:4]
        for url in urls:
            client.get(url, follow_redirects=True)  # so that what is kept between requests is kept for both
        page, count = [], []
        for url in urls:
            with queries(at_most=100) as seen:
                page.append(masked(client.get(url, follow_redirects=True).get_data(as_text=True), made))
            count.append(len(seen))
        pages.append(page)
        counts.append(count)
    assert counts[0] == counts[1]
    for one, other in zip(*pages, strict=True):
        differing = [pair for pair in zip(one.splitlines(), other.splitlines(), strict=True) if pair[0] != pair[1]]
        assert differing == []


def test_a_record_is_read_in_a_few_queries_whoever_looks(client: FlaskClient, database: Session) -> None:
    owner, author = person(), person()
    made = lived(owner, others=[new_author(author.display_name, author.handle)])
    blind = blind_life(owner)
    stranger = person()
    seen: dict[tuple[str, int], int] = {}
    for name, record in (("deposit", made), ("blind", blind)):
        for viewer in (Viewer(), viewer_for(stranger.id), viewer_for(owner.id), viewer_for(author.id)):
            session().expire_all()
            with queries(at_most=MOST_QUERIES) as ran:
                record_view(viewer, record.number)
            seen[name, viewer.user_id or 0] = len(ran)
    for viewer_id in (0, stranger.id):
        assert seen["deposit", viewer_id] == seen["blind", viewer_id]
    for events in range(3):
        acts.act(made, owner, "licence", to_name=f"{events}", terms="None.", exclusive=False, until=None)
    viewer = viewer_for(owner.id)
    session().expire_all()
    with queries(at_most=seen["deposit", owner.id]):
        record_view(viewer, made.number)


@pytest.mark.parametrize("how", ["proposed", "withdrawn", "erased", "assigned", "shown"])
def test_whatever_happened_to_it_a_stranger_sees_a_sealed_record(
    client: FlaskClient, database: Session, how: str
) -> None:
    owner = person()
    made = secret_record(owner)
    if how == "withdrawn":
        acts.reveal(made, owner)
        acts.act(made, owner, "withdraw", reason="zqreason")
    elif how == "erased":
        with unit_of_work():
            erase(viewer_for(owner.id), record=acts.record_now(made))
    elif how == "assigned":
        acts.assign(made, owner, person())
    elif how == "shown":
        acts.act(made, owner, "reveal", scope="person", paths=None, to=person().handle)
    view = record_view(viewer_for(person().id), made.number)
    assert (view.state, view.title, view.kind, view.opening, view.salt, view.owner) == (
        "sealed",
        "",
        "",
        None,
        None,
        None,
    )
    assert (view.parties, view.disputes, view.is_disputed, view.may) == ([], [], False, frozenset())
    assert (view.embargo_until, view.created_at, view.disclosed_at, view.erased_at) == (None,) * 4
    assert {(event.at, event.actor, event.details, event.salt) for event in view.events} == {(None,) * 4}
    assert record_files(viewer_for(person().id), made.record.id) is None
    (row,) = lists.public_timeline().items
    assert (row.state, row.title, row.kind, row.owner, row.created_at) == ("sealed", "", "", None, None)
    assert cards(Viewer(), [Ref("registry.record", made.record.id)]) == {}


def test_what_still_waits_for_its_place_is_known_to_nobody_else(client: FlaskClient, database: Session) -> None:
    from ip_registry.actions.registering import register
    from kernel.errors import NotFoundError

    owner = person()
    one = make.sealed(owner)
    with unit_of_work():
        register(viewer_for(owner.id), leaf=one.leaf.data, deposit=make.deposit(one))
    assert record_view(viewer_for(owner.id), one.leaf.hash).number == ""
    with pytest.raises(NotFoundError):
        record_view(Viewer(), one.leaf.hash)
    assert lists.public_timeline().items == []
    assert client.get(f"/v/{one.leaf.hash}").status_code == 404


def test_sight_is_what_the_scope_of_lists_says(client: FlaskClient, database: Session) -> None:
    """Over records of every state and people of every part: the page and `visible_records` agree."""
    owner, author, decliner, reader, revoked, buyer = (person() for _ in range(6))
    others = [new_author(one.display_name, one.handle) for one in (author, decliner)]
    sealed, public = make.record(owner, others=others), make.record(owner, others=others)
    files = make.record(owner, files={"a": b"a", "b": b"b"})
    handed, gone, blind = make.record(owner), make.record(owner, others=others), make.record(owner, blind=True)
    with unit_of_work():
        consents.decline(viewer_for(decliner.id), record=acts.record_now(sealed), message="")
    for one in (reader, revoked):
        acts.act(files, owner, "reveal", scope="person", paths=["a"], to=one.handle)
        acts.act(sealed, owner, "reveal", scope="person", paths=None, to=one.handle)
    for made in (files, sealed):
        view = record_view(viewer_for(owner.id), made.number)
        party = next(one for one in view.parties if one.person and one.person.id == revoked.id)
        with unit_of_work():
            disclosing.end_showing(viewer_for(owner.id), record=acts.record_now(made), party_id=party.id)
    acts.accept(handed, buyer, acts.assign(handed, owner, buyer))
    acts.reveal(public, owner)
    acts.act(gone, owner, "withdraw", reason="")
    viewers = [
        Viewer(),
        *(viewer_for(one.id) for one in (owner, author, decliner, reader, revoked, buyer, person(staff=True))),
    ]
    for viewer in viewers:
        visible = set(session().scalars(select(Record.id).where(visible_records(viewer))))
        for made in (sealed, public, files, handed, gone, blind):
            view = record_view(viewer, made.number)
            assert view.sight.sees_title == (made.record.id in visible), (viewer.handle, made.number)
    assert record_view(viewer_for(reader.id), files.number).sight.extent == "files"


# Search


def finds(viewer: Viewer, word: str) -> list[str]:
    """What somebody finds, and what they are told it counts."""
    found = searching.find(viewer, parse(word).query, facets=("kind", "record_kind"))
    assert found.total == len(found.finds)
    assert sum(count for _value, count in found.facets.get("kind", [])) == len(found.finds)
    return [find.shown.title for find in found.finds]


def test_a_sealed_record_is_found_by_its_parties_only(app: Flask, client: FlaskClient, database: Session) -> None:
    owner, author, whole, partial, stranger = (person() for _ in range(5))
    with index(app, "whoosh"):
        made = secret_record(owner, others=[new_author(author.display_name, author.handle)])
        acts.act(made, owner, "reveal", scope="person", paths=None, to=whole.handle)
        acts.act(made, owner, "reveal", scope="person", paths=["zqfile.txt"], to=partial.handle)
        alone = make.record(owner, title="zqalone")
        catch_up()
        for word in ("zqtitle", "zqabstract", "zqcoauthor"):
            for one in (owner, author, whole):
                assert finds(viewer_for(one.id), word) == [made.record.title], word
            for viewer in (Viewer(), viewer_for(partial.id), viewer_for(stranger.id)):
                assert finds(viewer, word) == [], word
        assert finds(viewer_for(owner.id), "zqalone") == [alone.record.title]
        assert finds(viewer_for(author.id), "zqalone") == []
        acts.reveal(made, owner)
        catch_up()
        assert finds(Viewer(), "zqabstract") == [made.record.title]
        acts.act(made, owner, "withdraw", reason="")
        assert searching.find(Viewer(), parse("zqabstract").query).finds == []  # though the index is behind
        catch_up()
        assert finds(Viewer(), "zqabstract") == []
        assert finds(viewer_for(author.id), "zqabstract") == [made.record.title]
        with unit_of_work():
            erase(viewer_for(owner.id), record=acts.record_now(made))
        catch_up()
        assert finds(viewer_for(owner.id), "zqabstract") == []
        assert contents() == as_it_should_be()


def test_who_sees_a_record_finds_it_as_soon_as_that_changes(app: Flask, client: FlaskClient, database: Session) -> None:
    owner, buyer = person(), person()
    with index(app, "whoosh"):
        made = make.record(owner, title="zqhands")
        key = acts.assign(made, owner, buyer)
        catch_up()
        assert finds(viewer_for(buyer.id), "zqhands") == ["zqhands"]
        with unit_of_work():
            transfers.take_back(viewer_for(owner.id), record=acts.record_now(made))
        catch_up()
        assert finds(viewer_for(buyer.id), "zqhands") == []
        key = acts.assign(made, owner, buyer)
        acts.accept(made, buyer, key)
        catch_up()
        assert finds(viewer_for(buyer.id), "zqhands") == finds(viewer_for(owner.id), "zqhands") == ["zqhands"]
        assert contents() == as_it_should_be()


# Lists


def test_lists_hold_what_is_theirs_and_continue_after_the_last_row(client: FlaskClient, database: Session) -> None:
    owner, author = person(), person()
    mine = [make.record(owner) for _ in range(4)]
    asked = make.record(owner, others=[new_author(author.display_name, author.handle)])
    public = make.record(owner)
    acts.reveal(public, owner)
    first = lists.my_records(viewer_for(owner.id), limit=4)
    second = lists.my_records(viewer_for(owner.id), limit=4, cursor=first.next)
    numbers = [row.number for row in [*first.items, *second.items]]
    assert numbers == [one.number for one in [public, asked, *reversed(mine)]]
    assert [row.number for row in lists.shown_to_me(viewer_for(author.id)).items] == [asked.number]
    assert [(one.row.number, one.what) for one in lists.waiting_for_me(viewer_for(author.id))] == [
        (asked.number, "consent")
    ]
    page = lists.public_timeline(limit=3)
    rest = lists.public_timeline(limit=30, cursor=page.next)
    assert [row.number for row in [*page.items, *rest.items]] == numbers
    assert [row.title for row in page.items] == [public.record.title, "", ""]
    assert [row.number for row in lists.public_timeline(disclosed_only=True).items] == [public.number]
    assert [row.number for row in lists.disclosed_by(owner.id)] == [public.number]
    with queries(at_most=2):
        lists.public_timeline(limit=30)
    profile = client.get(f"/people/{owner.handle}").get_data(as_text=True)
    assert [one.record.title in profile for one in (public, asked, *mine)] == [True, *[False] * 5]


def test_a_dispute_waits_for_its_owner_until_it_is_answered(client: FlaskClient, database: Session) -> None:
    owner, challenger = person(), person()
    made = make.record(owner)
    acts.reveal(made, owner)
    disputed = acts.act(made, challenger, "dispute", key=OwnerKey.generate(), statement="Mine.", own_record=None)
    assert [(one.row.number, one.what) for one in lists.waiting_for_me(viewer_for(owner.id))] == [
        (made.number, "answer")
    ]
    acts.act(made, owner, "answer", dispute=disputed.leaf_hash.hex(), statement="No.")
    assert lists.waiting_for_me(viewer_for(owner.id)) == []


def test_a_programs_view_of_a_sealed_life_is_the_logs(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = lived(owner)
    path = f"/registrations/{made.number}/events"
    for event in Program(client, person()).get(path).json["items"]:
        assert (event["details"], event["salt"], event["at"], event["is_public"]) == (None, None, None, False)
    own = Program(client, owner).get(path).json["items"]
    assert [event["details"] is None for event in own] == [True, False, False]
    assert session().get_one(Deposit, made.record.id).opening is not None
