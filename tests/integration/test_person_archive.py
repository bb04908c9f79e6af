"""Taking all of one's own along, and bringing it to another Guildhall."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.blobs import blob_store
from accounts.models import User
from accounts.personal import keeping
from accounts.viewers import viewer_for
from activity.actions import bookmark
from alliances.actions.attending import attend
from alliances.actions.hiding import hide_alliance
from forum.actions import drafts, uploads
from forum.actions.moving import move_thread
from forum.actions.polls import vote
from forum.actions.posts import edit_post
from forum.actions.reactions import toggle_reaction
from forum.actions.reading import mark_thread_read
from forum.actions.threads import PollDraft
from forum.models import PollOption, Post, PostUpload, Thread
from guildhall.app import create_app
from guildhall.settings import Settings
from ip_registry.evidence.verifying import verify_bundle
from kernel.db import db, session
from kernel.mail import Mail
from kernel.refs import Ref
from kernel.work import unit_of_work
from resources.models import Listing, ListingState, Need, NeedState
from seeds import ensure_sectors
from tests.makers import alliances, forum, listings, needs, registry, rooms
from tests.makers import archives as make
from tests.makers.machine import postgres_site_url
from tests.makers.people import person, sign_in


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#2C6E5B").save(out, "PNG")
    return out.getvalue()


def someone_with_a_past() -> User:
    """Wrote threads and replies, with a file; drafts, bookmarks, an offer, a need, a record."""
    me, other = person(handle="mover", email="mover@example.cn", display_name="Mo Ver"), person(handle="stays")
    viewer = viewer_for(me.id)
    with unit_of_work():
        file = uploads.inspect(viewer, stream=io.BytesIO(picture()), name="film.png", limit_bytes=1_000_000)
        upload = uploads.add_upload(viewer, file=file, store=blob_store())
    mine = forum.thread(author=me, title="A film that holds", body=f"![film](/files/{upload.id}/film.png) It holds.")
    theirs = forum.post(thread=mine, author=other, body="How long does it hold? This is a secret of mine to the end.")
    forum.post(thread=mine, author=me, body="A thousand hours.", reply_to=theirs.id)
    foreign = forum.thread(author=other, title="Which paste for copper?", body="We ask everybody.")
    forum.post(thread=foreign, author=me, body="Sintered silver.", reply_to=forum.opening_post(foreign).id)
    with unit_of_work():
        drafts.save(viewer, place="new", title="Not yet", body="Half a thought")
        bookmark(viewer, ref=Ref("forum.thread", mine.id), note="read again")
    listings.listing(owner=me, title="A glove box to share")
    needs.need(owner=me, title="A tester for films")
    registry.record(owner=me, title="A recipe")
    return me


def test_an_archive_holds_what_is_mine_and_of_others_only_what_threads_need(app: Flask, database: Session) -> None:
    me = someone_with_a_past()
    content = make.packed(me)
    posts = {row["body"]: row for row in make.rows(content, "forum-posts")}
    assert {row["title"] for row in make.rows(content, "forum-threads")} == {"A film that holds"}
    reply = posts["A thousand hours."]
    assert (reply["number"], reply["reply_to_number"], reply["reply_to_author"]) == (3, 2, "stays")
    assert reply["reply_to_excerpt"].startswith("How long does it hold?")
    assert posts["Sintered silver."]["thread_title"] == "Which paste for copper?"
    assert all("password" not in name for row in make.rows(content, "profile") for name in row)
    for table in ("forum-drafts", "bookmarks", "follows", "listings", "needs", "records", "sessions"):
        assert table == "sessions" or make.rows(content, table), table
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        names = bundle.namelist()
        manifest, package = (json.loads(bundle.read(name)) for name in ("manifest.json", "datapackage.json"))
        for name, said in manifest["files"].items():
            assert hashlib.sha256(bundle.read(name)).hexdigest() == said["sha256"], name
        assert set(manifest["files"]) == set(names) - {"manifest.json"}
        for resource in package["resources"]:
            row = json.loads(bundle.read(resource["path"]).splitlines()[0])
            assert list(row) == [field["name"] for field in resource["schema"]["fields"]], resource["name"]
        (receipt,) = [name for name in names if name.startswith("receipts/")]
        assert verify_bundle(bundle.read(receipt)).proven
    assert any(name.startswith("files/forum/") and name.endswith("film.png") for name in names)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_what_moved_out_of_sight_is_not_told_by_its_new_title_or_address(app: Flask, database: Session) -> None:
    me, other = person(), person(grants=("alliance:7",), staff=True)
    viewer = viewer_for(me.id)
    poll = PollDraft("Which one?", ["Zqoption", "Neither"])
    moved = forum.thread(author=other, title="An open question", poll=poll)
    reply = forum.post(thread=moved, author=me, body="My own words.")
    opening = forum.opening_post(moved)
    founded = alliances.alliance()
    day = rooms.event(founded, title="Zqday of films", audience="public")
    option_id = session().scalars(select(PollOption.id).order_by(PollOption.id)).first()
    with unit_of_work():
        toggle_reaction(viewer, post_id=opening.id, name="thanks")
        mark_thread_read(viewer, thread_id=moved.id, number=2)
        vote(viewer, thread_id=moved.id, option_ids={option_id})
        attend(viewer, slug=founded.alliance.slug, event_id=day.id, comes=True)
    ruler = viewer_for(other.id)
    with unit_of_work():
        move_thread(ruler, thread_id=moved.id, board=forum.board(audience="alliance:7"))
        edit_post(ruler, post_id=opening.id, title="Zqsecret merger", body="Of two firms.")
        hide_alliance(founded.alliance.id)
    content = make.packed(me)
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        told = b"".join(bundle.read(name) for name in bundle.namelist() if name.startswith("data/")).decode()
    assert [word for word in ("zqsecret", "zqoption", "zqday") if word in told.lower()] == []
    (mine,) = make.rows(content, "forum-posts")
    assert (mine["id"], mine["body"]) == (reply.id, "My own words.")
    assert mine["thread_url"].endswith(f"/threads/{moved.id}")
    assert [len(make.rows(content, f"forum-{table}")) for table in ("reactions", "read-marks", "poll-votes")] == [
        1,
        1,
        1,
    ]


def test_an_archive_of_this_very_house_brings_nothing_twice(app: Flask, database: Session) -> None:
    me = someone_with_a_past()
    report = make.brought(me, make.packed(me), may_post=True).report
    assert set(report["taken"]) <= {"receipts"}
    assert session().scalar(select(func.count()).select_from(Listing)) == 1
    assert report["known"]["posts"] == 3


@pytest.fixture
def elsewhere(database: Session, tmp_path: Path) -> Iterator[Flask]:
    """A second Guildhall, with a database and files of its own; inside it, that is the site at hand."""
    address = "http://localhost:9000"
    is_postgres = database.connection().dialect.name == "postgresql"
    url = (postgres_site_url("elsewhere") or "") if is_postgres else ""
    settings = Settings(data=tmp_path, database_url=url, base_url=address, rate_limits=False, log_requests=False)
    house = create_app(settings)
    usual, db.session = db.session, db._make_scoped_session({"expire_on_commit": False})
    try:
        with house.app_context():
            db.create_all()
            ensure_sectors()
            yield house
            db.session.remove()
            db.engine.dispose()
    finally:
        db.session = usual


@pytest.fixture
def content(app: Flask, database: Session) -> bytes:
    """The archive of someone with a past, made before one goes elsewhere."""
    return make.packed(someone_with_a_past())


def test_an_archive_is_taken_in_at_another_house(content: bytes, elsewhere: Flask) -> None:
    me = person(handle="mo", email="mover@example.cn")
    report = make.brought(me, content, may_post=True).report
    threads = {thread.title: thread for thread in session().scalars(select(Thread).where(Thread.author_id == me.id))}
    assert set(threads) == {"A film that holds", "Re: Which paste for copper?"}
    mine = threads["A film that holds"]
    assert mine.source_name == "127.0.0.1:8000"
    assert mine.source_url.startswith("http://127.0.0.1:8000/threads/")
    opening, reply = session().scalars(select(Post).where(Post.thread_id == mine.id).order_by(Post.number))
    assert (opening.author_id, reply.author_id) == (me.id, me.id)
    assert "**stays**: How long does it hold?" in reply.body
    assert session().scalars(select(PostUpload.post_id)).all() == [opening.id]
    assert drafts.find(viewer_for(me.id), place="new") is not None
    assert {row.state for row in session().scalars(select(Listing))} == {ListingState.DRAFT}
    assert {row.state for row in session().scalars(select(Need))} == {NeedState.DRAFT}
    assert report["taken"]["posts"] == 3
    assert report["taken"]["bookmarks"] == 1
    assert report["taken"]["receipts"] == 1

    again = make.brought(me, content, may_post=True).report
    assert again["taken"] == {}, again
    assert session().scalar(select(func.count()).select_from(Post)) == 3


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_posts_of_the_past_wait_for_the_staff_and_the_rest_does_not(content: bytes, elsewhere: Flask) -> None:
    me, staff = person(handle="mo", email="mover@example.cn"), person(staff=True)
    asked = make.brought(me, content)
    assert (asked.state, asked.report["waiting"]) == ("asked", 3)
    assert session().scalar(select(func.count()).select_from(Post)) == 0
    assert session().scalar(select(func.count()).select_from(Listing)) == 1
    (mail,) = session().scalars(select(Mail).where(Mail.user_id == me.id))
    assert "3 posts wait: they appear once the staff have looked at them." in mail.body
    assert "/settings/data/import" in mail.body
    desk = elsewhere.test_client()
    sign_in(desk, staff)
    assert "/staff/archives" in desk.get("/staff").text.partition("Look after")[0]
    page = desk.get("/staff/archives").text
    assert "A film that holds" in page
    assert "Re: Which paste for copper?" in page
    assert "How long does it hold?" not in page, "these are somebody else's words"
    taken, known = dict(asked.report["taken"]), dict(asked.report["known"])
    with unit_of_work():
        keeping.decide_posts(viewer_for(staff.id), archive_id=asked.id, let_in=True)
    make.work()
    assert session().scalar(select(func.count()).select_from(Post)) == 3
    done = keeping.archive_now(asked.id).report
    assert done["taken"].items() >= {**taken, "posts": 3}.items(), "what came first came, too"
    assert {what: count for what, count in done["known"].items() if count} == known
    assert done["shown"] == []


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_nobody_brings_the_archive_of_somebody_else(content: bytes, elsewhere: Flask) -> None:
    asked = make.brought(person(email="thief@example.cn"), content)
    assert asked.state == "failed"
    assert "another e-mail address" in asked.report["refused"]
    assert session().scalar(select(func.count()).select_from(Post)) == 0
