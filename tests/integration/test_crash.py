"""The server is killed in the middle of many postings: nothing acknowledged is lost, nothing stands twice."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import Site, live_site
from tests.makers.machine import need, postgres_url

POSTINGS = 200
KILL_AFTER = 60


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path):
    url = ""
    if request.param == "postgres":
        found = postgres_url("crash")
        need("postgres", found=found is not None)
        url = found or ""
    with live_site(tmp_path, database_url=url) as started:
        yield started


def test_every_acknowledged_post_survives_a_kill_and_none_stands_twice(site: Site) -> None:
    assert site.command("admin", "create", "first@example.cn").returncode == 0
    token = site.command("token", "create", "first@example.cn", "--scope", "read", "--scope", "write").stdout.strip()
    bearer = f"Bearer {token}"
    site.start()
    status, answer = site.post(
        "/api/v1/threads",
        {"community": "materials", "kind": "discussion", "title": "Two hundred at once", "body": "Go.", "tags": []},
        Authorization=bearer,
    )
    assert status == 201, answer
    path = f"/api/v1/threads/{json.loads(answer)['id']}/posts"
    acknowledged: dict[int, int] = {}
    enough = threading.Event()

    def post(number: int) -> None:
        key = f"posting-{number}"
        try:
            status, answer = site.post(
                path, {"body": f"Contribution {number}"}, Authorization=bearer, Idempotency_Key=key
            )
        except (OSError, ValueError):
            return  # the connection died with the server: not acknowledged
        if status == 201:
            acknowledged[number] = json.loads(answer)["id"]
            if len(acknowledged) >= KILL_AFTER:
                enough.set()

    with ThreadPoolExecutor(16) as pool:
        for number in range(POSTINGS):
            pool.submit(post, number)
        assert enough.wait(60)
        site.kill()
    before = dict(acknowledged)
    assert KILL_AFTER <= len(before) < POSTINGS
    site.start()
    with ThreadPoolExecutor(8) as pool:
        for number in range(POSTINGS):  # everybody sends again, as a browser or program would
            pool.submit(post, number)
    assert len(acknowledged) == POSTINGS
    assert {number: acknowledged[number] for number in before} == before
    posts = everything(site, path)
    bodies = [post["body_markdown"] for post in posts if post["number"] > 1]
    assert sorted(bodies) == sorted(f"Contribution {number}" for number in range(POSTINGS))
    assert [post["number"] for post in posts] == list(range(1, POSTINGS + 2))
    site.kill()
    checked = site.command("check")
    assert checked.returncode == 0, checked.stdout


def everything(site: Site, path: str) -> list[dict]:
    """All posts, page by page."""
    posts, cursor = [], ""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status, answer = site.get(f"{path}?limit=100{cursor}")
        assert status == 200, answer
        page = json.loads(answer)
        posts += page["items"]
        if page["next"] is None:
            return posts
        cursor = f"&cursor={page['next']}"
    raise AssertionError("the list has no end")
