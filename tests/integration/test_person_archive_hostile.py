"""Archives that nobody made here, or that are larger than anything a person writes."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import PersonArchive
from accounts.personal import keeping, opening, working
from accounts.personal.opening import check_shape, open_archive
from accounts.viewers import viewer_for
from activity.models import Notice
from forum.models import Post
from forum.personal import coming
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.i18n import speaking
from kernel.work import unit_of_work
from tests.integration.test_person_archive import content, elsewhere
from tests.makers import archives as make
from tests.makers.people import person

__all__ = ["content", "elsewhere"]


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
