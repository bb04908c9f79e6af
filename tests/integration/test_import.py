"""Importing threads: what goes in, what is refused and why, and that coming again changes nothing."""

import gzip
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.importing.running import Progress, import_threads
from forum.models import Board, BoardDay, Community, Post, Tag, Thread
from kernel.checks import run_checks
from kernel.texts import clean_body

FILES = {
    "en_stackexchange": (2_202, 9_754, 1_025),
    "en_startups_se": (3_014, 13_639, 1_262),
    "en_onstartups": (4_000, 15_090, 0),
    "zh_egret_wenda": (2_908, 2_908, 2_908),
    "zh_polis_vtaiwan": (6, 384, 0),
}


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "forum.example:1",
        "source": "an export",
        "licence": "CC BY 4.0",
        "community": "An example forum",
        "url": "https://forum.example/1",
        "lang": "en",
        "title": "How hot may the glue become?",
        "author": "Ann",
        "author_url": "https://forum.example/people/ann",
        "created_at": "2020-03-01T10:00:00Z",
        "tags": ["Glue", "heat transfer"],
        "score": 3,
        "body_markdown": "It **smells** at 90 degrees.",
        "replies": [
            {"id": "r2", "parent_id": "r1", "author": "Cem", "created_at": "2020-03-02T10:00:00Z",
             "body": "<b>so</b>", "body_format": "html"},
            {"id": "r1", "parent_id": None, "author": "Bo", "created_at": "2020-03-01T13:00:00+02:00",
             "body": "80", "accepted": True, "score": 7},
        ],
        **changes,
    }  # fmt: skip


def write(path: Path, *rows: dict[str, Any] | str | bytes) -> Path:
    lines = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in rows
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture
def board(database: Session) -> Board:
    query = select(Board).join(Community, Community.id == Board.community_id)
    return database.scalars(query.where(Community.slug == "materials", Board.slug == "general")).one()


def run(path: Path, board: Board) -> tuple[Progress, list[tuple[int, str]], Path | None]:
    refused: list[tuple[int, str]] = []
    progress, kept_at = import_threads(
        path, board_id=board.id, processes=0, on_reject=lambda number, reason: refused.append((number, reason))
    )
    return progress, refused, kept_at


def test_a_thread_comes_in_with_all_it_has(database: Session, board: Board, tmp_path: Path) -> None:
    progress, refused, kept_at = run(write(tmp_path / "a.jsonl", row()), board)
    assert (progress.threads, progress.posts, refused, kept_at) == (1, 3, [], None)
    thread = database.scalars(select(Thread)).one()
    assert (thread.kind, thread.accepted_number, thread.post_count, thread.live_post_count) == ("question", 2, 3, 3)
    assert (thread.source_name, thread.source_url, thread.licence) == (
        "An example forum",
        "https://forum.example/1",
        "CC BY 4.0",
    )
    assert (thread.author_id, thread.author_name, thread.last_author_name) == (None, "Ann", "Cem")
    assert thread.created_at.isoformat() == "2020-03-01T10:00:00+00:00"
    assert thread.last_post_at.isoformat() == "2020-03-02T10:00:00+00:00"
    assert thread.tags == ["glue", "heat-transfer"]
    opening, answer, comment = database.scalars(select(Post).order_by(Post.number))
    assert (opening.html.strip(), opening.score) == ("<p>It <strong>smells</strong> at 90 degrees.</p>", 3)
    assert (answer.author_name, answer.score, answer.reply_to_id) == ("Bo", 7, None)
    assert (comment.body_format, comment.reply_to_id) == ("html", answer.id)
    assert "<b>so</b>" in comment.html or "<strong>so</strong>" in comment.html


def test_counters_follow(database: Session, board: Board, tmp_path: Path) -> None:
    asked = row(id="forum.example:2", replies=[], tags=["glue"])
    run(write(tmp_path / "a.jsonl", row(), {**asked, "kind": "question"}), board)
    database.expire_all()
    assert (board.thread_count, board.post_count, board.open_question_count) == (2, 4, 1)
    assert dict(database.execute(select(Tag.name, Tag.public_thread_count)).all()) == {
        "glue": 2,
        "heat-transfer": 1,
    }
    days = dict(database.execute(select(BoardDay.day, BoardDay.posts).where(BoardDay.board_id == board.id)).all())
    assert {day.isoformat(): posts for day, posts in days.items()} == {"2020-03-01": 3, "2020-03-02": 1}
    assert run_checks(mend=False) == []


