"""Draw every page type of the demo town, in both languages, light and dark, wide and narrow.

Run as `make screenshots`, or with the names of pages to draw only those: `python -m docs.screenshots thread`.
"""  # noqa: INP001

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import click
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from accounts.models import User
from activity.digests import running
from activity.models import DigestRun
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now, standing_at
from kernel.db import session
from kernel.mail import Mail
from kernel.work import unit_of_work
from seeds.town import MEMBER, MODERATOR, PASSWORD, STEWARD
from tests.live import Site, live_site

OUT = Path(__file__).resolve().parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LANGUAGES = {"zh": ("zh-CN", "zh_Hans"), "en": ("en-GB", "en")}
SIZES = {"desktop": (1280, 860, 1), "phone": (375, 760, 2)}
THEMES = ("light", "dark")
COMMUNITY = "materials"
THREADS = {"zh": "钙钛矿组件在 85 ℃", "en": "Performance ratio fell from"}
COLOURS = 128
DIGESTS = {"zh": "shen-zhiyuan", "en": MEMBER}  # whose digest is shown in which language

STRANGER = ("home-stranger", "sign-in")
OF_A_MODERATOR = ("moderate", "moderation", "review")
OF_THE_STAFF = ("staff", "staff-people", "staff-jobs")
OF_A_MEMBER = (
    "home-member",
    "communities",
    "community",
    "thread",
    "composer",
    "profile",
    "people",
    "organisations",
    "organisation",
    "notifications",
    "settings",
    "search",
    "search-nothing",
    "listings",
    "listing",
    "listing-form",
    "needs",
    "need",
    "need-form",
    "need-figures",
    "registry",
    "record",
    "seal",
    "registry-log",
    "verify",
    "achievements",
    "achievement",
    "achievement-gate",
    "alliances",
    "alliance",
    "alliance-forming",
    "alliance-charter",
    "alliance-members",
    "alliance-offices",
    "alliance-decisions",
    "alliance-vote",
    "alliance-result",
    "alliance-document",
    "alliance-events",
    "alliance-call",
    "alliance-log",
    "alliance-found",
    "notice-settings",
    "push-settings",
    "security-settings",
    "my-data",
    "trust",
    "rules",
    "feedback",
    "changes",
)
MAILED = ("digest",)
PAGES = STRANGER + OF_A_MEMBER + OF_A_MODERATOR + OF_THE_STAFF + MAILED

LISTINGS = {"zh": "X 射线光电子能谱仪", "en": "Developability screen"}
ACHIEVEMENTS = {"zh": "碱性电解 260 μm 复合隔膜", "en": "Slot-die coated"}
NEEDS = {"zh": "钙钛矿组件边缘密封", "en": "A power plant that lets us watch"}

ALLIANCE = "/alliances/gai-tai-kuang-guang-fu-chan-ye-ji-shu-chuang-xin"
FORMING = "/alliances/qing-neng-cai-liao-jian-ce-gong-xiang-lian-meng"
ELECTION, BUDGET = 5, 9  # its proposals, in the order of seeds/town/alliances.toml

ENTRY = re.compile(
    r'<entry xml:lang="(zh|en)[^"]*">.*?<link rel="alternate" type="text/html" href="([^"]+)"', re.DOTALL
)

DRAFT = {
    "zh": (
        "同一批浆料，上午和下午涂出来的面密度差 3 %",
        "涂布, 浆料, 面密度",
        """早上开机 **面密度** 正常，午饭后开始往下走，停机搅拌 20 分钟又回来一点。

| 时间 | 黏度 / mPa·s | 面密度 / g·m⁻² |
|---|---:|---:|
| 08:30 | 4,850 | 182.4 |
| 11:30 | 5,210 | 180.9 |
| 14:30 | 5,640 | 177.1 |

按 $Q = \\frac{h^3}{12\\,\\mu L}\\,\\Delta p$ 算，黏度涨 16 % 正好能解释一半。另一半去哪了？
""",
    ),
    "en": (
        "Same slurry, same coater: areal weight falls three per cent between morning and afternoon",
        "coating, slurry, areal weight",
        """In the morning the **areal weight** is right; after lunch it drifts down, and stirring brings some back.

| time | viscosity / mPa·s | areal weight / g·m⁻² |
|---|---:|---:|
| 08:30 | 4,850 | 182.4 |
| 11:30 | 5,210 | 180.9 |
| 14:30 | 5,640 | 177.1 |

With $Q = \\frac{h^3}{12\\,\\mu L}\\,\\Delta p$ the rise in viscosity explains half of it. Where is the other half?
""",
    ),
}


def find(site: Site, what: str, words: str) -> str:
    """The address of the thread, listing or need whose title starts with `words`."""
    cursor: str | None = ""
    while cursor is not None:
        address = f"/api/v1/{what}?limit=100" + (f"&cursor={quote(cursor)}" if cursor else "")
        answer = json.loads(site.get(address, Accept="application/json")[1])
        for thing in answer["items"]:
            if thing["title"].startswith(words):
                return str(thing["url"]).removeprefix(site.url)
        cursor = answer["next"]
    raise SystemExit(f"The demo town has nothing among its {what} that starts with {words!r}.")


