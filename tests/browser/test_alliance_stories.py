"""Scenarios 9–14, as the people of several organisations live them: form, join, govern, meet, part.

What a story is not about is made by actions on the site's own database; what it is about goes through the pages.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from icalendar import Calendar
from playwright.sync_api import Page, expect

from alliances.models import Alliance, Event
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now
from kernel.db import session
from kernel.work import unit_of_work
from tests.alliances.founders import House, draft, forming, house, sign
from tests.browser.conftest import Site, Windows, scrolls_sideways
from tests.browser.conftest import sign_in as sign_in_of_town
from tests.makers.organisations import seat
from tests.makers.people import PASSWORD


@pytest.fixture(scope="module")
def maker(site: Site) -> Flask:
    """The same site in this process, for makers."""
    return create_app(Settings(data=site.data, base_url=site.url, rate_limits=False, log_requests=False))


@pytest.fixture
def making(maker: Flask) -> Iterator[None]:
    """Makers write into the site's database."""
    with maker.app_context():
        yield


def sign_in(page: Page, one: House) -> Page:
    """As who acts for the house."""
    handle = one.admin.handle
    session().close()  # a session that has read would keep the server's writers waiting
    page.goto("/sign-in")
    page.fill("input[name=name]", handle)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def alliance_of(houses: list[House], *, name: str) -> str:
    """The path of an active one; the first house is its chair, the second its secretary."""
    made = forming(houses[0], *houses[1:], name=name, name_en="")
    for one in houses[1:]:
        sign(one, made)
    path = made.url
    session().close()
    return path


def send(page: Page, form: str) -> None:
    """Press the button of the form whose address ends so."""
    page.locator(f"main form[action$='{form}'] button").last.click()
    page.wait_for_load_state()


def vote(page: Page, path: str, stance: str, reason: str = "") -> None:
    """Cast a ballot by the form."""
    page.goto(path.partition("#")[0])
    page.locator(f"[name=stance][value={stance}]").check()
    page.fill("[name=reason]", reason)
    page.locator("form[action*='/ballot'] button").click()
    expect(page.locator(".flash.success")).to_be_visible()


def count(page: Page, path: str) -> None:
    """Everybody has voted: count at once."""
    page.goto(path.partition("#")[0])
    send(page, "/closure")


def name_alternate(page: Page, path: str, colleague: House) -> None:
    """The representative names somebody of the same organisation."""
    page.goto(path + "/members")
    page.locator("main a.button[href*='/members/']").first.click()
    page.locator("main details.disclosure summary").first.click()
    page.fill("[name=seat-handle]", colleague.admin.handle)
    page.select_option("[name=seat-role]", "alternate")
    send(page, "/seats")
    expect(page.locator("main")).to_contain_text(colleague.admin.display_name)


def invite(page: Page, path: str, name: str) -> None:
    """Prepare an invitation, by address or by whole name."""
    page.goto(path + "/invitations")
    if not page.locator("[name=name]").is_visible():
        page.locator("main details summary").first.click()
    page.fill("[name=name]", name)
    send(page, "/invitations")
    expect(page.locator(".flash.success")).to_be_visible()