def test_again_changes_nothing(database: Session, board: Board, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(), row(id=None, title="Without a name of its own"), row(id=7))
    first, _refused, _kept_at = run(path, board)
    again, _refused, _kept_at = run(path, board)
    assert (first.threads, first.already_in) == (3, 0)
    assert (again.threads, again.posts, again.already_in, again.rejected) == (0, 0, 3, 0)
    assert database.scalar(select(func.count()).select_from(Post)) == 9
    assert run_checks(mend=False) == []


def test_the_same_line_twice_stands_once(database: Session, board: Board, tmp_path: Path) -> None:
    progress, refused, _kept_at = run(write(tmp_path / "a.jsonl", row(), row()), board)
    assert (progress.threads, progress.already_in, refused) == (1, 1, [])


def test_the_same_number_in_two_forums_is_two_threads(board: Board, tmp_path: Path) -> None:
    progress, _refused, _kept_at = run(
        write(tmp_path / "a.jsonl", row(id="1", community="A"), row(id="1", community="B")), board
    )
    assert progress.threads == 2


BAD = [
    ("{", "not JSON"),
    ("[1]", "not a JSON object"),
    (b'{"title": "\xff"}', "not UTF-8"),
    ("[" * 100_000, "nested too deeply"),
    (row(title=None), "title"),
    (row(title="  "), "title: empty"),
    (row(title="x" * 201), "title: longer than 200"),
    (row(title=5), "title"),
    (row(created_at="2020-03-01T10:00:00"), "created_at: a time without zone"),
    (row(created_at="yesterday"), "created_at: not an ISO 8601 time"),
    (row(created_at=1_583_056_800), "created_at"),
    (row(created_at="0001-01-01T00:00:00+14:00"), "created_at: out of the calendar"),
    (row(created_at="2999-01-01T00:00:00Z"), "created_at: lies in the future"),
    (row(body_html="<p>other</p>"), "two bodies"),
    (row(body_markdown=" \n "), "no text"),
    (row(body_markdown="x" * 200_001), "body_markdown"),
    (row(author_url="javascript:alert(1)"), "author_url: not an http(s) address"),
    (row(url="//forum.example"), "url: not an http(s) address"),
    (row(score="many"), "score"),
    (row(score=10**30), "score"),
    (row(tags="glue"), "tags"),
    (row(lang="<b>"), "lang"),
    (row(replies=[{"body": "x"}]), "replies.0.created_at"),
    (row(replies=[{"body": "x", "body_format": "rtf", "created_at": "2020-03-01T10:00:00Z"}]), "replies.0.body_format"),
    (row(replies=[{"body": "x", "parent_id": "z", "created_at": "2020-03-01T10:00:00Z"}]), "names no reply"),
    (row(replies=[{"body": "x", "accepted": True, "created_at": "2020-03-01T10:00:00Z"}] * 2), "two accepted"),
    (row(replies=[{"id": "a", "body": "x", "created_at": "2020-03-01T10:00:00Z"}] * 2), "two replies with one id"),
    (row(replies=[{"id": a, "parent_id": b, "body": "x", "created_at": "2020-03-01T10:00:00Z"}
                  for a, b in ("ab", "ba")]), "circle"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason for _line, reason in BAD])
def test_a_bad_line_is_named_and_kept_and_the_others_go_in(
    database: Session, board: Board, tmp_path: Path, line: dict[str, Any] | str | bytes, reason: str
) -> None:
    path = write(tmp_path / "a.jsonl", row(id="forum.example:8"), line, row(id="forum.example:9"))
    progress, refused, kept_at = run(path, board)
    assert progress.threads == 2
    assert [number for number, _reason in refused] == [2]
    assert reason in refused[0][1]
    assert "\n" not in refused[0][1]
    assert kept_at == tmp_path / "a.rejects.jsonl"
    assert kept_at.read_bytes() == path.read_bytes().split(b"\n")[1] + b"\n"


def test_a_mended_line_goes_in_from_the_file_of_refused_ones(board: Board, tmp_path: Path) -> None:
    _progress, _refused, kept_at = run(write(tmp_path / "a.jsonl", row(score="3")), board)
    assert kept_at is not None
    kept_at.write_text(kept_at.read_text().replace('"3"', "3"))
    progress, refused, _kept_at = run(kept_at, board)
    assert (progress.threads, refused) == (1, [])