def record_in(site: Site, language: str) -> str:
    """The address of the newest disclosed record in a language: only those have one in the feed."""
    for found, url in ENTRY.findall(site.get("/feeds/registry.atom")[1].decode()):
        if found == language:
            return str(url).removeprefix(site.url)
    raise SystemExit(f"The demo town has disclosed no record in {language!r}.")


def address_of(name: str, language: str, threads: dict[str, str], resources: dict[str, str]) -> str:
    """Where a page is."""
    looked_after = threads["zh"].split("/")[2].split("-")[0]
    return {
        "home-stranger": "/",
        "home-member": "/",
        "sign-in": "/sign-in",
        "communities": "/communities",
        "community": f"/communities/{COMMUNITY}",
        "thread": threads[language],
        "composer": f"/new?place={COMMUNITY}/general",
        "profile": f"/people/{MODERATOR}",
        "people": "/people",
        "organisations": "/organisations",
        "organisation": "/organisations/qixia-institute-of-thin-films",
        "notifications": "/notifications",
        "search": f"/search?q={quote({'zh': '电池', 'en': 'battery'}[language])}",
        "listings": "/listings",
        "listing": resources["listings"],
        "listing-form": "/listings/new?kind=instrument",
        "needs": "/needs",
        "need": resources["needs"],
        "need-form": "/needs/new",
        "need-figures": "/needs/figures",
        "registry": "/registry",
        "record": resources["records"],
        "seal": "/registry/seal",
        "registry-log": "/registry/log",
        "verify": "/registry/verify",
        "achievements": "/achievements?view=awarded",
        "achievement": resources["achievements"],
        "achievement-gate": "/achievements/new",
        "alliances": "/alliances",
        "alliance": ALLIANCE,
        "alliance-forming": FORMING,
        "alliance-charter": f"{ALLIANCE}/charter",
        "alliance-members": f"{ALLIANCE}/members",
        "alliance-offices": f"{ALLIANCE}/offices",
        "alliance-decisions": f"{ALLIANCE}/proposals",
        "alliance-vote": f"{ALLIANCE}/proposals/{BUDGET}",
        "alliance-result": f"{ALLIANCE}/proposals/{ELECTION}",
        "alliance-document": f"{ALLIANCE}/documents/1",
        "alliance-events": f"{ALLIANCE}/events",
        "alliance-call": f"{ALLIANCE}/calls/1",
        "alliance-log": f"{ALLIANCE}/log",
        "alliance-found": "/alliances/new?template=innovation",
        "search-nothing": f"/search?q={quote({'zh': '量子退火炉', 'en': 'zeolite'}[language])}",
        "settings": "/settings",
        "moderate": f"/threads/{looked_after}/moderate",
        "moderation": "/moderation",
        "review": resources["reviews"],
        "staff": "/staff",
        "staff-people": "/staff/people",
        "staff-jobs": "/staff/jobs",
        "notice-settings": "/settings/notices",
        "push-settings": "/settings/notices#push",
        "security-settings": "/settings/security",
        "my-data": "/settings/data",
        "trust": "/trust",
        "rules": "/rules",
        "feedback": "/feedback",
        "changes": "/changes",
    }[name]


def sign_in(context: BrowserContext, who: str) -> None:
    """Go through the form once; the cookie stays with the context."""
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=name]", who)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/")
    page.close()


def speak(context: BrowserContext, locale: str) -> None:
    """Choose the language as people do, by the switch."""
    page = context.new_page()
    page.goto("/settings/appearance")
    page.check(f"input[name=locale][value={locale}]")
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
    page.close()


def first_review(page: Page) -> str:
    """The address of what stands first in the queue."""
    page.goto("/moderation")
    return page.locator("main a[href^='/moderation/']").first.get_attribute("href") or "/moderation"


def write_a_thread(page: Page, language: str) -> None:
    """Type into the composer and look at the preview of it."""
    title, tags, body = DRAFT[language]
    page.check("input[name=kind][value=question]")
    page.fill("input[name=title]", title)
    page.fill("input[name=tags]", tags)
    page.fill("textarea[name=body]", body)
    page.click("[data-mode=preview]")
    page.wait_for_selector(".preview table")
    page.evaluate(
        """() => {
            const bar = document.querySelector(".bottombar").offsetHeight;
            const end = document.querySelector(".composer").getBoundingClientRect().bottom;
            scrollBy(0, end + bar + 20 - innerHeight);
        }"""
    )


