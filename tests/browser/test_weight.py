"""A reading page is light: its HTML, scripts and styles as they come over the wire."""

import gzip
import json
import urllib.request

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Site, sign_in

KILO = 1000


def wire(site: Site, address: str) -> int:
    """Bytes of a compressed answer."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        body = answer.read()
        assert answer.headers.get("Content-Encoding") == "gzip" or len(body) < KILO, address
    return len(body)


@pytest.fixture(scope="module")
def thread_of_twenty(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A thread as long as a page, made of what the town has written at greater length."""
    texts = [
        part.partition("\n")[2].strip()
        for path in sorted((ROOT / "seeds" / "threads").rglob("*.md"))
        for part in path.read_text(encoding="utf-8").split("\n=== ")[1:]
    ]
    plain = [text for text in texts if 150 < len(text) < 900 and "/posts/" not in text and "$" not in text][:20]
    row = {
        "id": "weight",
        "source": "the demo town",
        "licence": "Apache-2.0",
        "title": "A page of twenty posts",
        "author": "Ann",
        "created_at": "2026-01-01T00:00:00Z",
        "tags": ["one", "two"],
        "body_markdown": plain[0],
        "replies": [
            {"id": f"r{number}", "author": f"Ann {number}", "created_at": "2026-01-02T00:00:00Z", "body": text}
            for number, text in enumerate(plain[1:])
        ],
    }
    file = tmp_path_factory.mktemp("weight") / "twenty.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    site.guildhall("import", "threads", str(file), "--community", "materials")
    listed = site.listed("/api/v1/communities/materials/threads")
    return next(str(thread["url"]) for thread in listed if thread["title"] == row["title"])


@pytest.mark.parametrize("page", ["desktop-zh"], indirect=True)
@pytest.mark.parametrize("who", ["", "member"], ids=["stranger", "member"])
def test_a_page_of_twenty_posts_is_light(page: Page, site: Site, thread_of_twenty: str, who: str) -> None:
    if who:
        sign_in(page, who)
    loaded: dict[str, list[str]] = {"script": [], "stylesheet": []}
    page.on("request", lambda request: loaded.get(request.resource_type, []).append(request.url))
    answer = page.goto(thread_of_twenty)
    assert answer is not None
    page.wait_for_load_state("networkidle")
    assert page.locator(".posts .post[id]").count() == 20
    html = len(gzip.compress(answer.body(), 6))
    assert who or answer.header_value("content-encoding") == "gzip"
    scripts = {address: wire(site, address) for address in set(loaded["script"])}
    styles = {address: wire(site, address) for address in set(loaded["stylesheet"])}
    assert html <= 25 * KILO
    assert sum(scripts.values()) <= 60 * KILO, scripts
    assert sum(styles.values()) <= 30 * KILO, styles