def adopt(pages: list[Page], path: str, title: str) -> str:
    """Three versions of a document, the last of them adopted by a vote of all; its address."""
    writer = pages[0]
    writer.goto(path + "/documents/new")
    writer.fill("[name=title]", title)
    writer.fill("[name=body]", "Wednesdays.")
    send(writer, "/documents")
    document = writer.url
    for number, text in ((2, "Wednesdays and Fridays."), (3, "Wednesdays and Fridays, at cost.")):
        writer.goto(f"{document}/edit")
        writer.fill("[name=body]", text)
        writer.fill("[name=comment]", f"Draft {number}")
        writer.locator("main .button.primary").click()
        expect(writer.locator(".flash.success")).to_be_visible()
    writer.locator("details:has(form[action$='/adoption']) summary").click()
    send(writer, "/adoption")
    ballot = writer.url.partition("#")[0]
    for page in pages:
        vote(page, ballot, "yes")
    count(writer, ballot)
    return document


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ("phone-zh", ("已签署 1/3，还需一家高校或科研院所", "已签署 2/3，还需一家高校或科研院所", "活跃")),
        ("desktop-en", ("1/3 signed, needs one research institution", "2/3 signed, needs one research", "Active")),
    ],
)
def test_three_organisations_found_an_alliance(windows: Windows, look: str, words: tuple[str, str, str]) -> None:
    firm, second, institute = (windows.open(look) for _ in range(3))
    for page, who in ((firm, "xu-zhaoming"), (second, "chen-yu"), (institute, "lin-wei")):
        sign_in_of_town(page, who)
        if not (page.locator("html").get_attribute("lang") or "").startswith(look[-2:]):
            page.locator(".topbar button[name=lang]").click()
    firm.goto("/alliances")
    firm.locator("main a[href='/alliances/new']").first.click()
    firm.locator("main a[href$='template=innovation']").click()
    firm.locator("[name=party][value^=organisation]").first.check()
    firm.fill("[name=name]", f"钙钛矿产业联盟 {look}")
    firm.fill("[name=summary]", "把材料、封装与检测接起来。")
    firm.locator("[name=sectors][value=materials]").check()
    firm.locator("main .button.primary").click()
    expect(firm).to_have_url(re.compile(r"/alliances/[a-z0-9-]+$"))
    path = "/alliances/" + firm.url.rpartition("/")[2]
    other = second.goto(path)
    assert other is not None
    assert other.status == 404

    for name in ("杭州栖霞薄膜材料研究所", "chengguang-modules"):
        invite(firm, path, name)
    firm.goto(path)
    firm.locator(".next-steps a[href$='/opening']").click()
    send(firm, "/opening")
    expect(firm.locator(".signed-words")).to_have_text(words[0])
    assert not scrolls_sideways(firm)

    for page, after in ((second, words[1]), (institute, "")):
        page.goto(path)
        page.locator("main a.button.primary[href$='/sign']").click()
        send(page, "/signatures")
        if after:
            expect(page.locator(".signed-words")).to_contain_text(after)
    expect(institute.locator("main .state.good")).to_contain_text(words[2])
    institute.goto(path + "/charter")
    expect(institute.locator(".hash")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    expect(institute.locator(".charter .facts time")).not_to_have_count(0)
    assert not scrolls_sideways(institute)


@pytest.mark.usefixtures("making")
def test_members_vote_on_who_joins_and_who_is_refused_reads_when_again(windows: Windows) -> None:
    houses = [house("firm"), house("institute"), house("firm")]
    path = alliance_of(houses, name="加入联盟")
    wanted, unwanted = house("firm"), house("provider")
    members = [sign_in(windows.open("desktop-en"), one) for one in houses]
    answers: dict[str, Page] = {}
    for one, stance in ((unwanted, "no"), (wanted, "yes")):
        page = sign_in(windows.open("phone-en"), one)
        page.goto(path)
        page.locator("main a[href$='/join']").first.click()
        for answer in page.locator("textarea[name$='-answer']").all():
            answer.fill("Two chambers and an engineer.")
        page.locator("[name=accepted]").check()
        page.locator("main form[action*='/join'] button").click()
        expect(page).to_have_url(re.compile("/applications/"))
        assert not scrolls_sideways(page)
        answers[stance] = page
        for member in members:
            member.goto(path)
            member.locator("main .rows a.button", has_text="Vote").first.click()
            member.wait_for_load_state()
            vote(member, member.url, stance, "We know their work.")
        count(members[0], members[0].url)
    answers["yes"].reload()
    expect(answers["yes"].locator(".closing")).to_contain_text("Accepted")
    answers["yes"].goto(path + "/members")
    expect(answers["yes"].locator("main a.button[href*='/members/']")).to_be_visible()
    refused = answers["no"]
    refused.goto("/notifications")
    refused.locator("main a[href*='/applications/']").first.click()
    expect(refused.locator(".closing")).to_contain_text("Refused")
    expect(refused.locator(".closing")).to_contain_text("It may apply again from")
    refused.goto(path + "/join")
    expect(refused.locator("[name=party] option[value^=organisation]")).to_have_count(0)


@pytest.mark.usefixtures("making")
def test_a_charter_changes_by_two_thirds_with_an_alternate_and_a_proxy(windows: Windows) -> None:
    houses = [house("firm"), house("institute"), house("firm"), house("university"), house("firm")]
    made = draft(houses[0], name="治理联盟", name_en="")
    with unit_of_work() as work:
        work.get_one(Alliance, made.id).founding_members = 5
    chair = sign_in(windows.open("desktop-en"), houses[0])
    path = made.url
    chair.goto(path + "/charter/edit")
    chair.fill("[name=charter_quorum_count]", "4")
    chair.locator("main .button.primary").click()
    expect(chair.locator(".flash.success")).to_be_visible()
    for one in houses[1:]:
        invite(chair, path, one.organisation.slug)
    chair.goto(path + "/opening")
    send(chair, "/opening")
    for one in houses[1:]:
        sign(one, made)

    colleague = house("provider")
    seat(houses[1].organisation, by=houses[1].viewer, holder=colleague.admin)
    name_alternate(sign_in(windows.open("desktop-en"), houses[1]), path, colleague)

    chair.goto(path + "/charter/edit")
    chair.fill("[name=en_commitment]", "Each member gives five working days a quarter.")
    chair.fill("[name=note]", "Three days are not enough.")
    chair.locator("main .button.primary").click()
    expect(chair.locator(".flash.success")).to_be_visible()
    ballot = chair.url.partition("#")[0]
    chair.locator("main a[href*='/differences/']").click()
    expect(chair.locator("main li.insert")).to_contain_text("five working days")

    third = sign_in(windows.open("desktop-en"), houses[2])
    third.goto(ballot)
    third.locator("main a[href*='/proxies']").first.click()
    third.fill("[name=to_member]", houses[0].organisation.name_en)
    send(third, "/proxies#give-title")
    expect(third.locator(".flash.success")).to_be_visible()
    vote(sign_in(windows.open("phone-en"), colleague), ballot, "yes", "As the alternate.")
    vote(sign_in(windows.open("desktop-en"), houses[3]), ballot, "yes")
    last = sign_in(windows.open("phone-en"), houses[4])
    vote(last, ballot, "no", "Three were enough.")
    chair.goto(ballot)
    for mandate in [link.get_attribute("href") or "" for link in chair.locator(".vote .tabs a").all()]:
        vote(chair, mandate, "yes")
    count(chair, ballot)
    outcome = chair.locator(".outcome")
    expect(outcome).to_contain_text("Passed: 4 of 5 in favour, 4 were needed.")
    for said in ("proxy", "alternate", "quorum of 4 reached"):
        expect(chair.locator("main")).to_contain_text(said)
    last.goto(path)
    last.locator(".callout.is-asking a").click()
    expect(last.locator(".hash-line")).to_contain_text("Version 2")
    send(last, "/signatures")
    expect(last.locator(".callout.is-asking")).to_have_count(0)


def test_the_council_board_is_nowhere_for_who_is_not_in_the_council(windows: Windows, site: Site) -> None:
    """In the demo town: its chair writes, a member that holds no office looks."""
    chair, member = windows.open("phone-zh"), windows.open("desktop-zh")
    sign_in_of_town(chair, "xu-zhaoming")
    sign_in_of_town(member, "shen-zhiyuan")
    chair.goto("/alliances?q=钙钛矿光伏产业技术创新")
    chair.locator("main .row a", has_text=re.compile("钙钛矿光伏|Perovskite Photo")).first.click()
    chair.wait_for_load_state()
    path = chair.url
    chair.locator("main a[href^='/new'][href*='-council']").click()
    chair.fill("[name=title]", "理事会内部：候选人名单暂缓")
    chair.fill("textarea[name=body]", "紫电青霜方案先不外传。")
    chair.locator("main button[data-busy]").last.click()
    expect(chair).to_have_url(re.compile("/threads/"))
    thread = chair.url
    for _look in range(60):  # the index follows within a second or two
        chair.goto("/search?q=紫电青霜")
        if chair.locator("main .hit, main .row").count():
            break
    expect(chair.locator("main .hit, main .row").first).to_be_visible()

    answer = member.goto(thread)
    assert answer is not None
    assert answer.status == 404
    for place in (path, "/communities/materials", "/communities/energy", "/search?q=紫电青霜", "/notifications", "/"):
        member.goto(place)
        expect(member.locator("main")).not_to_contain_text("候选人名单暂缓")
        expect(member.locator("main a[href*='-council']")).to_have_count(0)
    feeds = ("/api/v1/threads", "/api/v1/search?q=紫电青霜", "/feeds/communities/energy.atom")
    assert all("紫电青霜" not in member.request.get(place).text() for place in feeds)


@pytest.mark.usefixtures("making")
def test_a_time_poll_becomes_an_event_with_minutes_and_an_adopted_document(windows: Windows) -> None:
    houses = [house("firm"), house("institute"), house("firm")]
    path = alliance_of(houses, name="会议联盟")
    chair, *others = [sign_in(windows.open("desktop-en"), one) for one in houses]
    chair.goto(path + "/events/new")
    chair.fill("[name=title]", "First meeting of all members")
    chair.locator("[name=how][value=poll]").check()
    first = datetime.now(UTC) + timedelta(days=3)
    for place in range(2):
        day = first + timedelta(days=place)
        chair.fill(f"[name=slots-{place}-starts]", day.strftime("%Y-%m-%dT14:00"))
        chair.fill(f"[name=slots-{place}-ends]", day.strftime("%Y-%m-%dT16:00"))
    chair.locator("main .form-foot .button.primary").click()
    expect(chair).to_have_url(re.compile(r"/events/\d+"))
    event = chair.url
    chair.locator("main a[href*='/proposals/']").first.click()
    chair.wait_for_load_state()
    ballot = chair.url
    for page in (chair, *others):
        page.goto(ballot)
        page.locator("input[type=radio][value=yes]").first.check()
        page.locator("input[type=radio][value=no]").last.check()
        page.locator("form[action*='/ballot'] button").click()
        expect(page.locator(".flash.success")).to_be_visible()
    count(chair, ballot)
    others[0].goto(event)
    others[0].locator("[name=comes][value='1']").click()
    expect(others[0].locator(".flash.success")).to_be_visible()
    feed = Calendar.from_ical(others[0].request.get(event + ".ics").text())
    meeting = next(iter(feed.walk("VEVENT")))
    assert meeting["SUMMARY"] == "First meeting of all members"
    assert meeting["DTSTART"].dt.date() == first.date()

    document = adopt([chair, *others], path, "How the pilot line is shared")
    with unit_of_work() as work:
        held = work.get_one(Event, int(event.rpartition("/")[2]))
        held.starts_at, held.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)
    chair.goto(event)
    chair.fill("[name=minutes]", "All three came.\n\n1. The pilot line is open.")
    send(chair, "/minutes")
    chair.select_option("[name=ref]", f"alliances.document:{document.rpartition('/')[2]}")
    send(chair, "/links")
    others[1].goto(event)
    expect(others[1].locator("main")).to_contain_text("The pilot line is open.")
    others[1].locator("main a", has_text="How the pilot line is shared").first.click()
    expect(others[1].locator("main .facts").first).to_contain_text("version 3")


