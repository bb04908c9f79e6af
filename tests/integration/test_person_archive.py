"""Taking all of one's own along, and bringing it to another Guildhall."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.blobs import blob_store
from accounts.models import PersonArchive, User
from accounts.personal import keeping, opening, working
from accounts.personal.opening import check_shape, open_archive
from accounts.viewers import viewer_for
from activity.actions import bookmark
from activity.models import Notice
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
from forum.personal import coming
from guildhall.app import create_app
from guildhall.settings import Settings
from ip_registry.evidence.verifying import verify_bundle
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import InvalidError
from kernel.i18n import speaking
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


def _row(files: dict[str, bytes], table: str, **facts: object) -> None:
    path = f"data/{table}.jsonl"
    first, *rest = files[path].splitlines(keepends=True)
    files[path] = json.dumps({**json.loads(first), **facts}).encode() + b"\n" + b"".join(rest)


def _put(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.__setitem__(name, content)


HOSTILE = {
    "a path that leads out": ({"change": _put("files/../../etc/passwd")}, "lead out"),
    "a place of its own": ({"change": _put("run.sh")}, "does not belong"),
    "a changed file": ({"change": lambda files: _row(files, "profile", bio="x"), "agrees": False}, "not as it was"),
    "a file that is not listed": ({"change": _put("files/x/1/a.txt"), "agrees": False}, "not what its manifest lists"),
    "a newer format": ({"change": _put("README.txt"), "manifest": lambda said: said.update(version=99)}, "newer"),
    "another kind": ({"change": _put("README.txt"), "manifest": lambda said: said.update(format="x")}, "cannot be"),
    "a bomb": ({"change": _put("data/forum-posts.jsonl", b" " * 30_000_000)}, "larger than"),
    "an endless line": ({"change": _put("data/forum-posts.jsonl", bytes(range(32, 127)) * 90_000)}, "A line in it"),
}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_hostile_archive_is_refused_as_a_whole(content: bytes) -> None:
    with speaking("en"):
        for what, (how, sentence) in HOSTILE.items():
            with pytest.raises(InvalidError) as refused:
                open_archive(io.BytesIO(make.changed(content, **how)))
            assert sentence in refused.value.detail, what
        with pytest.raises(InvalidError, match="damaged"):
            open_archive(io.BytesIO(content[: len(content) // 2]))


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_too_many_files_are_refused_before_anything_is_made_of_them(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        count = len(bundle.infolist())
    monkeypatch.setattr(opening, "MOST_ENTRIES", count)
    check_shape(io.BytesIO(content))
    monkeypatch.setattr(opening, "MOST_ENTRIES", count - 1)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with speaking("en"), pytest.raises(InvalidError, match="larger than"):
        check_shape(io.BytesIO(content))


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_what_an_archive_says_of_others_makes_nobody_speak(content: bytes, elsewhere: Flask) -> None:
    """Other people's numbers, dates of the future and broken rows: reported, or simply the importer's own."""
    me, victim = person(handle="mo", email="mover@example.cn"), person(handle="victim")

    def change(files: dict[str, bytes]) -> None:
        _row(files, "forum-posts", author_id=victim.id, author_name="victim", body="I, victim, confess. @victim")
        _row(files, "forum-threads", author_id=victim.id)
        files["data/forum-posts.jsonl"] += b'{"id": "x"}\nno json\n'
        files["data/listings.jsonl"] += b'{"kind": [1], "title": {"a": 1}}\n'
        files["data/forum-files.jsonl"] += b'{"id": 9, "name": "a.svg", "path": "files/forum/9/a.svg"}\n'

    report = make.brought(me, make.changed(content, change), may_post=True).report
    assert session().scalar(select(func.count()).select_from(Post).where(Post.author_id != me.id)) == 0
    assert "/people/victim" not in "".join(session().scalars(select(Post.html)))
    assert session().scalar(select(func.count()).select_from(Notice).where(Notice.user_id == victim.id)) == 0
    assert len(report["skipped"]) >= 4


@pytest.fixture
def posts_of(content: bytes) -> Callable[[list[str]], bytes]:
    """The archive with these posts in it, all of one thread that somebody else started."""

    def made(bodies: list[str]) -> bytes:
        def change(files: dict[str, bytes]) -> None:
            first = json.loads(files["data/forum-posts.jsonl"].splitlines()[0])
            rows = [{**first, "id": 900 + place, "thread_id": 900, "body": body} for place, body in enumerate(bodies)]
            files["data/forum-posts.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

        return make.changed(content, change)

    return made


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_what_waits_for_a_word_costs_the_worker_nothing_yet(
    posts_of: Callable[[list[str]], bytes], elsewhere: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.personal.coming.prepare", None)
    asked = make.brought(person(email="mover@example.cn"), posts_of(["One", "Two", "Three"]))
    assert (asked.state, asked.report["waiting"]) == ("asked", 3)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_thread_without_end_stays_outside_and_is_named(
    posts_of: Callable[[list[str]], bytes], elsewhere: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = person(email="mover@example.cn")
    for bodies in (["word " * 20_000] * 30, [""] * 12_000):
        report = make.brought(me, posts_of(bodies), may_post=True).report
        assert report["skipped"][0][1] == "It is longer than what is taken in."
    assert session().scalar(select(func.count()).select_from(Post)) == 0


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_long_posts_are_taken_in_a_few_at_a_time(
    content: bytes, elsewhere: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(files: dict[str, bytes]) -> None:
        first = json.loads(files["data/forum-posts.jsonl"].splitlines()[0])
        rows = [{**first, "id": 900 + place, "thread_id": 900 + place, "body": "word " * 20_000} for place in range(12)]
        files["data/forum-posts.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    written: list[int] = []
    usual = coming.write_threads
    monkeypatch.setattr(coming, "write_threads", lambda them, **how: written.append(len(them)) or usual(them, **how))
    report = make.brought(person(email="mover@example.cn"), make.changed(content, change), may_post=True).report
    assert report["taken"]["posts"] == sum(written) == 12
    assert max(written) <= 5


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_file_is_unpacked_once_and_never_when_it_is_too_large(
    content: bytes, elsewhere: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(files: dict[str, bytes]) -> None:
        line = files["data/forum-files.jsonl"].splitlines()[0]
        large = {"id": 77, "name": "large.txt", "path": "files/forum/77/large.txt"}
        files[large["path"]] = b"words " * 5_000_000
        files["data/forum-files.jsonl"] = (line + b"\n") * 20 + json.dumps(large).encode() + b"\n"
        files["files/forum/78/rest.bin"] = os.urandom(400_000)  # so that it is no bomb by its density

    read: list[int] = []
    usual = opening.Archive.blob

    def watched(self: opening.Archive, path: str, *, most: int) -> bytes | None:
        found = usual(self, path, most=most)
        read.append(len(found or b""))
        return found

    monkeypatch.setattr(opening.Archive, "blob", watched)
    report = make.brought(person(email="mover@example.cn"), make.changed(content, change)).report
    assert report["taken"]["files"] == 1
    assert ["large.txt", "Its bytes are not in the archive, or there are too many of them."] in report["skipped"]
    assert len([size for size in read if size]) == 2, "the file and the receipt"


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_an_archive_that_kills_its_workers_is_given_up(content: bytes, elsewhere: Flask) -> None:
    me = person(email="mover@example.cn")
    with unit_of_work():
        kept = keeping.bring_archive(viewer_for(me.id), file=io.BytesIO(content), name="mine.zip")
    for turn in range(working.MOST_ATTEMPTS):
        assert keeping.archive_now(kept.id).state == "waiting", turn
        with unit_of_work():
            left = session().get_one(PersonArchive, kept.id)
            left.worker, left.seen_at = f"killed-{turn}", now() - timedelta(minutes=2)
        working.advance(seconds=0)
    given_up = keeping.archive_now(kept.id)
    assert (given_up.state, given_up.report["attempts"]) == ("failed", working.MOST_ATTEMPTS)


STRANGE = ("a\x00b", "\ud800", 10**30, -(2**70), float("nan"), True, None, [7], {"a": 1}, "long " * 30_000, "")


def test_whatever_stands_in_a_row_the_others_come_in(content: bytes, elsewhere: Flask) -> None:
    """Each column of each table in turn holds what it never should: rows are refused, an archive never fails."""

    def change(files: dict[str, bytes]) -> None:
        for path in [path for path in files if path.startswith("data/") and not path.startswith("data/profile")]:
            row = json.loads(files[path].splitlines()[0])
            rows = [{**row, name: value} for name in row for value in STRANGE]
            files[path] += b"".join(json.dumps(one).encode() + b"\n" for one in rows)

    me = person(email="mover@example.cn")
    for may_post in (None, True):
        taken = make.brought(me, make.changed(content, change), may_post=may_post)
        assert taken.state in ("asked", "ready"), taken.report
