"""Search as somebody of bad will, or bad luck, meets it."""

import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from forum.models import Board
from kernel.clock import now
from kernel.db import session
from kernel.work import unit_of_work
from search_index import saved
from search_index.asking import Asked
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import index

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<mark>not marked</mark> & <b>",
    "{{ 7*7 }} ${7*7} %(name)s {text} $&",
    "\u202egnp.exe\u202c",
    "'; DROP TABLE thread; --",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_text_wherever_they_come(app: Flask, client: FlaskClient, title: str) -> None:
    make.thread(title=f"perovskite {title}", body=f"perovskite {title}", board=make.board())
    with index(app):
        page = client.get("/search?q=perovskite").text
        feed = client.get("/feeds/search.atom?q=perovskite")
        found = Program(client).get("/search", q="perovskite").json["items"]
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    ET.fromstring(feed.data)  # noqa: S314 - our own feed
    assert found[0]["excerpt_html"].replace("<mark>", "").replace("</mark>", "").count("<") == 0


@pytest.mark.parametrize("query", ["\x01\x0b\x1f perovskite", "\ufffe\uffff", "]]>", "<", "a" * 10_000, "\u202e"])
def test_the_feed_of_any_query_is_well_formed(app: Flask, client: FlaskClient, query: str) -> None:
    make.thread(title="perovskite", body="perovskite", board=make.board())
    with index(app):
        feed = client.get("/feeds/search.atom", query_string={"q": query})
    if feed.status_code == 200:
        ET.fromstring(feed.data)  # noqa: S314 - our own feed
    else:
        assert feed.status_code in (404, 422)


@pytest.mark.parametrize(
    "cursor",
    [
        '["0x1p3", "\\ud800"]',
        '["0x1p3", "x"]',
        '["nan", "a:1"]',
        '["0x1p99999", "a:1"]',
        "[1, 2]",
        "[null, null]",
        "{}",
        "[[], {}]",
        '["0x1p3", "a:1", 3]',
        '"' + "9" * 5000 + '"',
    ],
)
def test_forged_cursors(app: Flask, client: FlaskClient, cursor: str) -> None:
    made = urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    make.thread(title="perovskite", body="perovskite", board=make.board())
    with index(app):
        for path in (
            "/search?q=perovskite&cursor=",
            "/api/v1/search?q=perovskite&cursor=",
            "/listings?q=a&cursor=",
            "/needs?cursor=",
            "/listings?cursor=",
        ):
            assert client.get(path + made).status_code in (200, 422), path


@pytest.mark.parametrize(
    "query",
    [
        "a* " * 3000,
        " OR ".join(f"word{number}*" for number in range(1500)),
        '"' * 10_000,
        "-a " * 3000,
        "的" * 10_000,
        '"' + "技术" * 4000 + '"',
        "tag:x " * 2000,
        "author:" + "a," * 4000,
        "a'" * 5000,
        "a\u0301\u0316" * 3000,
        "a" + "\u0301\u0316" * 4900,
        "in:x -in:y OR " * 700,
        "1.1." * 2500,
    ],
    ids=range(13),
)
def test_long_queries_are_answered_soon(app: Flask, client: FlaskClient, query: str) -> None:
    make.thread(title="技术 a word1 1.1", body="技术" * 500 + " a' a 1.1 " * 300, board=make.board())
    with index(app):
        began = time.monotonic()
        assert client.get("/search", query_string={"q": query[:10_000]}).status_code == 200
        assert client.get("/search/similar", query_string={"title": query}).status_code == 200
        assert client.get("/search/suggestions", query_string={"q": query}).status_code == 200
    assert time.monotonic() - began < 6


def test_texts_made_to_be_slow_are_shown_soon(app: Flask, client: FlaskClient) -> None:
    board = make.board()
    for body in ("a'" * 25_000, "a" + "\u0301\u0316" * 25_000, "a " * 25_000, "a.1-" * 12_000):
        make.thread(title="slowness", body=body, board=board)
    with index(app):
        began = time.monotonic()
        for query in ("slowness", "a", "a slowness", '"a a"'):
            assert client.get("/search", query_string={"q": query}).status_code == 200
    assert time.monotonic() - began < 6


