"""axe finds no serious fault on any page type, light or dark, wide or narrow; and nothing sticks out of a phone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Windows, scrolls_sideways, sign_in, wait_until_done

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
FORMULAS, PICTURES = "六轴力控打磨", "Performance ratio fell"
OVERLAPS = """() => {
  const skipped = ".katex, .sr-only, svg, textarea, select, .composer, [hidden], dialog, .place";
  const clipped = (box, holder) => {
    let { left, right, top, bottom } = box;
    for (let up = holder; up; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const edge = up.getBoundingClientRect();
      left = Math.max(left, edge.left);
      right = Math.min(right, edge.right);
      top = Math.max(top, edge.top);
      bottom = Math.min(bottom, edge.bottom);
    }
    return { left, right, top, bottom, height: bottom - top };
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest(skipped)) continue;
    if (!holder.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const whole of range.getClientRects()) {
      const box = clipped(whole, holder);
      if (box.right - box.left > 2 && box.height > 2) boxes.push({ box, node, text: node.data.trim().slice(0, 30) });
    }
  }
  const found = [];
  for (const [place, a] of boxes.entries()) {
    for (const b of boxes.slice(place + 1)) {
      if (a.node === b.node) continue;
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (width > 3 && height > 0.5 * Math.min(a.box.height, b.box.height)) found.push(`${a.text} | ${b.text}`);
    }
  }
  return found;
}"""
PEROVSKITE = "/alliances/gai-tai-kuang-guang-fu-chan-ye-ji-shu-chuang-xin"
HYDROGEN = "/alliances/qing-neng-cai-liao-jian-ce-gong-xiang-lian-meng"
QUEUED = "what stands first in the queue"
STRANGER = ("/", "/communities", "/communities/materials", "/communities/materials/perovskite", "/communities/experts",
            "/communities/achievements", "/tags", "/people", "/people/lin-wei", "/log", "/sign-in", "/sign-up",
            "/check-mail", "/forgot", "/reset/none", "/confirm/none", "/no-such-page", "thread:" + FORMULAS,
            "thread:" + PICTURES, "/search", "/search?q=perovskite", "/search?q=qqqxyz",
            "/registry", "/registry/log", "/registry/verify",
            "/achievements", "/achievements?view=awarded", "/organisations",
            "/organisations/qixia-institute-of-thin-films",
            "/organisations/qixia-institute-of-thin-films/people",
            "/alliances", PEROVSKITE, PEROVSKITE + "/charter", PEROVSKITE + "/join", PEROVSKITE + "/calls/1",
            HYDROGEN, "/feedback", "/changes", "/rules", "/trust", "/privacy")  # fmt: skip
MEMBER = ("/", "/communities/materials", "thread:" + FORMULAS, "/new?place=materials/general", "/notifications",
          "/bookmarks", "/drafts", "/files", "/people/chen-yu", "/people/lin-wei", "/settings", "/settings/account",
          "/settings/sessions", "/settings/tokens", "/settings/appearance", "/searches",
          "/settings/security", "/settings/notices", "/settings/follows", "/settings/data", "/settings/data/import",
          "/settings/data/deletion", "/submissions", "/feedback", "/feedback/new",
          "/registry", "/registry/mine", "/achievements/new", "/achievements/new?record=none",
          "/organisations/new", "/organisations/new?kind=firm", "/organisations/chengguang-modules/edit",
          "/organisations/chengguang-modules/people",
          "/alliances/new", "/alliances/new?template=innovation",
          *(PEROVSKITE + part for part in (
              "", "/charter/2/differences/1", "/members", "/members/3", "/members/3/leave", "/offices", "/archive",
              "/proposals", "/proposals/new?method=ranked", "/proposals/5", "/proposals/7", "/proposals/8",
              "/proposals/9", "/proposals/10", "/resolutions", "/participation", "/documents/1", "/events",
              "/events/1", "/events/3", "/groups/1", "/milestones", "/log")))  # fmt: skip
STAFF = ("/staff", "/staff/search", "/staff/outbox", "moderate:" + FORMULAS, "edit:" + FORMULAS, "delete:" + FORMULAS,
         "/organisations/chengguang-modules/staff", "/people/lin-wei/documents", "/staff/people", "/staff/communities",
         "/staff/jobs", "/staff/backups", "/staff/rules", "/staff/words", "/staff/log", "/moderation",
         QUEUED)  # fmt: skip


def resolve(path: str, threads: dict[str, str]) -> str:
    """The address of a page; threads are named by the beginning of their titles."""
    kind, _colon, title = path.partition(":")
    if not title:
        return path
    thread = next(url for known, url in threads.items() if known.startswith(title))
    number = thread.split("/")[2].split("-")[0]
    return {"thread": thread, "moderate": f"/threads/{number}/moderate"}.get(kind, f"{kind}:{thread}")


def go(page: Page, path: str, threads: dict[str, str]) -> None:
    """Open a page; pages about a post are reached through the thread, those about what waits through the queue."""
    if path == QUEUED:
        page.goto("/moderation")
        path = page.locator("main .queue a").first.get_attribute("href") or path
    address = resolve(path, threads)
    kind, _colon, thread = address.partition(":")
    if not thread:
        page.goto(address)
        return
    page.goto(thread)
    href = page.locator(f"#post-2 a[href$='/{kind}']").first.get_attribute("href")
    assert href is not None
    page.goto(href)


def faults(page: Page, rules: dict[str, Any], within: str = "html") -> list[str]:
    """What axe thinks is serious, with the place of each."""
    options = {**rules, "resultTypes": ["violations"]}
    found = page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
    return [
        f"{fault['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"][:4]
    ]


def look_at(page: Page, path: str) -> list[str]:
    """All that is wrong with the open page in any theme and width."""
    wrong = []
    page.evaluate(AXE)
    for size, width in (("wide", WIDE), ("narrow", NARROW)):
        page.set_viewport_size(width)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
        wrong += [f"{path} {size}: {fault}" for fault in faults(page, {"runOnly": RULES})]
        if scrolls_sideways(page):
            wrong.append(f"{path} {size}: scrolls sideways")
        wrong += [f"{path} {size}: text on text: {pair}" for pair in page.evaluate(OVERLAPS)[:5]]
        page.emulate_media(color_scheme="dark")
        wrong += [f"{path} {size} dark: {fault}" for fault in faults(page, {"runOnly": ["color-contrast"]})]
    return wrong


@pytest.mark.parametrize("who", ["", "member", "staff"], ids=["stranger", "member", "staff"])
@pytest.mark.parametrize("look", ["desktop-zh", "desktop-en"])
def test_no_page_shuts_anybody_out(windows: Windows, threads: dict[str, str], who: str, look: str) -> None:
    page = windows.open(look)
    if who:
        sign_in(page, who)
        if (page.locator("html").get_attribute("lang") or "")[:2] != look[-2:]:
            page.locator(".topbar button[name=lang]").click()
            page.wait_for_load_state()
    wrong = []
    for path in {"": STRANGER, "member": MEMBER, "staff": STAFF}[who]:
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        go(page, path, threads)
        wait_until_done(page)
        wrong += look_at(page, path)
    assert not wrong, "\n".join(wrong)


def test_open_menus_and_the_preview_shut_nobody_out(windows: Windows, threads: dict[str, str]) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "english")
    go(page, "thread:" + FORMULAS, threads)
    wrong = []
    for menu in (
        ".topbar details.menu",
        "form.follow details.menu",
        "#post-1 .reactions details.menu",
        "#post-1 .post-tools details.menu",
    ):
        page.locator(f"{menu} summary").first.click()
        page.evaluate(AXE)
        # only the menu: what it half covers while it is open is small for that reason alone
        wrong += [f"{menu}: {fault}" for fault in faults(page, {"runOnly": RULES}, within=menu)]
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    wrong += [f"keys: {fault}" for fault in faults(page, {"runOnly": RULES})]
    page.keyboard.press("Escape")
    page.fill("#reply textarea", "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$x$")
    page.click("#reply [data-mode=preview]")
    page.wait_for_selector("#reply .preview table")
    wrong += [f"preview: {fault}" for fault in faults(page, {"runOnly": RULES})]
    assert not wrong, "\n".join(wrong)
