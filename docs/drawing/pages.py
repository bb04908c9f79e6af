"""The pages of which there are pictures: who sees them, and where they are in the demo town."""

import json
import re
from urllib.parse import quote

from seeds.town import MODERATOR
from tests.live import Site

COMMUNITY = "materials"
THREADS = {"zh": "钙钛矿组件在 85 ℃", "en": "Performance ratio fell from"}
LISTINGS = {"zh": "X 射线光电子能谱仪", "en": "Developability screen"}
ACHIEVEMENTS = {"zh": "碱性电解 260 μm 复合隔膜", "en": "Slot-die coated"}
NEEDS = {"zh": "钙钛矿组件边缘密封", "en": "A power plant that lets us watch"}

ALLIANCE = "/alliances/gai-tai-kuang-guang-fu-chan-ye-ji-shu-chuang-xin"
FORMING = "/alliances/qing-neng-cai-liao-jian-ce-gong-xiang-lian-meng"
ELECTION, BUDGET = 5, 9  # its proposals, in the order of seeds/town/alliances.toml

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
DIGEST = "digest"
PUSH = "push-notice"
PAGES = (*STRANGER, *OF_A_MEMBER, *OF_A_MODERATOR, *OF_THE_STAFF, DIGEST, PUSH)

ENTRY = re.compile(
    r'<entry xml:lang="(zh|en)[^"]*">.*?<link rel="alternate" type="text/html" href="([^"]+)"', re.DOTALL
)


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