@pytest.mark.usefixtures("making")
def test_a_chair_leaves_only_with_a_successor_and_the_archive_outlives_the_alliance(
    windows: Windows, tmp_path: Path
) -> None:
    houses = [house("firm"), house("institute"), house("firm")]
    path = alliance_of(houses, name="解散联盟")
    leaving, third, successor = [sign_in(windows.open("desktop-en"), one) for one in houses]
    leaving.goto(path + "/members")
    leaving.locator("main a.button[href*='/members/']").first.click()
    leaving.locator("main a[href$='/leave']").click()
    expect(leaving.locator("main form[action$='/leave']")).to_have_count(0)
    leaving.fill("[name=successor]", houses[2].admin.handle)
    send(leaving, "/resignation")
    leaving.fill("main form[action$='/leave'] textarea", "Our work has moved elsewhere.")
    send(leaving, "/leave")
    expect(leaving.locator(".flash.success")).to_be_visible()

    successor.goto(path + "/archive")
    successor.locator("main details summary").last.click()
    successor.fill("[name=reason]", "The pilot line went to the province.")
    send(successor, "/dissolution")
    successor.goto(path + "/proposals")
    successor.locator("main a[href*='/proposals/1']").first.click()
    successor.wait_for_load_state()
    ballot = successor.url
    for page in (leaving, successor, third):
        vote(page, ballot, "yes")
    count(successor, ballot)
    items = successor.locator("details:has(form[action*='/dissolution/items/'])")
    successor.goto(path)
    successor.locator(".callout a[href$='/archive']").click()
    while items.count():
        items.first.locator("summary").click()
        items.first.locator("textarea").fill("Settled; see the minutes.")
        items.first.locator("button").click()
        successor.wait_for_load_state()
    send(successor, "/finishing")
    third.goto(path)
    expect(third.locator("main")).to_contain_text("Dissolved")
    assert third.locator("main a[href$='/join'], main a[href$='/proposals/new']").count() == 0
    third.goto(path + "/archive")
    with third.expect_download() as download:
        third.locator("main a[href$='/archive.zip']").click()
    download.value.save_as(tmp_path / "archive.zip")
    zipfile.ZipFile(tmp_path / "archive.zip").extractall(tmp_path / "archive")
    reader = windows.open("desktop-en", offline=True)
    reader.goto((tmp_path / "archive" / "index.html").as_uri())
    expect(reader.locator("body")).to_contain_text("The pilot line went to the province.")