def draw(page: Page, file: Path) -> None:
    """Wait until nothing moves, and keep the window as a small PNG."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => document.activeElement?.blur())")
    picture = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def looks(browser: Browser, site: Site, language: str) -> Iterator[tuple[str, BrowserContext]]:
    """A window for each size and theme, in one language."""
    for size, (width, height, scale) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                base_url=site.url,
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
                is_mobile=size == "phone",
                has_touch=size == "phone",
                color_scheme="dark" if theme == "dark" else "light",
                locale=LANGUAGES[language][0],
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )
            yield f"{language}-{theme}-{size}", context
            context.close()


def mailed_digests(browser: Browser, site: Site) -> dict[str, str]:
    """The digests of the coming Monday as they lie in the outbox, in each language; who reads one chose it before."""
    for language, who in DIGESTS.items():
        context = browser.new_context(base_url=site.url, locale=LANGUAGES[language][0])
        sign_in(context, who)
        speak(context, LANGUAGES[language][1])
        context.close()
    moment = now()
    monday = (moment + timedelta(days=7 - moment.weekday())).replace(hour=12)
    settings = Settings(data=Path(site.environment["GUILDHALL_DATA"]), base_url=site.url, log_requests=False)
    with create_app(settings).app_context(), standing_at(monday):
        with unit_of_work():
            running.plan(monday)
        while session().scalar(select(DigestRun.id).where(DigestRun.finished_at.is_(None)).limit(1)) is not None:
            running.go_on()
        mails = {
            language: session().scalars(
                select(Mail.html).join(User, User.id == Mail.user_id).where(User.handle == who, Mail.kind == "digest")
            )
            for language, who in DIGESTS.items()
        }
        return {language: found.one() or "" for language, found in mails.items()}


def draw_mails(browser: Browser, site: Site, language: str, mails: dict[str, str]) -> None:
    """A mail as a program that reads mail shows it: the HTML of the outbox, and nothing of the site around it."""
    for look, context in looks(browser, site, language):
        page = context.new_page()
        page.set_content(mails[language])
        draw(page, OUT / f"{MAILED[0]}-{look}.png")


def draw_all(browser: Browser, site: Site, language: str, wanted: list[str]) -> None:
    """Every wanted page in every look of one language; says what it draws."""
    threads = {language: find(site, "threads", words) for language, words in THREADS.items()}
    resources = {what: find(site, what, some[language]) for what, some in (("listings", LISTINGS), ("needs", NEEDS))}
    resources["achievements"] = find(site, "achievements", ACHIEVEMENTS[language]) if "achievement" in wanted else ""
    resources["records"] = record_in(site, language) if "record" in wanted else ""
    resources["reviews"] = ""
    for look, context in looks(browser, site, language):
        for who, names in (
            (None, STRANGER),
            (MEMBER, OF_A_MEMBER),
            (MODERATOR, OF_A_MODERATOR),
            (STEWARD, OF_THE_STAFF),
        ):
            mine = [name for name in names if name in wanted]
            if mine and who:
                context.clear_cookies()
                sign_in(context, who)
                speak(context, LANGUAGES[language][1])
            for name in mine:
                page = context.new_page()
                if name == "review":
                    resources["reviews"] = first_review(page)
                page.goto(address_of(name, language, threads, resources))
                if name == "composer":
                    write_a_thread(page, language)
                draw(page, OUT / f"{name}-{look}.png")
                page.close()
        click.echo(look)


def write_contact_sheet() -> None:
    """One page with all pictures side by side."""
    rows = []
    for name in PAGES:
        files = [
            f"{name}-{language}-{theme}-{size}.png" for size in SIZES for language in LANGUAGES for theme in THEMES
        ]
        cells = "".join(
            f'<a href="{escape(file)}"><img loading="lazy" src="{escape(file)}" alt="{escape(file[:-4])}"></a>'
            for file in files
            if (OUT / file).exists()
        )
        rows.append(f"<h2>{escape(name)}</h2>\n<p>{cells}</p>")
    style = "body{font:16px system-ui;margin:2rem;background:#888}img{height:24rem;margin:.25rem}"
    (OUT / "contact.html").write_text(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Guildhall: every page</title>\n"
        f"<style>{style}</style>\n" + "\n".join(rows) + "\n</html>\n",
        encoding="utf-8",
    )


def main() -> None:
    """Bring up the demo town in a scratch folder, draw it, and say how much was drawn."""
    wanted = sys.argv[1:] or list(PAGES)
    unknown = sorted(set(wanted) - set(PAGES))
    if unknown:
        raise SystemExit(f"No such page: {', '.join(unknown)}. There are: {', '.join(PAGES)}.")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit(f"No browser was found; install one of: {', '.join(BROWSERS)}.")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, live_site(Path(scratch), demo=True) as site:
        site.command("reindex")
        site.start(workers=1)
        mails: dict[str, str] = {}
        with sync_playwright() as playwright:
            for language, (tag, _locale) in LANGUAGES.items():
                browser = playwright.chromium.launch(
                    executable_path=executable,
                    args=["--no-sandbox", "--disable-gpu", f"--lang={tag}"],
                    env={**os.environ, "LANGUAGE": tag.replace("-", "_")},
                )
                if set(wanted) & set(MAILED):
                    mails = mails or mailed_digests(browser, site)
                    draw_mails(browser, site, language, mails)
                draw_all(browser, site, language, wanted)
                browser.close()
    write_contact_sheet()
    drawn = list(OUT.glob("*.png"))
    click.echo(f"{len(drawn)} pictures, {sum(file.stat().st_size for file in drawn) / 1e6:.1f} MB, in {OUT}")


if __name__ == "__main__":
    main()
