"""Listings: offered through the form of their kind, seen by whom they are for, taken down, confirmed, found."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.blobs import blob_store, remove_blobs
from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.clock import now
from kernel.errors import ForbiddenError
from kernel.jobs import Job
from kernel.work import unit_of_work
from resources.actions.upkeep import ask_whether_still_true, confirm_listing, mark_stale
from resources.checks.listings import sectors_of_listings
from resources.facts import plain
from resources.importing.headings import SOURCE
from resources.models import Listing, ListingFile, ListingSector, ListingState
from resources.offers import FACT
from resources.queries.listing_facets import counts
from resources.queries.listings import Filters
from resources.search.listings import STALE_BOOST, documents
from resources.vocabulary import COLUMNS, KINDS
from search_index.models import SearchChange
from tests.makers import listings as make
from tests.makers.people import person, sign_in
from tests.queries import queries


def text_of(client: FlaskClient, url: str) -> str:
    answer = client.get(url, follow_redirects=True)
    assert answer.status_code == 200, url
    return answer.text


def member(client: FlaskClient, **facts: str) -> User:
    user = person(**facts)
    sign_in(client, user)
    return user


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_form_that_asks_for_what_it_needs(client: FlaskClient, database: Session, kind: str) -> None:
    member(client, locale="zh_Hans")
    page = text_of(client, f"/listings/new?kind={kind}")
    for field in KINDS[kind].fields:
        assert f'name="{FACT}{field.name}"' in page
        assert field.label.zh in page
    refused = client.post(f"/listings/new/{kind}", data={"title": "只有标题的一项", "summary": ""})
    assert refused.status_code == 422
    assert 'value="只有标题的一项"' in refused.text, "what was typed is gone"
    needed = [field for field in KINDS[kind].fields if field.is_required]
    for field in needed:
        assert f'id="{FACT}{field.name}-error"' in refused.text
    assert database.scalar(select(Listing.id)) is None
    done = client.post(f"/listings/new/{kind}", data=make.typed(kind))
    assert done.status_code == 303
    made = database.scalars(select(Listing)).one()
    assert (made.kind, made.state) == (kind, ListingState.PUBLISHED)
    assert set(made.facts) == {field.name for field in needed}


def test_a_listing_keeps_what_was_said_of_it(client: FlaskClient, database: Session) -> None:
    member(client)
    typed = make.typed(
        title="Field emission microscope SU8600",
        body="Resolves **0.6 nm**. <script>alert(1)</script>",
        region="3301",
        access="book",
        price="1,200.50",
        price_unit="hour",
        tariff="Half price at night.",
        funding="public",
    )
    client.post("/listings/new/instrument", data={**typed, "sectors": ["materials", "bio"]})
    made = database.scalars(select(Listing)).one()
    assert (made.region, made.city, made.price_cents, made.sectors) == ("33", "3301", 120050, ["materials", "bio"])
    assert set(database.scalars(select(ListingSector.sector))) == {"materials", "bio"}
    page = text_of(client, f"/listings/{made.id}")
    for part in ("<strong>0.6 nm</strong>", "¥1200.50 per hour", "Half price at night.", "Hangzhou", "New materials"):
        assert part in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("price", "a lot"),
        ("access_url", "javascript:alert(1)"),
        ("access", "steal"),
        ("region", "99"),
        (f"{FACT}installed", "yesterday"),
        (f"{FACT}class", "no such class"),
        ("title", "x" * 201),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_field(
    client: FlaskClient, database: Session, column: str, value: str
) -> None:
    member(client)
    answer = client.post("/listings/new/instrument", data=make.typed(**{column: value}))
    assert answer.status_code == 422
    assert f'id="{column}-error"' in answer.text
    assert database.scalar(select(Listing.id)) is None


def test_a_link_needs_its_address_and_a_fixed_price_its_price(client: FlaskClient) -> None:
    member(client)
    for access, column in (("link", "access_url"), ("fixed_price", "price")):
        typed = make.typed(access=access, access_url="", price="")
        answer = client.post("/listings/new/instrument", data=typed)
        assert f'id="{column}-error"' in answer.text


def test_the_same_form_sent_twice_makes_one_listing(client: FlaskClient, database: Session) -> None:
    member(client)
    typed = {**make.typed(), "once": "a-key-of-the-form"}
    places = {client.post("/listings/new/instrument", data=typed).location for _time in range(2)}
    assert len(places) == 1
    assert len(database.scalars(select(Listing)).all()) == 1


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.PAUSED, ListingState.WITHDRAWN])
def test_what_is_not_on_the_shelf_is_seen_by_its_owner_alone(
    client: FlaskClient, database: Session, state: ListingState
) -> None:
    owner = person()
    made = make.listing(owner=owner, state=state, title="Zqhidden microscope", sectors="materials")
    for user in (None, person()):
        if user is not None:
            sign_in(client, user)
        assert client.get(f"/listings/{made.id}").status_code == 404
        assert client.get(f"/api/v1/listings/{made.id}").status_code == 404
        for url in ("/listings", "/listings?q=zqhidden", "/listings/export.csv", f"/people/{owner.handle}"):
            assert "Zqhidden" not in text_of(client, url)
    assert counts(viewer_for(person().id), Filters()) == {}
    assert list(documents([made.id])) == []
    sign_in(client, owner)
    assert "Zqhidden" in text_of(client, f"/listings/{made.id}")
    assert "Zqhidden" in text_of(client, "/listings/mine")


def test_a_draft_may_lack_what_it_needs_and_is_published_when_it_is_whole(
    client: FlaskClient, database: Session
) -> None:
    member(client)
    client.post("/listings/new/service", data={"title": "Tensile tests", "draft": "1"})
    made = database.scalars(select(Listing)).one()
    assert made.state == ListingState.DRAFT
    answer = client.post(f"/listings/{made.id}/publish")
    assert answer.location == f"/listings/{made.id}/edit"
    database.expire_all()
    assert made.state == ListingState.DRAFT
    whole = {**make.typed("service", title="Tensile tests"), "version": str(made.version)}
    assert client.post(f"/listings/{made.id}/edit", data=whole).status_code == 303
    client.post(f"/listings/{made.id}/publish")
    database.expire_all()
    assert made.state == ListingState.PUBLISHED


def test_two_who_edit_at_once_do_not_overwrite_each_other(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made = make.listing(owner=owner)
    first = {**make.typed(title="First words"), "version": str(made.version)}
    assert client.post(f"/listings/{made.id}/edit", data=first).status_code == 303
    second = client.post(f"/listings/{made.id}/edit", data={**first, "title": "Second words"})
    assert second.status_code == 422
    assert "Second words" in second.text
    database.expire_all()
    assert made.title == "First words"


def test_every_deed_tells_search_and_hides_at_once(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made = make.listing(owner=owner)

    def last() -> tuple[str, bool]:
        change = database.scalars(select(SearchChange).order_by(SearchChange.seq.desc()).limit(1)).one()
        return change.key, change.hides

    key = f"resources.listing:{made.id}"
    assert last() == (key, False)
    client.post(f"/listings/{made.id}/pause")
    assert last() == (key, True)
    client.post(f"/listings/{made.id}/publish")
    assert last() == (key, False)
    client.post(f"/listings/{made.id}/withdraw")
    assert last() == (key, True)


def test_strangers_change_nothing(client: FlaskClient, database: Session) -> None:
    made = make.listing(title="A steady thing")
    for user in (None, person(), person(confirmed=False)):
        if user is not None:
            sign_in(client, user)
        for deed in ("publish", "pause", "withdraw", "confirm", "edit", "files"):
            data = {**make.typed(title="Taken over"), "version": "1"}
            assert client.post(f"/listings/{made.id}/{deed}", data=data).status_code in (401, 403)
    database.expire_all()
    assert (made.title, made.state, made.version) == ("A steady thing", ListingState.PUBLISHED, 1)


def test_the_staff_take_down_but_do_not_rewrite(client: FlaskClient, database: Session) -> None:
    made = make.listing()
    sign_in(client, person(staff=True))
    assert client.get(f"/listings/{made.id}/edit").status_code == 403
    client.post(f"/listings/{made.id}/pause")
    database.expire_all()
    assert made.state == ListingState.PAUSED
    notice = database.scalars(select(Notice)).one()
    assert (notice.user_id, notice.event, notice.actor_id) == (made.owner_id, "listing.taken-down", None)
    sign_in(client, database.get_one(User, made.owner_id))
    assert "The staff took your listing off the shelf" in text_of(client, "/notifications")


def test_an_owner_is_not_told_of_what_they_took_down_themselves(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made = make.listing(owner=owner)
    for deed in ("pause", "withdraw"):
        client.post(f"/listings/{made.id}/{deed}")
    assert database.scalars(select(Notice)).all() == []


def test_others_like_it_are_not_all_of_one_who_brought_in_many(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.queries.listings.NEWEST", 4)
    shown = make.listing(title="A loom")
    others = [make.listing(title=f"Loom of a neighbour {number}") for number in range(2)]
    importer = person()
    for number in range(6):
        make.listing(title=f"Brought in {number}", owner=importer)
    page = client.get(f"/listings/{shown.id}-{shown.slug}").text
    assert page.count("Brought in ") == 2
    assert all(other.title in page for other in others)


def test_nobody_finds_what_a_suspended_person_offers(client: FlaskClient, database: Session) -> None:
    made = make.listing(title="Zqgone lathe")
    with unit_of_work():
        database.get_one(User, made.owner_id).suspended_at = now()
    assert "Zqgone" not in text_of(client, "/listings")
    assert client.get(f"/listings/{made.id}").status_code == 404
    assert list(documents([made.id])) == []


def test_a_year_without_a_word_is_asked_about_once_and_then_shown(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made, fresh = make.listing(owner=owner), make.listing(owner=owner)
    with unit_of_work():
        made.confirmed_at = now() - timedelta(days=366)
    with unit_of_work():
        assert ask_whether_still_true() == 1
        assert ask_whether_still_true() == 0
    notice = database.scalars(select(Notice)).one()
    assert (notice.user_id, notice.ref_id) == (owner.id, made.id)
    assert "is this listing of yours still true?" in text_of(client, "/notifications")
    with time_machine.travel(now() + timedelta(days=40), tick=False), unit_of_work():
        assert mark_stale() == 1
    database.expire_all()
    assert (made.is_stale, fresh.is_stale) == (True, False)
    assert {one.key: one.boost for one in documents([made.id, fresh.id])} == {
        f"resources.listing:{made.id}": STALE_BOOST,
        f"resources.listing:{fresh.id}": 1.0,
    }
    assert "Not confirmed for long" in text_of(client, f"/listings/{made.id}")
    assert f"/listings/{made.id}-" in text_of(client, "/listings?stale=yes")
    assert f"/listings/{made.id}-" not in text_of(client, "/listings?stale=no")
    client.post(f"/listings/{made.id}/confirm")
    database.expire_all()
    assert not made.is_stale
    assert database.scalar(select(Notice.id)) is None
    with unit_of_work():
        made.confirmed_at = now() - timedelta(days=370)
        assert ask_whether_still_true() == 1, "the next year asks again"


def test_only_the_owner_confirms(database: Session) -> None:
    made = make.listing()
    with pytest.raises(ForbiddenError), unit_of_work():
        confirm_listing(viewer_for(person(staff=True).id), listing_id=made.id)


def test_lists_are_narrowed_and_counted(client: FlaskClient, database: Session) -> None:
    make.listing(title="Hangzhou scope", region="3301", sectors="materials; bio", access="book")
    make.listing(title="Ningbo scope", region="3302", sectors="materials", access="request", funding="public")
    make.listing(kind="service", title="Beijing tests", region="11", sectors="bio")
    found = counts(viewer_for(person().id), Filters())
    assert found["kind"] == {"instrument": 2, "service": 1}
    assert found["sector"] == {"materials": 2, "bio": 2}
    assert found["region"] == {"33": 2, "11": 1}
    within = counts(viewer_for(person().id), Filters(region="33", kind="instrument"))
    assert (within["city"], within["region"]) == ({"3301": 1, "3302": 1}, {"33": 2})
    assert within["kind"] == {"instrument": 2}
    for query, titles in {
        "kind=instrument": {"Hangzhou scope", "Ningbo scope"},
        "region=3301": {"Hangzhou scope"},
        "sector=bio&region=11": {"Beijing tests"},
        "funding=public": {"Ningbo scope"},
        "access=book": {"Hangzhou scope"},
        "kind=nonsense": set(),
    }.items():
        page = text_of(client, f"/listings?{query}")
        assert set(re.findall(r">((?:Hangzhou|Ningbo|Beijing) \w+)</a></h2>", page)) == titles, query


def test_the_list_goes_on_where_it_ended(client: FlaskClient) -> None:
    owner = person()
    for number in range(35):
        make.listing(owner=owner, title=f"Numbered thing {number:02}")
    first = text_of(client, "/listings")
    cursor = re.search(r'name="cursor" value="([^"]+)"', first)
    assert cursor is not None
    second = text_of(client, f"/listings?cursor={cursor[1]}")
    seen = re.findall(r">(Numbered thing \d\d)</a></h2>", first + second)
    assert sorted(seen) == [f"Numbered thing {number:02}" for number in range(35)]
    assert client.get("/listings?cursor=x").status_code == 422


def test_pages_ask_the_database_a_fixed_number_of_times(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = [make.listing(owner=owner, sectors="materials") for _ in range(6)]
    with queries(at_most=3):
        client.get("/listings")
    with queries(at_most=14):
        client.get(f"/listings/{made[0].id}-{made[0].slug}")
    sign_in(client, owner)
    with queries(at_most=5):
        client.get("/listings/mine")


def picture(colour: str = "teal") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    out.seek(0)
    return out


def test_pictures_and_documents_are_seen_by_whoever_sees_the_listing(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made = make.listing(owner=owner)
    sent = {"file": [(picture(), "front.png"), (io.BytesIO(b"a,b\n1,2\n"), "figures.csv")]}
    assert client.post(f"/listings/{made.id}/files", data=sent).status_code == 303
    image, table = database.scalars(select(ListingFile).order_by(ListingFile.position)).all()
    page = text_of(client, f"/listings/{made.id}")
    assert "front.png" in page
    assert "figures.csv" in page
    assert f"/listings/{made.id}/files/{image.id}/front.png?size=thumb" in text_of(client, "/listings")
    client.get("/sign-out")
    stranger = client.application.test_client()
    shown = stranger.get(f"/listings/{made.id}/files/{image.id}/front.png", buffered=True)
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    given = stranger.get(f"/listings/{made.id}/files/{table.id}/x", buffered=True)
    assert given.headers["Content-Disposition"].startswith("attachment")
    client.post(f"/listings/{made.id}/pause")
    assert stranger.get(f"/listings/{made.id}/files/{image.id}/front.png").status_code == 404
    other = make.listing()
    assert stranger.get(f"/listings/{other.id}/files/{image.id}/front.png").status_code == 404


def test_a_dangerous_file_is_refused_and_nothing_of_its_sending_is_kept(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    made = make.listing(owner=owner)
    sent = {"file": [(picture(), "fine.png"), (io.BytesIO(b"<svg onload=alert(1)>"), "bad.svg")]}
    answer = client.post(f"/listings/{made.id}/files", data=sent)
    assert answer.status_code == 422
    assert "bad.svg" in answer.text
    assert database.scalar(select(ListingFile.id)) is None
    assert client.post(f"/listings/{made.id}/files", data={}).status_code == 422


def test_bytes_go_when_nothing_points_at_them_any_more(client: FlaskClient, database: Session) -> None:
    owner = member(client)
    one, two = make.listing(owner=owner), make.listing(owner=owner)
    for made in (one, two):
        client.post(f"/listings/{made.id}/files", data={"file": [(picture("navy"), "same.png")]})
    first, second = database.scalars(select(ListingFile).order_by(ListingFile.id)).all()
    sha = first.sha256
    client.post(f"/listings/{one.id}/files/{first.id}/delete")
    job = database.scalars(select(Job).where(Job.name == "resources.remove_blobs")).one()
    with unit_of_work():
        remove_blobs(job.payload["hashes"], store=blob_store())
    assert blob_store().has(sha), "the other listing still shows it"
    client.post(f"/listings/{two.id}/files/{second.id}/delete")
    with unit_of_work():
        remove_blobs([sha], store=blob_store())
    assert not blob_store().has(sha)


def test_names_of_columns_and_facts_never_meet() -> None:
    words = [*((column.name, column.label) for column in COLUMNS.values()), *SOURCE.items()]
    common = [text for name, label in words for text in {*map(plain, (name, label.zh, label.en))}]
    assert len(common) == len(set(common))
    for kind in KINDS.values():
        facts = [name for field in kind.fields for name in {*map(plain, (field.name, field.label.zh, field.label.en))}]
        assert len(facts) == len(set(facts)), kind.code
        assert not set(common) & set(facts), kind.code


def test_a_wrong_sector_row_is_found_and_mended(database: Session) -> None:
    made = make.listing(sectors="materials; bio")
    assert sectors_of_listings(mend=False) == []
    with unit_of_work() as work:
        work.execute(delete(ListingSector).where(ListingSector.sector == "bio"))
    assert len(sectors_of_listings(mend=True)) == 1
    assert sectors_of_listings(mend=False) == []
    assert set(database.scalars(select(ListingSector.sector))) == set(made.sectors)
