"""Nothing that people write is executed: the hostile collections in a real browser, with the CSP and without it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from kernel.markup import cook
from tests.browser.conftest import Site, Windows, sign_in

LISTEN = """
window.__ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...words) => { window.__ran.push(`${name}(${words.join()})`); return null; };
}
document.addEventListener("securitypolicyviolation", (event) => {
  if (/script/.test(event.effectiveDirective)) {
    window.__ran.push(`stopped: ${event.effectiveDirective} ${event.sample}`);
  }
});
"""
PROVOKE = """() => {
  const addresses = /^(href|src|action|formaction|xlink:href|data|poster|background|srcdoc)$/i;
  const schemes = /^[\\u0000-\\u0020]*(javascript|vbscript|data:(?!image\\/))/i;
  const tags = /^(SCRIPT|IFRAME|OBJECT|EMBED|BASE|META|LINK|STYLE|FRAME|APPLET|PORTAL)$/i;
  addEventListener("click", (event) => event.preventDefault(), true);
  addEventListener("submit", (event) => event.preventDefault(), true);
  const live = [];
  for (const element of document.querySelectorAll("main *")) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) live.push(`${element.tagName} ${name}`);
      if (addresses.test(name) && schemes.test(value)) live.push(`${name}=${value.slice(0, 80)}`);
    }
    if (tags.test(element.tagName)) live.push(element.tagName);
    for (const kind of ["mouseover", "mouseenter", "pointerenter", "focus", "toggle", "animationstart", "error"]) {
      element.dispatchEvent(new Event(kind, { bubbles: kind !== "focus" }));
    }
    if (element.closest(".prose") && !element.closest("details.menu, form")) element.click?.();
  }
  return live;
}"""
# What was provoked had its turn: queued scripts and events, and pictures that fail, which scripts may hang on.
SETTLED = """async () => {
  const turn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const until = performance.now() + 5000;
  const loading = () => [...document.images].some((image) => !image.complete && image.loading !== "lazy");
  do {
    for (let turns = 0; turns < 3; turns += 1) await turn();
  } while (loading() && performance.now() < until);
}"""
COLLECTIONS = {
    "blns/blns.json": None,
    "xss_payloads.json": "payload",
    "dompurify_expect.json": "payload",
    "loofah_sanitizer_tests.json": "input",
    "bleach_tests_data.json": "input",
    "html5lib_tree_construction.json": "data",
}
WORST = (
    "<script>alert('f1')</script>",
    "\"><img src=x onerror=alert('f2')>",
    "'\"><svg/onload=alert('f3')>",
    "javascript:alert('f4')",
    "[x](javascript:alert('f5)) ![x](x\"onerror=\"alert('f5'))",
    "</title></textarea></option></select><script>alert('f6')</script>",
    "{{7*7}}${7*7}<%= 7*7 %>${alert('f7')}{{constructor.constructor('alert(1)')()}}",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert('f8')&gt;\">",
    "Ω≈ç√ ﷽ 田中さん \u202eevil\u202c \u200b\ufeff 👩\u200d👩\u200d👧 Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ",
    "'; DROP TABLE posts; -- %s %n %x ${jndi:ldap://127.0.0.1/a} ../../../etc/passwd",
    "&lt;script&gt;alert('f11')&lt;/script&gt; &#x3C;img src=x onerror=alert('f11')>",
    "hx-get=/settings data-toggle <b hx-get='/settings' hx-trigger='load' data-composer data-row>x</b>",
)


TURNING = dict.fromkeys((0x202A, 0x202B, 0x202C, 0x202D, 0x202E))  # a title loses what would turn its neighbours


@dataclass
class Watch:
    """What happened in a window that should not have."""

    page: Page
    site: Site
    has_csp: bool
    seen: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Listen to dialogs, new windows and requests; let nothing out."""
        self.page.add_init_script(LISTEN)
        self.page.on("dialog", self._dialog)
        self.page.on("popup", lambda opened: self.seen.append(f"window {opened.url}"))
        self.page.context.route(lambda address: not address.startswith(self.site.url), self._stop)

    def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _stop(self, route: Route) -> None:
        if route.request.resource_type != "image":
            self.seen.append(f"request {route.request.resource_type} {route.request.url}")
        route.abort()

    def provoke(self) -> list[str]:
        """Touch everything on the page; all that ran or could run, up to now."""
        here = self.page.url
        live = self.page.evaluate(PROVOKE)
        self.page.evaluate(SETTLED)
        assert self.page.url.split("#")[0] == here.split("#")[0], "the page was left"
        found = [*self.page.evaluate("window.__ran"), *live, *self.seen]
        self.seen.clear()
        return [f"{here}: {what}" for what in found]