def closed_board(client: FlaskClient) -> tuple[Board, User]:
    member = person(grants=("alliance:77",))
    board = make.board(audience="alliance:77")
    make.thread(title="Zirkonium Geheimnis", body="Zirkoniumwort steht nur hier", board=board, author=member)
    return board, member


def test_a_saved_search_sees_what_its_owner_sees_now(app: Flask, client: FlaskClient, database: Session) -> None:
    _board, member = closed_board(client)
    with unit_of_work():
        row = saved.save(viewer_for(member.id), asked=Asked(text="Zirkonium"))
        row.seen_at = now().replace(year=2020)
    with index(app):
        from accounts.actions.grants import revoke_by_rule

        with unit_of_work():
            revoke_by_rule(user_id=member.id, token="alliance:77")
        with unit_of_work():
            assert saved.look_again(viewer_for(member.id), row.id) == 0


def test_a_stranger_gets_nothing_of_a_closed_board(app: Flask, client: FlaskClient) -> None:
    closed_board(client)
    with index(app):
        for path in (
            "/search?q=Zirkonium",
            "/search?q=Zirkoniun",
            "/search?q=zirk*",
            "/search/suggestions?q=Zirk",
            "/search/suggestions?q=geh",
            "/search/similar?title=Zirkonium+Geheimnis+steht",
            "/feeds/search.atom?q=Zirkonium",
            "/api/v1/search?q=Zirkonium",
            "/api/v1/search/suggestions?q=Zirk",
        ):
            text = client.get(path).text
            assert "Geheimnis" not in text, path
            assert "Zirkoniumwort" not in text, path


def test_a_search_saved_of_what_no_database_keeps(client: FlaskClient) -> None:
    sign_in(client, person())
    assert client.post("/searches", data={"q": "a\x00b", "name": "x\x00y"}).status_code == 303
    assert client.post("/search/misses", data={"q": "a\x00b zzz"}).status_code == 204
    program = Program(client, person())
    assert program.post("/searches", {"address": "q=%00%ED%A0%80zz"}).status_code < 500
    assert program.post("/searches", {"address": "q=zz", "name": "\ud800"}).status_code < 500
    assert program.post("/searches", {"address": "///evil.example/?q=zz"}).status_code < 500


def test_saving_leads_nowhere_else(client: FlaskClient) -> None:
    sign_in(client, person())
    for goal in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        sent = client.post("/searches", data={"q": "zz", "next": goal})
        assert "evil" not in sent.location
        assert "javascript" not in sent.location
    session().expire_all()


def test_somebody_elses_saved_search(client: FlaskClient) -> None:
    owner, other = person(), person()
    with unit_of_work():
        number = saved.save(viewer_for(owner.id), asked=Asked(text="mine alone")).id
    sign_in(client, other)
    assert client.post(f"/searches/{number}", data={"name": "x"}).status_code == 404
    assert client.post(f"/searches/{number}/deletion").status_code == 404
    program = Program(client, other)
    assert program.get(f"/searches/{number}").status_code == 404
    assert program.patch(f"/searches/{number}", {"name": "x"}).status_code == 404
    assert program.send("DELETE", f"/searches/{number}").status_code == 404
    for path in ("/staff/search", "/staff/search/synonyms"):
        assert client.post(path, data={"terms": "a, b"}).status_code in (403, 404, 405)


def test_a_part_of_the_site_that_is_killed_is_started_anew(tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    part = f"import os, time; open({str(lives)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
    commands = [[sys.executable, "-c", part]]
    keep = f"from guildhall import serving; serving.SHORTEST_LIFE = 0; serving.keep({commands!r})"
    kept = subprocess.Popen([sys.executable, "-c", keep])
    try:
        (first,) = _lives(lives, 1)
        os.kill(first, signal.SIGKILL)
        second = _lives(lives, 2)[1]
        kept.terminate()
        assert kept.wait(20) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(second, 0)
    finally:
        kept.kill()
        kept.wait()


def _lives(file: Path, count: int) -> list[int]:
    """The numbers of the processes that began, once there are so many."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) == count:
            return [int(line) for line in lines]
        threading.Event().wait(0.05)
    raise AssertionError(f"{file.name}: not {count}")
