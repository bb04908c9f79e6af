"""Pictures of the pages, as a stranger, a member, a moderator and the staff see them."""

import click
from playwright.sync_api import Browser, Page

from docs.drawing.pages import (
    ACHIEVEMENTS,
    LISTINGS,
    NEEDS,
    OF_A_MEMBER,
    OF_A_MODERATOR,
    OF_THE_STAFF,
    STRANGER,
    THREADS,
    address_of,
    find,
    record_in,
)
from docs.drawing.windows import LANGUAGES, OUT, draw, looks, sign_in, speak
from seeds.town import MEMBER, MODERATOR, STEWARD
from tests.live import Site

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


def draw_pages(browser: Browser, site: Site, language: str, wanted: list[str]) -> None:
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