def payloads(shared_data: Path) -> list[str]:
    """All hostile texts of the collections, each once."""
    found: dict[str, None] = {}
    for name, key in COLLECTIONS.items():
        for row in json.loads((shared_data / "hostile" / name).read_text(encoding="utf-8")):
            text = row if key is None else row[key]
            if isinstance(text, str) and text.strip():
                found[text.encode("utf-8", "replace").decode()] = None
    return list(found)


@pytest.fixture(params=[False, True], ids=["with-csp", "without-csp"])
def watch(request: pytest.FixtureRequest, windows: Windows, site: Site) -> Iterator[Watch]:
    page = windows.open("desktop-en", bypass_csp=request.param)
    made = Watch(page, site, has_csp=not request.param)
    made.start()
    yield made
    windows.faults[:] = [line for line in windows.faults if "img-src" not in line]


def test_the_watch_sees_what_it_should(watch: Watch) -> None:
    """A page that does execute is noticed, or the tests below would prove nothing."""
    watch.page.route(
        "**/bait",
        lambda route: route.fulfill(
            content_type="text/html", body="<main><p onclick=alert(1)>x<script>alert(2)</script>"
        ),
    )
    watch.page.goto("/bait")
    found = " ".join(watch.provoke())
    assert "alert(2)" in found
    assert "onclick" in found


