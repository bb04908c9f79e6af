"""A listing from the empty form to the shelf, and a table of them, as a person does it in a browser."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in

HEAD = "kind,title,summary,sectors,region,city,access,class,model,location"
LOOKS = ["desktop-zh", "phone-en"]


def picture() -> bytes:
    stored = BytesIO()
    Image.new("RGB", (320, 200), "#4c5a5e").save(stored, "PNG")
    return stored.getvalue()


def press(page: Page, selector: str) -> None:
    """Press a button, and wait for the page that follows."""
    with page.expect_navigation():
        page.locator(selector).click()


@pytest.mark.parametrize("look", LOOKS)
def test_a_listing_is_offered_found_and_taken_down(windows: Windows, look: str) -> None:
    page, title = windows.open(look), f"扫描电镜 microscope {look}"
    sign_in(page, "member")
    page.goto("/listings/new")
    press(page, "a[href='/listings/new?kind=instrument']")
    page.fill("#title", title)
    press(page, "form.compose button.primary")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("#title")).to_have_value(title)
    page.fill("#summary", "Surfaces at high resolution.")
    page.select_option("#fact_class", "analytical")
    page.fill("#fact_model", "SU8600")
    page.fill("#fact_location", "Room B105")
    page.locator("input[name=sectors][value=materials]").check()
    page.select_option("#region", "3301")
    page.fill("#price", "380")
    page.select_option("#price_unit", "hour")
    assert not scrolls_sideways(page)
    press(page, "form.compose button.primary")
    expect(page.locator("h1")).to_have_text(title)
    page.set_input_files("#file", {"name": "front.png", "mimeType": "image/png", "buffer": picture()})
    press(page, "#files form[enctype] button")
    expect(page.locator(".record-pictures img")).to_be_visible()
    assert not scrolls_sideways(page)
    stranger = windows.open(look)
    stranger.goto("/listings?kind=instrument&sector=materials&region=3301")
    press(stranger, f"h2 a:has-text('{title}')")
    expect(stranger.locator(".record-access .button.solid")).to_be_visible()
    assert not scrolls_sideways(stranger)
    press(page, "form[action$='/pause'] button")
    answer = stranger.goto(stranger.url)
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("look", LOOKS)
def test_a_table_is_looked_through_and_imported(windows: Windows, look: str) -> None:
    page = windows.open(look)
    sign_in(page, "member")
    page.goto("/listings/import")
    good = f"instrument,Microscope of a table {look},Looks closely,materials,33,3302,book,analytical,M1,Hall"
    table = f"{HEAD}\n{good}\n{good.replace('book', 'steal')}\n"
    page.set_input_files("#file", {"name": "table.csv", "mimeType": "text/csv", "buffer": table.encode("utf-8-sig")})
    press(page, "form.compose button")
    expect(page.locator(".report-counts dd")).to_have_text(["1", "0", "0", "1"])
    expect(page.locator(".report").first.locator("td").nth(1)).to_have_text("access")
    assert not scrolls_sideways(page)
    press(page, "button[value=publish]")
    page.goto("/listings/mine")
    expect(page.locator("h2", has_text=f"Microscope of a table {look}")).to_be_visible()
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("address", ["/listings", "/needs", "/achievements", "/alliances", "/search?q=battery"])
def test_on_a_phone_the_choices_are_one_step_away(windows: Windows, address: str) -> None:
    page = windows.open("phone-zh")
    page.goto(address)
    page.get_by_role("link", name="缩小范围").click()
    choices = page.locator("#narrow")
    expect(choices).to_be_in_viewport()
    assert choices.evaluate("choices => choices.getBoundingClientRect().top") >= 0
    wide = windows.open("desktop-zh")
    wide.goto(address)
    expect(wide.get_by_role("link", name="缩小范围")).to_be_hidden()