def test_where_the_folder_cannot_be_written_refused_lines_are_kept_here(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, here = tmp_path / "source", tmp_path / "here"
    source.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    path = write(source / "a.jsonl", "{")
    (source / "a.rejects.jsonl").mkdir()  # cannot be opened as a file, whoever runs the test
    _progress, _refused, kept_at = run(path, board)
    assert kept_at == here / "a.rejects.jsonl"


def test_nul_and_lone_surrogates_stand_for_nothing(database: Session, board: Board, tmp_path: Path) -> None:
    line = json.dumps(row(title="A \x00title\ud800 of sorts", body_markdown="one\x00two\udfff"))
    progress, refused, _kept_at = run(write(tmp_path / "a.jsonl", line), board)
    assert (progress.threads, refused) == (1, [])
    assert database.scalars(select(Thread.title)).one() == "A title of sorts"
    assert database.scalars(select(Post.body).where(Post.number == 1)).one() == "onetwo"


def test_replies_stand_in_time_and_never_before_what_they_answer(
    database: Session, board: Board, tmp_path: Path
) -> None:
    def reply(name: str, parent: str | None, day: int) -> dict[str, Any]:
        return {
            "id": name,
            "parent_id": parent,
            "author": name,
            "created_at": f"2020-03-{day:02}T00:00:00Z",
            "body": name,
        }

    replies = [reply("child", "late", 3), reply("late", None, 9), reply("early", None, 1), reply("tie", "early", 1)]
    run(write(tmp_path / "a.jsonl", row(replies=replies)), board)
    assert list(database.scalars(select(Post.author_name).order_by(Post.number))) == [
        "Ann",
        "early",
        "tie",
        "late",
        "child",
    ]


def test_a_broken_archive_is_named_and_what_came_before_goes_in(
    database: Session, board: Board, tmp_path: Path
) -> None:
    packed = gzip.compress(b"\n".join(json.dumps(row(id=f"forum.example:{number}")).encode() for number in range(300)))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    progress, refused, kept_at = run(path, board)
    assert 0 < progress.threads < 300
    assert "cannot be read any further" in refused[-1][1]
    assert kept_at == tmp_path / "a.rejects.jsonl"


def test_a_deleted_author_and_an_empty_file_are_no_fault(database: Session, board: Board, tmp_path: Path) -> None:
    progress, refused, _kept_at = run(write(tmp_path / "a.jsonl", "", row(author=None, author_url=None), "", ""), board)
    assert (progress.threads, refused) == (1, [])
    (tmp_path / "empty.jsonl").touch()
    progress, refused, _kept_at = run(tmp_path / "empty.jsonl", board)
    assert (progress.threads, refused) == (0, [])


class Active(HTMLParser):
    """Collects whatever in a page could run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link"}:
            self.found.append(tag)
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            is_scheme = name in {"href", "src"} and address.startswith(("javascript:", "data:", "vbscript:"))
            if name.startswith("on") or name == "style" or is_scheme:
                self.found.append(f"{tag} {name}={value}")


def test_hostile_texts_go_in_whole_and_nothing_of_them_runs(
    database: Session, board: Board, tmp_path: Path, shared_data: Path
) -> None:
    hostile = shared_data / "hostile"
    texts = json.loads((hostile / "blns/blns.json").read_text(encoding="utf-8"))
    texts += [one["payload"] for one in json.loads((hostile / "xss_payloads.json").read_text(encoding="utf-8"))]
    texts = [text for text in texts if clean_body(text).strip()]
    formats = ("markdown", "html", "text")
    lines = [
        row(
            id=f"hostile:{number}",
            title=f"Line {number} {text[:80]}",
            body_markdown=text,
            tags=[text[:60]],
            replies=[
                {
                    "author": text[:100],
                    "created_at": "2020-03-01T10:00:00Z",
                    "body": text,
                    "body_format": formats[number % 3],
                }
            ],
        )
        for number, text in enumerate(texts)
    ]
    progress, refused, _kept_at = run(write(tmp_path / "a.jsonl", *lines), board)
    assert (progress.threads, refused) == (len(texts), [])
    kept = database.scalars(select(Post.body).where(Post.number == 1).order_by(Post.id)).all()
    assert list(kept) == [clean_body(text) for text in texts]
    parser = Active()
    for html in database.scalars(select(Post.html)):
        parser.feed(html)
        parser.reset()
    assert parser.found == []
    assert run_checks(mend=False) == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_line_of_the_real_files_is_valid(name: str, shared_data: Path) -> None:
    from forum.importing.preparing import parse
    from forum.importing.reading import LineFile
    from forum.importing.rows import Topic, source_id_of

    lines = LineFile(shared_data / "threads" / f"{name}.jsonl.gz")
    topics = replies = accepted = 0
    names: set[str | None] = set()
    for line in lines:
        parsed = parse(line)
        topic = Topic.model_validate(parsed)
        names.add(source_id_of(parsed))
        topics += 1
        replies += len(topic.replies)
        accepted += sum(reply.accepted for reply in topic.replies)
    lines.close()
    assert (topics, replies, accepted) == FILES[name]
    assert len(names) == topics