def test_no_cooked_text_acts(watch: Watch, shared_data: Path) -> None:
    """Every hostile text, cooked as each format, in the site's own page with all its scripts."""
    texts = payloads(shared_data)
    assert len(texts) > 3000
    cooked = [
        f'<article class="post" id="p{number}"><div class="prose">{html}</div></article>'
        for number, html in enumerate(cook(text, format=kind).html for text in texts for kind in ("markdown", "html"))
    ]
    bodies: list[str] = []

    def with_texts(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        start = text.index("<main")
        start = text.index(">", start) + 1
        route.fulfill(
            response=answer, body=f'{text[:start]}<div data-posts data-total="1">{bodies[0]}</div>{text[start:]}'
        )

    watch.page.route("**/communities", with_texts)
    wrong = []
    for start in range(0, len(cooked), 1000):
        bodies[:] = ["".join(cooked[start : start + 1000])]
        watch.page.goto("/communities", wait_until="load")
        assert watch.page.locator(".post .prose").count() == len(cooked[start : start + 1000])
        wrong += watch.provoke()
    assert wrong == []


def test_no_imported_thread_acts(watch: Watch, shared_data: Path, hostile_threads: list[str]) -> None:
    """Threads as they are stored, listed and shown: titles, authors, tags and sources are hostile as well."""
    wrong = []
    for address in (*hostile_threads, "/communities/creative", "/communities/creative?tab=newest", "/tags", "/"):
        watch.page.goto(address)
        wrong += watch.provoke()
    assert wrong == []


@pytest.fixture(scope="module")
def hostile_threads(site: Site, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A sample of the collections through `guildhall import threads`."""
    texts = payloads(shared_data)[::12]
    rows = [
        {
            "id": f"hostile-{start}",
            "source": texts[start],
            "licence": texts[start][:80],
            "url": "https://forum.example/\"onmouseover=alert('source')",
            "title": f"{start} {texts[start]}"[:190].replace("\n", " "),
            "author": texts[start][:60],
            "author_url": "https://forum.example/'><script>alert('author')</script>",
            "created_at": "2026-02-01T00:00:00Z",
            "tags": [text[:30] for text in texts[start : start + 3]],
            "body_html": texts[start],
            "replies": [
                {
                    "id": f"{start}-{number}",
                    "author": text[:60],
                    "created_at": "2026-02-02T00:00:00Z",
                    "body": text,
                    "body_format": ("html", "markdown", "text")[number % 3],
                }
                for number, text in enumerate(texts[start + 1 : start + 20])
            ],
        }
        for start in range(0, len(texts), 20)
    ]  # fmt: skip
    file = tmp_path_factory.mktemp("hostile") / "hostile.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = site.guildhall("import", "threads", str(file), "--community", "creative", check=False)
    listed = site.listed("/api/v1/communities/creative/threads")
    addresses = [thread["url"] for thread in listed if re.match(r"\d+ ", thread["title"])]
    assert len(addresses) > 0.7 * len(rows), said
    return addresses


def fill_in(page: Page, text: str) -> str:
    """Put the text into every field of a new thread and publish it; where it went."""
    page.goto("/new?place=materials/general")
    page.check("input[name=kind][value=discussion]")
    page.fill("input[name=title]", f"T {text}"[:190])
    page.fill("input[name=tags]", text.replace(",", " ")[:60])
    page.fill("textarea[name=body]", text)
    page.locator("details.disclosure summary").click()
    page.fill("[name=poll_question]", f"Q {text}"[:190])
    page.fill("[name=poll_options]", f"1 {text}"[:100] + "\n" + f"2 {text}"[:100])
    page.click("[data-mode=preview]")
    page.wait_for_selector(".preview:not([hidden])")
    page.click("[data-mode=write]")
    page.locator("main button[data-busy]").click()
    page.wait_for_load_state()
    if page.locator(".error-summary").count():
        page.fill("input[name=tags]", "")
        page.locator("main button[data-busy]").click()
    page.wait_for_url(re.compile(r"/threads/\d+-"))
    return page.url


def test_no_field_acts_and_none_loses_anything(watch: Watch) -> None:
    """Each of the worst through the forms: thread, poll, tags, edit with its reason, profile, search, draft."""
    page, wrong = watch.page, []
    sign_in(page, "luo-yifan")
    for worst in WORST:
        text = f"{worst} {watch.has_csp}"  # what one author says twice waits for a moderator
        address = fill_in(page, text)
        wrong += watch.provoke()
        title = f"T {text}"[:190].translate(TURNING)
        assert page.locator("h1").inner_text().split() == title.split()
        edit = page.locator("#post-1 a[href$='/edit']").first.get_attribute("href") or ""
        page.goto(edit)
        assert page.input_value("textarea[name=body]") == text
        page.fill("textarea[name=body]", f"{text}\n\nmore")
        page.fill("input[name=reason]", text[:190])
        page.locator("main button[data-busy]").click()
        page.wait_for_url(re.compile(r"/threads/\d+-"))
        page.goto(edit.replace("/edit", "/history"))
        wrong += watch.provoke()
        page.goto(address)
        page.wait_for_selector("#reply [data-ready]")
        with page.expect_response(lambda answer: answer.request.method == "PUT"):
            page.fill("#reply textarea", text)
        page.reload()
        expect(page.locator("#reply textarea")).to_have_value(text)
        wrong += watch.provoke()
        page.goto("/settings")
        for name, longest in (
            ("display_name", 60),
            ("affiliation", 190),
            ("job_title", 190),
            ("fields", 60),
            ("bio", 2000),
        ):
            page.fill(f"[name={name}]", text[:longest])
        page.locator("main form:has([name=bio]) button[type=submit]").click()
        page.wait_for_load_state()
        wrong += watch.provoke()
        for path in ("/people/luo-yifan", "/drafts", "/communities/materials", "/"):
            page.goto(path)
            wrong += watch.provoke()
        page.goto("/people")
        page.fill("main [name=q]", text)
        page.keyboard.press("Enter")
        page.wait_for_url("**/people?q=*")
        wrong += watch.provoke()
    assert wrong == []
